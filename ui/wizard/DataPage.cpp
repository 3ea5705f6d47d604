#include "ui/wizard/DataPage.h"

#include <memory>

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QTimer>
#include <QVBoxLayout>

#include "ui/QtConvert.h"
#include "ui/Style.h"
#include "ui/charts/BarChart.h"
#include "ui/viewer/FilmText.h"
#include "ui/viewer/MessagePage.h"
#include "ui/wizard/Card.h"
#include "ui/wizard/CheckUpText.h"
#include "ui/wizard/FindingDialog.h"
#include "ui/wizard/SampleGrid.h"
#include "ui/wizard/TrainSession.h"

namespace hilum {
namespace {

constexpr int kTypingPauseMs = 400; // before a pattern that is being typed takes effect

} // namespace

DataPage::DataPage(TrainSession& session, QWidget* parent)
    : QWidget(parent), m_session(session), m_stack(new QStackedWidget(this)),
      m_empty(new MessagePage(QStringLiteral("folder"), QColor(0x4A, 0x54, 0x5E))), m_title(new QLabel(this)),
      m_facts(makeText("secondary", {}, this)), m_classes(new BarChart(this)),
      m_samples(new SampleGrid(this)), m_pattern(new QLineEdit(this)),
      m_patients(makeText("strong", {}, this)), m_examples(makeText("secondary", {}, this)),
      m_findings(new QVBoxLayout), m_progress(new QProgressBar(this)),
      m_progressText(makeText("secondary", {}, this)) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    m_stack->addWidget(buildEmpty());
    m_stack->addWidget(buildFilled());
    connect(&m_session, &TrainSession::dataChanged, this, &DataPage::updateData);
    connect(&m_session, &TrainSession::samplesChanged, m_samples, qOverload<>(&QWidget::update));
    connect(&m_session, &TrainSession::checkUpChanged, this, &DataPage::updateCheckUp);
    updateData();
}

QWidget* DataPage::buildEmpty() {
    m_empty->setObjectName(QStringLiteral("WizardMessage"));
    const auto addButton = [&](const QString& text, const QString& tip, bool isPrimary,
                               void (DataPage::*wanted)()) {
        auto* action = new QAction(text, this);
        action->setToolTip(tip);
        connect(action, &QAction::triggered, this, wanted);
        m_empty->addButton(action, text, isPrimary);
    };
    addButton(tr("Choose a folder …"), tr("A folder with one folder of films per class"), true,
              &DataPage::folderWanted);
    addButton(tr("Choose a table …"), tr("A CSV or Excel file with columns for path and label"), false,
              &DataPage::tableWanted);
    addButton(tr("Practise on phantoms"), tr("Render 450 synthetic films in three classes and train on them"),
              false, &DataPage::practiceWanted);
    return m_empty;
}

QWidget* DataPage::buildFilled() {
    auto* page = new QWidget(this);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    auto* head = new QHBoxLayout;
    setRole(*m_title, "title");
    head->addWidget(m_title);
    head->addWidget(m_facts, 1);
    auto* other = new QPushButton(tr("Other data …"), page);
    other->setToolTip(tr("Choose another folder"));
    head->addWidget(other);
    connect(other, &QPushButton::clicked, this, &DataPage::folderWanted);
    layout->addLayout(head);

    auto* classes = new Card(tr("CLASSES"), page);
    classes->body()->addWidget(m_classes);
    classes->body()->addStretch();
    auto* samples = new Card(tr("A FEW OF EACH"), page);
    samples->body()->addWidget(m_samples);
    samples->body()->addStretch();
    auto* upper = new QHBoxLayout;
    upper->setSpacing(12);
    upper->addWidget(classes, 1);
    upper->addWidget(samples, 0);
    layout->addLayout(upper, 0);
    auto* lower = new QHBoxLayout;
    lower->setSpacing(12);
    lower->addWidget(buildPatients(), 0);
    lower->addWidget(buildCheckUp(), 1);
    layout->addLayout(lower, 1);
    return page;
}

