#include "ui/wizard/TrainingWizard.h"

#include <QDialog>
#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QProcess>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "core/storage/AtomicFile.h"
#include "training/FinishedRun.h"
#include "ui/Dialogs.h"
#include "ui/QtConvert.h"
#include "ui/Settings.h"
#include "ui/Style.h"
#include "ui/jobs/SiblingPrograms.h"
#include "ui/viewer/FilmText.h"
#include "ui/wizard/Card.h"
#include "ui/wizard/DataPage.h"
#include "ui/wizard/NetworkPage.h"
#include "ui/wizard/RateFinderDialog.h"
#include "ui/wizard/ResultsPage.h"
#include "ui/wizard/SearchDialog.h"
#include "ui/wizard/SettingsForm.h"
#include "ui/wizard/SplitPage.h"
#include "ui/wizard/StepList.h"
#include "ui/wizard/TrainPage.h"
#include "ui/wizard/TrainSession.h"

namespace hilum {
namespace {

constexpr int kPracticeFilmsPerClass = 150;
constexpr int kPracticeSizePx = 320;
constexpr QSize kSmallestPage{980, 600}; // a window of 1280 × 800 has a little more

} // namespace

TrainingWizard::TrainingWizard(TrainSession& session, Settings& settings, QWidget* parent)
    : QWidget(parent), m_session(session), m_settings(settings),
      m_steps(new StepList({tr("Data"), tr("Split"), tr("Network"), tr("Train"), tr("Results")}, this)),
      m_area(new QScrollArea(this)), m_pages(new QStackedWidget(this)), m_data(new DataPage(session)),
      m_split(new SplitPage(session)), m_network(new NetworkPage(session)), m_train(new TrainPage(session)),
      m_results(new ResultsPage(session)), m_hint(makeText("secondary", {}, this)),
      m_back(new QPushButton(tr("Back"), this)), m_next(new QPushButton(this)) {
    for (QWidget* page : std::initializer_list<QWidget*>{m_data, m_split, m_network, m_train, m_results})
        m_pages->addWidget(page);
    auto* foot = new QHBoxLayout;
    foot->setSpacing(8);
    foot->addWidget(m_hint, 1);
    foot->addWidget(m_back);
    foot->addWidget(m_next);
    setRole(*m_next, "primary");
    auto* body = new QVBoxLayout;
    body->setContentsMargins(18, 16, 18, 10);
    body->setSpacing(12);
    m_area->setFrameShape(QFrame::NoFrame);
    m_area->setWidgetResizable(true);
    m_pages->setMinimumSize(kSmallestPage);
    m_area->setWidget(m_pages);
    body->addWidget(m_area, 1);
    body->addLayout(foot);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_steps);
    layout->addLayout(body, 1);
    connectPages();
    update();
}

TrainingWizard::~TrainingWizard() {
    if (!m_rendering)
        return;
    m_rendering->disconnect();
    m_rendering->kill();
    m_rendering->waitForFinished();
}

