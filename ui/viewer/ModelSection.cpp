#include "ui/viewer/ModelSection.h"

#include <algorithm>

#include <QLabel>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "ui/ErrorText.h"
#include "ui/QtConvert.h"
#include "ui/Style.h"
#include "ui/viewer/FilmText.h"

namespace hilum {
namespace {

const QString kDot = QStringLiteral(" · ");

QString shown(const std::string& text) { return toQString(std::string_view(text)); }

// The first and the last digits of a hash are enough to tell two models apart by eye.
QString shortHash(const std::string& sha256) {
    const QString hash = shown(sha256);
    return hash.size() < 12 ? hash : hash.left(4) + QStringLiteral("…") + hash.right(4);
}

} // namespace

ModelSection::ModelSection(QWidget* parent)
    : PanelSection(tr("MODEL"), parent), m_picker(new ElidedComboBox(this)) {
    m_picker->setAccessibleName(tr("Model"));
    m_picker->setToolTip(tr("The model that reads the films (open a model file: Ctrl+M)"));
    body()->addWidget(m_picker);
    m_identity = addText("secondary");
    m_accuracy = addText("secondary");
    m_failure = addText("danger");
    m_limits = addText("caution");
    m_machine = addText("warning");
    connect(m_picker, &QComboBox::activated, this, &ModelSection::choose);
    setModels({});
}

void ModelSection::setModels(const std::vector<ModelInfo>& models) {
    m_models = models;
    const QSignalBlocker blocker(m_picker);
    m_picker->clear();
    for (const ModelInfo& model : models) {
        m_picker->addItem(shown(model.card.name));
        m_picker->setItemData(m_picker->count() - 1, toQString(model.file).toHtmlEscaped(), Qt::ToolTipRole);
    }
    m_picker->addItem(tr("Open model file…"));
    m_picker->setPlaceholderText(tr("No model"));
    m_chosen = -1;
    m_picker->setCurrentIndex(-1);
}

void ModelSection::setCurrent(const std::filesystem::path& file) {
    const auto found = std::find_if(m_models.begin(), m_models.end(),
                                    [&](const ModelInfo& model) { return model.file == file; });
    if (found == m_models.end())
        return;
    m_chosen = static_cast<int>(found - m_models.begin());
    m_picker->setCurrentIndex(m_chosen);
}

void ModelSection::choose(int index) {
    if (index == m_chosen)
        return;
    if (index < static_cast<int>(m_models.size())) {
        m_chosen = index;
        Q_EMIT modelChosen(m_models[static_cast<std::size_t>(index)].file);
        return;
    }
    m_picker->setCurrentIndex(m_chosen); // "Open model file…" is an action, not a choice
    Q_EMIT openRequested();
}

void ModelSection::showModel(const ModelInfo& model) {
    setTextOrHide(*m_failure, {});
    QStringList weights{model.card.version.empty() ? QString()
                                                   : tr("version %1").arg(shown(model.card.version)),
                        shown(model.card.architecture)};
    QStringList origin{model.card.createdUtc.empty()
                           ? QString()
                           : tr("trained %1").arg(shown(model.card.createdUtc).left(10)),
                       shortHash(model.sha256)};
    weights.removeAll(QString());
    origin.removeAll(QString());
    setTextOrHide(*m_identity, weights.join(kDot) + QLatin1Char('\n') + origin.join(kDot));
    m_identity->setToolTip(tr("SHA-256 %1").arg(shown(model.sha256)));
    setTextOrHide(*m_accuracy, accuracyLine(model.card));
    QStringList limits;
    for (const std::string& limit : model.card.limits)
        limits << shown(limit);
    setTextOrHide(*m_limits, limits.join(QLatin1Char('\n')));
}

void ModelSection::showLoading() {
    showNone();
    setTextOrHide(*m_identity, tr("Loading and checking the model …"));
}

void ModelSection::showFailure(const Error& error) {
    showNone();
    setTextOrHide(*m_failure, modelErrorTitle(error.code) + QStringLiteral(". ") + reason(error));
}

void ModelSection::showNone() {
    for (QLabel* label : {m_identity, m_accuracy, m_limits, m_failure})
        setTextOrHide(*label, {});
}

void ModelSection::showMachineWarnings(const QStringList& sentences) {
    setTextOrHide(*m_machine, sentences.join(QLatin1Char('\n')));
}

} // namespace hilum