Card* DataPage::buildPatients() {
    auto* card = new Card(tr("PATIENTS"), this);
    card->setFixedWidth(330);
    card->body()->addWidget(makeText("secondary",
                                     tr("Films of one patient must not be split between training and test. "
                                        "Which part of the file name is the "
                                        "patient?"),
                                     card));
    m_pattern->setPlaceholderText(tr("none: every film is a patient of its own"));
    m_pattern->setToolTip(
        tr("Regular expression on the file name; its first group (…) is the patient. nih stands for the "
           "digits before _ in 00000061_012.png"));
    m_pattern->setAccessibleName(tr("Pattern of the patient in the file name"));
    card->body()->addWidget(m_pattern);
    auto* presets = new QHBoxLayout;
    presets->setSpacing(6);
    const auto addPreset = [&](const QString& text, const QString& pattern, const QString& tip) {
        auto* button = new QPushButton(text, card);
        setRole(*button, "pill");
        button->setToolTip(tip);
        presets->addWidget(button);
        connect(button, &QPushButton::clicked, this, [this, pattern] {
            m_pattern->setText(pattern);
            Q_EMIT m_pattern->editingFinished();
        });
    };
    addPreset(tr("NIH"), QStringLiteral("nih"), tr("00000061_012.png: patient 00000061"));
    addPreset(tr("before _"), QStringLiteral("^([^_]+)_"), tr("A17_3.png: patient A17"));
    addPreset(tr("none"), QString(), tr("Every film is a patient of its own"));
    presets->addStretch();
    card->body()->addLayout(presets);
    card->body()->addWidget(m_patients);
    card->body()->addWidget(m_examples);
    card->body()->addStretch();
    auto* typing = new QTimer(this);
    typing->setSingleShot(true);
    typing->setInterval(kTypingPauseMs);
    const auto adopt = [this, typing] {
        typing->stop();
        const std::string pattern = m_pattern->text().toStdString();
        if (pattern == m_session.settings().split.patientPattern)
            return;
        m_session.change([&](TrainingConfig& settings) { settings.split.patientPattern = pattern; });
        updatePatients(); // says at once what is wrong with the pattern
    };
    connect(m_pattern, &QLineEdit::textEdited, typing, qOverload<>(&QTimer::start));
    connect(typing, &QTimer::timeout, this, adopt);
    connect(m_pattern, &QLineEdit::editingFinished, this, adopt);
    return card;
}

Card* DataPage::buildCheckUp() {
    auto* card = new Card(tr("CHECK-UP"), this);
    m_progress->setRange(0, 1000);
    m_progress->setTextVisible(false);
    card->body()->addWidget(m_progressText);
    card->body()->addWidget(m_progress);
    auto* area = new QScrollArea(card);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* body = new QWidget(area);
    body->setObjectName(QStringLiteral("CardBody"));
    m_findings->setContentsMargins(0, 0, 8, 0);
    m_findings->setSpacing(10);
    body->setLayout(m_findings);
    area->setWidget(body);
    card->body()->addWidget(area, 1);
    return card;
}

void DataPage::updateData() {
    if (!m_pattern->hasFocus()) // else it is being typed
        m_pattern->setText(toQString(std::string_view(m_session.settings().split.patientPattern)));
    switch (m_session.dataState()) {
    case DataState::None:
        m_empty->setWords(tr("Drop a folder of films here"),
                          tr("One folder per class, with the films inside"),
                          tr("Or a table of paths and labels, folders named train, val and test, or the "
                             "COVID-19 Radiography "
                             "Database as downloaded. PNG, JPEG, TIFF and DICOM."),
                          tr("Nothing leaves this computer."));
        break;
    case DataState::Looking:
        m_empty->setWords(tr("Looking for films …"), m_session.dataName(), {}, {});
        break;
    case DataState::Failed:
        m_empty->setWords(tr("This cannot be trained on"), m_session.dataName(),
                          toQString(std::string_view(m_session.dataError().message)),
                          toQString(std::string_view(m_session.dataError().context)));
        break;
    case DataState::Ready:
        break;
    }
    m_stack->setCurrentIndex(m_session.dataState() == DataState::Ready ? 1 : 0);
    if (m_session.dataState() != DataState::Ready)
        return;
    const DatasetIndex& index = m_session.index();
    m_title->setText(m_session.dataName());
    QString facts = tr("%1 films in %2 classes")
                        .arg(grouped(static_cast<long long>(index.films.size())))
                        .arg(index.labels.size());
    if (!index.skipped.empty())
        facts += tr(" · %1 files left out").arg(grouped(static_cast<long long>(index.skipped.size())));
    m_facts->setText(facts);
    QStringList names;
    std::vector<Bar> bars;
    for (std::size_t label = 0; label < index.labels.size(); ++label) {
        names << toQString(std::string_view(index.labels[label]));
        bars.push_back({names.back(), m_session.facts().films[label], classColour(label)});
    }
    m_classes->setBars(std::move(bars));
    m_samples->setRows(names, TrainSession::kSamplesPerClass, [this](int row, int column) {
        return m_session.sample(static_cast<std::size_t>(row), column);
    });
    updatePatients();
    updateCheckUp();
}

