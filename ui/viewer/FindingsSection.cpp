#include "ui/viewer/FindingsSection.h"

#include <QLabel>
#include <QProgressBar>
#include <QVBoxLayout>

#include "ui/QtConvert.h"
#include "ui/Style.h"
#include "ui/viewer/ProbabilityRow.h"

namespace hilum {

FindingsSection::FindingsSection(QWidget* parent)
    : PanelSection(tr("FINDINGS"), parent), m_rowLayout(new QVBoxLayout), m_progress(new QProgressBar(this)) {
    m_rowLayout->setSpacing(4);
    body()->addLayout(m_rowLayout);
    m_progress->setRange(0, 0);
    m_progress->setTextVisible(false);
    m_progress->setAccessibleName(tr("Reading"));
    body()->addWidget(m_progress);
    m_words = addText("secondary");
    m_failure = addText("danger");
    m_warnings = addText("warning");
    setIdle({});
}

void FindingsSection::setLabels(const std::vector<std::string>& labels) {
    if (labels == m_labels)
        return clearFigures();
    m_labels = labels;
    qDeleteAll(m_rows);
    m_rows.clear();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        auto* row = new ProbabilityRow(toQString(std::string_view(labels[i])), classColour(i), this);
        connect(row, &QAbstractButton::clicked, this, [this, i] { Q_EMIT classChosen(static_cast<int>(i)); });
        m_rowLayout->addWidget(row);
        m_rows.push_back(row);
    }
}

void FindingsSection::clearFigures() {
    for (ProbabilityRow* row : m_rows) {
        row->setProbability(-1);
        row->setBest(false);
    }
    setTextOrHide(*m_warnings, {});
    setTextOrHide(*m_failure, {});
}

void FindingsSection::showWords(const QString& words, bool isBusy) {
    clearFigures();
    setTextOrHide(*m_words, words);
    m_progress->setVisible(isBusy);
}

void FindingsSection::setReading(const Reading& reading) {
    setLabels(reading.prediction.labels);
    showWords({}, false);
    QStringList warnings;
    for (const std::string& warning : reading.warnings)
        warnings << toQString(std::string_view(warning));
    setTextOrHide(*m_warnings, warnings.join(QLatin1Char('\n')));
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        m_rows[i]->setProbability(reading.prediction.probabilities[i]);
        m_rows[i]->setBest(i == reading.prediction.best);
    }
}

void FindingsSection::setBusy(const QString& words) { showWords(words, true); }

void FindingsSection::setIdle(const QString& words) { showWords(words, false); }

void FindingsSection::setFailed(const QString& words) {
    showWords({}, false);
    setTextOrHide(*m_failure, words);
}

} // namespace hilum