void TrainingWizard::connectPages() {
    connect(m_steps, &StepList::stepChosen, this, [this](int step) { goTo(static_cast<Step>(step)); });
    connect(m_back, &QPushButton::clicked, this, [this] { goTo(static_cast<Step>(m_step - 1)); });
    connect(m_next, &QPushButton::clicked, this, &TrainingWizard::goOn);
    connect(m_data, &DataPage::folderWanted, this, [this] { askForData(false); });
    connect(m_data, &DataPage::tableWanted, this, [this] { askForData(true); });
    connect(m_data, &DataPage::practiceWanted, this, &TrainingWizard::makePracticeSet);
    connect(m_data, &DataPage::filmWanted, this, &TrainingWizard::filmWanted);
    connect(m_split, &SplitPage::saveWanted, this, &TrainingWizard::saveSplit);
    connect(m_network, &NetworkPage::modelFileWanted, this, &TrainingWizard::askForWeights);
    connect(m_network, &NetworkPage::weightsFolderWanted, this, &TrainingWizard::askForWeightsFolder);
    connect(m_network, &NetworkPage::allSettingsWanted, this, &TrainingWizard::showAllSettings);
    connect(m_network, &NetworkPage::rateWanted, this, &TrainingWizard::findRate);
    connect(m_network, &NetworkPage::searchWanted, this, &TrainingWizard::searchSettings);
    connect(m_train, &TrainPage::resultsWanted, this,
            [this](int run) { showResults(m_session.queue().run(run).config.out); });
    connect(m_results, &ResultsPage::modelWanted, this, &TrainingWizard::modelWanted);
    connect(m_results, &ResultsPage::filmWanted, this, &TrainingWizard::filmWanted);
    connect(m_results, &ResultsPage::messageShown, this, &TrainingWizard::messageShown);
    for (const auto signal : {&TrainSession::dataChanged, &TrainSession::checkUpChanged,
                              &TrainSession::splitChanged, &TrainSession::settingsChanged})
        connect(&m_session, signal, this, &TrainingWizard::update);
    connect(&m_session.queue(), &TrainingQueue::queueChanged, this, &TrainingWizard::update);
    connect(&m_session.queue(), &TrainingQueue::runFinished, this, [this](int run) {
        const QueuedRun& finished = m_session.queue().run(run);
        if (m_step != Results && holdsFinishedRun(finished.config.out)) // what is being looked at stays
            m_results->openRun(finished.config.out);
        update();
    });
}

bool TrainingWizard::isReachable(Step step) const {
    switch (step) {
    case Data:
        return true;
    case SplitStep:
        return m_session.dataState() == DataState::Ready;
    case Network:
        return m_session.dataState() == DataState::Ready && m_session.split() != nullptr;
    case Train:
        return m_session.queue().size() > 0;
    case Results:
        return m_results->hasRun();
    case StepCount:
        break;
    }
    return false;
}

void TrainingWizard::goTo(Step step) {
    if (!isReachable(step))
        return;
    m_step = step;
    m_pages->setCurrentIndex(step);
    for (QScrollBar* bar : {m_area->horizontalScrollBar(), m_area->verticalScrollBar()})
        bar->setValue(0);
    update();
}

void TrainingWizard::showResults(const std::filesystem::path& run) {
    if (m_results->openRun(run))
        goTo(Results);
}

void TrainingWizard::goOn() {
    if (m_step == Network)
        m_session.startTraining();
    if (m_step == Train && m_train->shownRun() >= 0)
        return showResults(m_session.queue().run(m_train->shownRun()).config.out);
    goTo(static_cast<Step>(m_step + 1));
}

QString TrainingWizard::hint() const {
    switch (m_step) {
    case Data:
        if (m_rendering)
            return tr("Rendering %1 phantoms …").arg(3 * kPracticeFilmsPerClass);
        return m_session.dataState() == DataState::Ready && !m_session.checkUp()
                   ? tr("The check-up goes on while you do.")
                   : QString();
    case SplitStep:
        return tr("The same seed gives the same split on every machine.");
    case Network:
        return tr("Runs are written to %1.").arg(QDir::toNativeSeparators(toQString(m_session.runsFolder())));
    case Train:
        return m_session.queue().isBusy()
                   ? tr("A crash or power cut loses at most this epoch. You can go on reading meanwhile.")
                   : QString();
    default:
        return tr("Research use, not for diagnosis.");
    }
}

QString TrainingWizard::nextText() const {
    if (m_step == Network) {
        const int runs = static_cast<int>(m_session.networks().size());
        return m_session.queue().isBusy() ? tr("Add %n run(s) to the queue", nullptr, runs)
                                          : tr("Train %n network(s)", nullptr, runs);
    }
    return QStringList{tr("Split"), tr("Network"), QString(), tr("Results"), QString()}[m_step];
}

// Of the data that are open.
bool TrainingWizard::hasRunOfData() const {
    const TrainingQueue& queue = m_session.queue();
    for (int run = 0; run < queue.size(); ++run) {
        if (queue.run(run).config.data == m_session.settings().data)
            return true;
    }
    return false;
}