void DataPage::updatePatients() {
    if (m_session.dataState() != DataState::Ready)
        return;
    const std::string& pattern = m_session.settings().split.patientPattern;
    const auto parsed = PatientPattern::parse(pattern);
    if (!parsed) {
        setRole(*m_patients, "caution");
        m_patients->setText(toQString(std::string_view(parsed.error().message)));
        m_examples->clear();
        return;
    }
    const DataFacts& facts = m_session.facts();
    setRole(*m_patients, "strong");
    m_patients->setText(tr("%1 patients").arg(grouped(static_cast<long long>(facts.patients))));
    QStringList examples;
    for (const auto& [file, patient] : facts.examples)
        examples << tr("%1 → %2").arg(toQString(std::string_view(file)),
                                      toQString(std::string_view(patient)));
    m_examples->setVisible(!pattern.empty());
    m_examples->setText(examples.join(QLatin1Char('\n')));
}

void DataPage::updateCheckUp() {
    const bool isRunning = !m_session.checkUp() && !m_session.checkUpError();
    m_progress->setVisible(isRunning);
    m_progressText->setVisible(isRunning);
    m_progress->setValue(static_cast<int>(1000 * m_session.checkUpProgress()));
    m_progressText->setText(
        tr("Reading every film: damaged files, duplicates, patients, and what gives the class away … %1")
            .arg(percent(m_session.checkUpProgress(), 0)));
    if (isRunning && m_findings->count() == 0)
        return;
    while (QLayoutItem* item = m_findings->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    if (isRunning)
        return;
    if (const auto& error = m_session.checkUpError()) {
        addFinding({false,
                    tr("The check-up could not be finished"),
                    toQString(std::string_view(error->message)),
                    {}});
    } else {
        for (const CheckUpLine& line : m_session.checkUpLines())
            addFinding(line);
    }
    m_findings->addStretch();
}

void DataPage::addFinding(const CheckUpLine& line) {
    auto* row = new QWidget(this);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    auto* mark = new QLabel(row);
    mark->setPixmap(iconPixmap(line.isGood ? QStringLiteral("check") : QStringLiteral("warning"),
                               line.isGood ? colour::kGood : colour::kWarning, 16, 2 * devicePixelRatioF()));
    layout->addWidget(mark, 0, Qt::AlignTop);
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(makeText("strong", line.title, row));
    if (!line.text.isEmpty())
        words->addWidget(makeText("secondary", line.text, row));
    if (line.films) {
        auto* all =
            new QPushButton(tr("Show %n film(s)", nullptr, static_cast<int>(line.films->size())), row);
        setRole(*all, "link");
        words->addWidget(all, 0, Qt::AlignLeft);
        const auto show = [this, title = line.title, shown = std::weak_ptr(line.films),
                           dialog = QPointer<FindingDialog>()]() mutable {
            const auto films = shown.lock(); // the session's, which takes care of where they are destroyed
            if (!films)
                return;
            if (!dialog) {
                dialog = new FindingDialog(title, *films, m_session.index().root, this);
                connect(dialog, &FindingDialog::filmWanted, this, &DataPage::filmWanted);
                connect(&m_session, &TrainSession::dataChanged, dialog, &QDialog::close);
            }
            dialog->show(); // stays beside the viewer
            dialog->raise();
        };
        connect(all, &QPushButton::clicked, this, show);
    }
    layout->addLayout(words, 1);
    m_findings->addWidget(row);
}

} // namespace hilum
