#include "ui/wizard/SearchDialog.h"

#include <algorithm>
#include <cmath>

#include <QCheckBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include "training/RunFolder.h"
#include "training/Text.h"
#include "ui/ErrorText.h"
#include "ui/QtConvert.h"
#include "ui/Style.h"
#include "ui/viewer/FilmText.h"
#include "ui/wizard/Card.h"
#include "ui/wizard/FigureTable.h"
#include "ui/wizard/SettingsForm.h"

namespace hilum {
namespace {

constexpr int kUsualTrials = 12;
constexpr int kMostTrials = 200;
constexpr int kRowHeight = 28;
constexpr int kSteps = 1000; // of the progress bar

QString titleOf(const SearchRange& range) {
    TrainingConfig config;
    const auto fields = configFields(config);
    return settingTitle(*std::ranges::find(fields, range.key, &ConfigField::key));
}

QString number(double value) { return QString::number(value, 'g', 3); }

} // namespace

SearchDialog::SearchDialog(std::filesystem::path trainer, TrainingConfig config, std::filesystem::path base,
                           QWidget* parent)
    : QDialog(parent), m_trainer(std::move(trainer)), m_config(std::move(config)), m_base(std::move(base)),
      m_count(new QSpinBox(this)), m_table(new FigureTable(kRowHeight, this)),
      m_words(makeText("body", {}, this)), m_progress(new QProgressBar(this)), m_begin(new QPushButton(this)),
      m_use(new QPushButton(tr("Use the best settings"), this)) {
    setWindowTitle(tr("Search settings"));
    resize(920, 520);
    // One split: a search is judged by its validation films.
    m_config.split.folds = 0;
    m_config.split.leaveOneSourceOut = false;
    m_config.split.finalModel = false;
    m_config.repeats = 1;
    m_config.out = m_base;
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 12);
    layout->setSpacing(10);
    layout->addWidget(makeText(
        "secondary",
        tr("Trains with settings drawn at random, and compares them on the validation films. A trial that "
           "falls behind is stopped. The test films stay locked away."),
        this));
    auto* choices = new QHBoxLayout;
    choices->setSpacing(16);
    choices->addWidget(new QLabel(tr("Vary"), this));
    for (const SearchRange& range : usualRanges(m_config)) {
        auto* box = new QCheckBox(titleOf(range), this);
        box->setChecked(true);
        box->setObjectName(toQString(std::string_view(range.key)));
        box->setToolTip(tr("Between %1 and %2").arg(number(range.low), number(range.high)));
        choices->addWidget(box);
        m_choices.emplace_back(range, box);
        connect(box, &QCheckBox::toggled, this, &SearchDialog::readTrials);
    }
    choices->addStretch();
    choices->addWidget(new QLabel(tr("Trials"), this));
    m_count->setRange(1, kMostTrials);
    m_count->setValue(kUsualTrials);
    m_count->setAccessibleName(tr("Trials"));
    choices->addWidget(m_count);
    layout->addLayout(choices);
    layout->addWidget(m_table);
    layout->addStretch();
    layout->addWidget(m_words);
    m_progress->setRange(0, kSteps);
    m_progress->setTextVisible(false);
    layout->addWidget(m_progress);
    auto* buttons = new QHBoxLayout;
    auto* close = new QPushButton(tr("Close"), this);
    setRole(*m_use, "primary");
    m_begin->setObjectName(QStringLiteral("begin"));
    m_use->setObjectName(QStringLiteral("use"));
    buttons->addStretch();
    for (QPushButton* button : {close, m_begin, m_use})
        buttons->addWidget(button);
    layout->addLayout(buttons);
    connect(close, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_begin, &QPushButton::clicked, this,
            [this] { m_process.state() == QProcess::NotRunning ? begin() : end(); });
    connect(m_use, &QPushButton::clicked, this, [this] {
        const Trial* best = bestTrial(m_trials);
        std::map<std::string, std::string> values;
        for (std::size_t i = 0; i < m_searched.size(); ++i)
            values[m_searched[i].key] = best->values[i];
        Q_EMIT settingsChosen(values);
        accept();
    });
    connect(m_count, &QSpinBox::valueChanged, this, &SearchDialog::updateButtons);
    connect(&m_process, &QProcess::readyReadStandardOutput, this, &SearchDialog::readEvents);
    connect(&m_process, &QProcess::finished, this, &SearchDialog::onFinished);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart)
            return;
        say(tr("The search could not be begun: %1").arg(m_process.errorString()), "danger");
        updateButtons();
    });
    readTrials();
}

SearchDialog::~SearchDialog() {
    m_process.disconnect(this);
    m_process.kill(); // every epoch is kept
    m_process.waitForFinished();
}

std::vector<SearchRange> SearchDialog::ranges() const {
    std::vector<SearchRange> ticked;
    for (const auto& [range, box] : m_choices) {
        if (box->isChecked())
            ticked.push_back(range);
    }
    return ticked;
}

bool SearchDialog::holdsThisSearch(const std::filesystem::path& folder) const {
    const auto begun = readTrainingConfig(RunFolder(folder).config());
    auto wanted = resolved(m_config);
    if (!begun || !wanted)
        return false;
    wanted->device = begun->device; // chosen by the machine
    wanted->precision = begun->precision;
    const auto table = readTextFile(folder / "trials.csv");
    return differingSetting(*begun, *wanted).empty() && (!table || parseTrialsCsv(*table, ranges()));
}

std::filesystem::path SearchDialog::folderForSearch() const {
    std::filesystem::path folder = m_base;
    std::error_code ignored;
    for (int number = 2; std::filesystem::exists(folder, ignored) && !holdsThisSearch(folder); ++number) {
        folder = m_base;
        folder += "-" + std::to_string(number);
    }
    return folder;
}