void TrainingWizard::update() {
    std::vector<StepState> states;
    for (int step = 0; step < StepCount; ++step) {
        const bool isDone =
            (step == Data && m_session.dataState() == DataState::Ready && m_step > Data) ||
            (step == SplitStep && m_session.split() && m_step > SplitStep) ||
            (step == Network && hasRunOfData()) ||
            (step == Train && m_results->hasRun() &&
             m_results->results().config.data == m_session.settings().data && !m_session.queue().isBusy());
        states.push_back(!isReachable(static_cast<Step>(step)) ? StepState::Locked
                         : isDone                              ? StepState::Done
                                                               : StepState::Open);
    }
    m_steps->setSteps(states, m_step);
    QString summary;
    if (m_session.dataState() == DataState::Ready) {
        const SplitConfig& split = m_session.settings().split;
        const QString shares = split.leaveOneSourceOut ? tr("one source out")
                               : split.folds > 0       ? tr("%1 folds").arg(split.folds)
                                                       : QStringLiteral("%1 / %2 / %3")
                                                       .arg(qRound(100 * split.train))
                                                       .arg(qRound(100 * split.validation))
                                                       .arg(qRound(100 * split.test));
        summary =
            tr("%1 · %2 films\n%3 · %4 · seed %5")
                .arg(m_session.dataName(), grouped(static_cast<long long>(m_session.index().films.size())),
                     split.grouping == Grouping::ByPatient ? tr("by patient") : tr("by film"), shares)
                .arg(m_session.settings().seed);
    }
    m_steps->setSummary(summary);
    m_hint->setText(hint());
    m_back->setVisible(m_step != Data);
    const QString next = nextText();
    m_next->setText(next);
    m_next->setVisible(!next.isEmpty());
    const bool canGoOn = m_step == Network
                             ? m_session.split() && !m_session.networks().empty()
                             : m_step + 1 < StepCount && isReachable(static_cast<Step>(m_step + 1));
    m_next->setEnabled(canGoOn);
}

void TrainingWizard::askForData(bool isTable) {
    const auto open = [this](const QString& path) {
        m_settings.setLastFolder(path);
        m_session.openData(toPath(path));
        goTo(Data);
    };
    if (isTable)
        chooseFile(this, tr("Choose a table"), m_settings.lastFolder(),
                   tr("Tables (*.csv *.tsv *.txt *.xlsx)"), open);
    else
        chooseFolder(this, tr("Choose a folder of films"), m_settings.lastFolder(), open);
}

// Rendered by hilum-cli beside this program, beneath the runs; a set that is there is used again.
void TrainingWizard::makePracticeSet() {
    if (m_rendering)
        return;
    const std::filesystem::path folder = m_session.runsFolder() / "phantoms";
    const std::filesystem::path unfinished = m_session.runsFolder() / "phantoms.part";
    std::error_code ignored;
    m_session.usePracticeSettings();
    if (std::filesystem::exists(folder / "films", ignored)) {
        m_session.openData(folder / "films");
        return;
    }
    std::filesystem::remove_all(unfinished, ignored);
    auto* process = new QProcess(this);
    m_rendering = process;
    const auto fail = [this, process](const QString& reason) {
        Q_EMIT messageShown(tr("The phantoms could not be rendered: %1").arg(reason));
        process->deleteLater();
    };
    connect(process, &QProcess::errorOccurred, this, [process, fail](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            fail(process->errorString());
    });
    connect(process, &QProcess::finished, this, [this, process, folder, unfinished, fail](int status) {
        if (status != 0)
            return fail(QString::fromUtf8(process->readAllStandardError()).trimmed());
        std::error_code error;
        std::filesystem::rename(unfinished, folder, error);
        if (error)
            return fail(QString::fromStdString(error.message()));
        m_session.openData(folder / "films");
        process->deleteLater();
    });
    connect(process, &QObject::destroyed, this, &TrainingWizard::update);
    update();
    process->start(toQString(commandLineProgram()),
                   {QStringLiteral("phantom"), QStringLiteral("--out"), toQString(unfinished),
                    QStringLiteral("--count"), QString::number(kPracticeFilmsPerClass),
                    QStringLiteral("--size"), QString::number(kPracticeSizePx), QStringLiteral("--masks")});
}

void TrainingWizard::saveSplit() {
    if (!m_session.split())
        return;
    auto* dialog = new QFileDialog(this, tr("Save the split"), m_settings.lastFolder(), tr("Tables (*.csv)"));
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("csv"));
    dialog->selectFile(QStringLiteral("split.csv"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        if (!m_session.split())
            return;
        const std::string text = m_session.folds().empty() ? splitToCsv(m_session.index(), *m_session.split())
                                                           : foldsToCsv(m_session.index(), m_session.folds());
        const auto written = writeFileAtomically(toPath(path), text);
        Q_EMIT messageShown(written ? tr("The split was saved.")
                                    : toQString(std::string_view(written.error().message)));
    });
    openFileDialog(dialog);
}

void TrainingWizard::askForWeights() {
    chooseFile(this, tr("Weights to start from"), m_settings.lastFolder(),
               tr("Models and weights (*.safetensors *.pth *.pt)"), [this](const QString& path) {
                   m_session.change(
                       [&](TrainingConfig& settings) { settings.initialWeights = toPath(path); });
               });
}

void TrainingWizard::askForWeightsFolder() {
    chooseFolder(this, tr("Folder with torchvision's weight files"), m_settings.lastFolder(),
                 [this](const QString& path) {
                     m_session.change([&](TrainingConfig& settings) {
                         settings.weightsFolder = toPath(path);
                         settings.initialWeights = std::string(kImageNetWeights);
                     });
                 });
}

// For the first of the chosen networks.
void TrainingWizard::findRate() {
    if (m_session.networks().empty())
        return Q_EMIT messageShown(tr("Choose a network first."));
    auto* dialog =
        new RateFinderDialog(trainerProgram(), m_session.configFor(m_session.networks().front()), this);
    connect(dialog, &RateFinderDialog::rateChosen, this, [this](double rate) {
        m_session.change([&](TrainingConfig& settings) { settings.optimiser.learningRate = rate; });
    });
    openDialog(dialog);
}

void TrainingWizard::searchSettings() {
    if (m_session.networks().empty())
        return Q_EMIT messageShown(tr("Choose a network first."));
    if (m_session.settings().split.validation <= 0)
        return Q_EMIT messageShown(
            tr("A search needs validation films; the page before gives them a share."));
    const std::string& network = m_session.networks().front();
    const TrainingConfig config = m_session.configFor(network);
    auto* dialog =
        new SearchDialog(trainerProgram(), config, config.out.parent_path() / ("search-" + network), this);
    connect(dialog, &SearchDialog::settingsChosen, this,
            [this](const std::map<std::string, std::string>& values) {
                m_session.change([&](TrainingConfig& settings) {
                    for (const ConfigField& field : configFields(settings)) {
                        if (const auto found = values.find(field.key); found != values.end())
                            static_cast<void>(setFieldText(field, found->second)); // as a trial had it
                    }
                });
            });
    openDialog(dialog);
}

// Everything of the table of settings, but for what has a page of its own.
void TrainingWizard::showAllSettings() {
    auto* dialog = new QDialog(this);
    dialog->setWindowTitle(tr("All settings"));
    dialog->resize(520, 640);
    auto* layout = new QVBoxLayout(dialog);
    auto* area = new QScrollArea(dialog);
    area->setWidgetResizable(true);
    TrainingConfig settings = m_session.settings();
    std::vector<std::string> keys;
    for (const ConfigField& field : configFields(settings)) {
        const bool hasItsPlace = field.key == "data" || field.key == "out" || field.key == "network";
        if (!hasItsPlace && !std::holds_alternative<std::vector<std::string>*>(field.value))
            keys.push_back(field.key);
    }
    auto* form = new SettingsForm(keys, area);
    form->setContentsMargins(12, 12, 12, 12);
    form->setConfig(settings);
    area->setWidget(form);
    layout->addWidget(area);
    auto* close = new QPushButton(tr("Done"), dialog);
    layout->addWidget(close, 0, Qt::AlignRight);
    connect(form, &SettingsForm::edited, this, [this, form] { m_session.setSettings(form->config()); });
    connect(close, &QPushButton::clicked, dialog, &QDialog::accept);
    openDialog(dialog);
}

} // namespace hilum