void SearchDialog::begin() {
    m_searched = ranges();
    m_config.out = m_folder;
    std::error_code ignored;
    const bool goesOn = std::filesystem::exists(m_folder, ignored);
    m_configFile.close();
    if (!m_configFile.open() || !m_configFile.resize(0) ||
        m_configFile.write(QByteArray::fromStdString(toJson(m_config))) < 0 || !m_configFile.flush())
        return say(tr("The search could not be begun: %1").arg(m_configFile.errorString()), "danger");
    QStringList arguments{QStringLiteral("search"),          QStringLiteral("--config"),
                          m_configFile.fileName(),           QStringLiteral("--trials"),
                          QString::number(m_count->value()), QStringLiteral("--trials-only"),
                          QStringLiteral("--progress"),      QStringLiteral("json")};
    if (goesOn)
        arguments << QStringLiteral("--resume");
    for (const SearchRange& range : m_searched)
        arguments << QStringLiteral("--vary")
                  << toQString(std::string_view(range.key)) + QLatin1Char('=') +
                         QString::number(range.low, 'g', 17) + QLatin1Char(':') +
                         QString::number(range.high, 'g', 17);
    m_error.reset();
    m_isEnding = false;
    say(goesOn ? tr("Goes on where it was left …") : tr("Reading the films …"));
    m_process.start(toQString(m_trainer), arguments);
    showTrials();
}

void SearchDialog::end() {
    m_isEnding = true;
    m_process.kill();
}

void SearchDialog::readEvents() {
    while (m_process.canReadLine()) {
        const QByteArray line = m_process.readLine().trimmed();
        if (const auto event = parseTrainingEvent({line.constData(), static_cast<std::size_t>(line.size())}))
            onEvent(*event);
    }
    updateButtons();
}

void SearchDialog::onEvent(const TrainingEvent& event) {
    if (const auto* now = std::get_if<ProgressEvent>(&event);
        now && now->progress.epochs > 0 && now->progress.epoch > 0) {
        m_trialProgress = (now->progress.epoch - 1.0) / now->progress.epochs;
    } else if (const auto* note =
                   std::get_if<NoteEvent>(&event)) { // a trial begins: the one before it is in the table
        readTrials();
        m_trialProgress = 0;
        say(toQString(std::string_view(note->text)));
    } else if (const auto* failed = std::get_if<FailedEvent>(&event)) {
        m_error = failed->error;
    }
}

void SearchDialog::onFinished(int exitCode, QProcess::ExitStatus status) {
    readEvents();
    readTrials();
    m_trialProgress = 0;
    const bool isDone = status == QProcess::NormalExit && exitCode == 0;
    if (m_isEnding)
        say(tr("Stopped. The trials are kept; a search with the same settings goes on with the next one."));
    else if (m_error)
        say(reasonWithContext(*m_error), "danger");
    else if (!isDone)
        say(tr("The search ended unexpectedly. The trials are kept."), "danger");
    else if (const Trial* best = bestTrial(m_trials))
        say(tr("Trial %1 has the lowest loss on the validation films.").arg(best->number));
    updateButtons();
}

void SearchDialog::readTrials() {
    if (m_process.state() == QProcess::NotRunning) {
        m_searched = ranges();
        m_folder = folderForSearch();
    }
    m_trials = readTextFile(m_folder / "trials.csv")
                   .and_then([this](const std::string& table) { return parseTrialsCsv(table, m_searched); })
                   .value_or(std::vector<Trial>());
    showTrials();
}

void SearchDialog::showTrials() {
    const Trial* best = bestTrial(m_trials);
    QStringList names, columns;
    for (const Trial& trial : m_trials)
        names << (&trial == best ? tr("%1 · best").arg(trial.number) : QString::number(trial.number));
    for (const SearchRange& range : m_searched)
        columns << titleOf(range);
    columns << tr("Epochs") << tr("Validation loss") << tr("Accuracy");
    m_table->setNames(names, columns);
    for (int row = 0; row < static_cast<int>(m_trials.size()); ++row) {
        const Trial& trial = m_trials[static_cast<std::size_t>(row)];
        int column = 0;
        for (const std::string& text : trial.values) {
            double value = 0;
            m_table->setFigure(row, column++,
                               parseDouble(text, value) ? number(value) : toQString(std::string_view(text)));
        }
        m_table->setFigure(row, column++,
                           trial.stoppedEarly ? tr("%1, stopped").arg(trial.epochs)
                                              : QString::number(trial.epochs));
        m_table->setFigure(row, column++,
                           std::isfinite(trial.validationLoss) ? QString::number(trial.validationLoss, 'f', 4)
                                                               : tr("diverged"));
        m_table->setFigure(row, column, percent(trial.validationAccuracy, 1));
    }
    m_table->scrollToBottom();
    updateButtons();
}

void SearchDialog::updateButtons() {
    const bool isRunning = m_process.state() != QProcess::NotRunning;
    const int done = static_cast<int>(m_trials.size());
    m_begin->setText(isRunning ? tr("Stop") : done > 0 ? tr("Go on") : tr("Begin"));
    m_begin->setEnabled(isRunning || (!ranges().empty() && done < m_count->value()));
    m_use->setEnabled(!isRunning && bestTrial(m_trials) != nullptr);
    m_count->setEnabled(!isRunning);
    for (const auto& choice : m_choices)
        choice.second->setEnabled(!isRunning);
    m_progress->setValue(
        static_cast<int>(std::min(1.0, (done + m_trialProgress) / m_count->value()) * kSteps));
}

void SearchDialog::say(const QString& words, const char* role) {
    setRole(*m_words, role);
    m_words->setText(words);
}

} // namespace hilum
