#include "ui/wizard/TrainPage.h"

#include <cmath>
#include <limits>

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/ErrorText.h"
#include "ui/QtConvert.h"
#include "ui/Style.h"
#include "ui/charts/CurveChart.h"
#include "ui/viewer/FilmText.h"
#include "ui/wizard/Card.h"
#include "ui/wizard/PinnedFilms.h"
#include "ui/wizard/QueueRow.h"
#include "ui/wizard/TrainSession.h"

namespace hilum {
namespace {

enum Value { ValidationAccuracy, BestSoFar, Speed, LearningRate, Memory, StopsAfter, ValueCount };

// "all layers · Adam 3e-5 · batch 32"
QString recipeText(const TrainingConfig& config) {
    TrainingConfig copy = config;
    QString part, optimiser;
    for (const ConfigField& field : configFields(copy)) {
        if (field.key == "trainable")
            part = toQString(std::string_view(fieldText(field)));
        else if (field.key == "optimiser.kind")
            optimiser = toQString(std::string_view(fieldText(field)));
    }
    part = part == QLatin1String("all")          ? QObject::tr("all layers")
           : part == QLatin1String("last-block") ? QObject::tr("last block and head")
                                                 : QObject::tr("head");
    return QStringLiteral("%1 · %2 %3 · %4")
        .arg(part, optimiser, QString::number(config.optimiser.learningRate, 'g', 3),
             QObject::tr("batch %1").arg(config.batchSize));
}

double orNan(const std::optional<double>& value) {
    return value.value_or(std::numeric_limits<double>::quiet_NaN());
}

const FinishedEpoch* bestOf(const QueuedRun& run) {
    for (const FinishedEpoch& epoch : run.epochs) {
        if (epoch.record.epoch == run.bestEpoch)
            return &epoch;
    }
    return nullptr;
}

} // namespace

TrainPage::TrainPage(TrainSession& session, QWidget* parent)
    : QWidget(parent), m_session(session), m_title(new QLabel(this)), m_recipe(new QLabel(this)),
      m_state(new QLabel(this)), m_log(new QPushButton(tr("Log scale"), this)),
      m_pause(new QPushButton(tr("Pause"), this)), m_stop(new QPushButton(tr("Stop and keep best"), this)),
      m_message(makeText("danger", {}, this)) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    buildHead();
    layout->addWidget(m_message);
    m_message->hide();
    buildCharts();
    auto* middle = new QHBoxLayout;
    middle->setSpacing(12);
    middle->addWidget(buildPinned(), 0);
    middle->addWidget(buildNow(), 1);
    layout->addLayout(middle);
    layout->addWidget(buildQueue());
    TrainingQueue& queue = m_session.queue();
    connect(&queue, &TrainingQueue::runRemoved, this, &TrainPage::onRunRemoved);
    connect(&queue, &TrainingQueue::queueChanged, this, &TrainPage::onQueueChanged);
    connect(&queue, &TrainingQueue::runChanged, this, &TrainPage::onRunChanged);
    connect(m_pause, &QPushButton::clicked, this, [this] {
        TrainingQueue& runs = m_session.queue();
        if (runs.isBusy() && runs.run(runs.current()).state == RunState::Paused)
            runs.resume();
        else
            runs.pause();
    });
    connect(m_stop, &QPushButton::clicked, &queue, &TrainingQueue::stop);
    connect(m_log, &QPushButton::toggled, this, [this](bool on) { m_loss->setLogarithmic(on); });
    onQueueChanged();
}

void TrainPage::buildHead() {
    auto* line = new QHBoxLayout;
    line->setSpacing(10);
    setRole(*m_title, "title");
    setRole(*m_recipe, "pill");
    setRole(*m_state, "pill");
    m_log->setCheckable(true);
    setRole(*m_log, "pill");
    m_log->setToolTip(tr("Draw the loss on a logarithmic axis"));
    m_pause->setToolTip(
        tr("Hold the training after the current batch; films can be read at full speed meanwhile"));
    m_stop->setToolTip(tr("End this run after the current batch; its best weights become the model"));
    line->addWidget(m_title);
    line->addWidget(m_recipe, 0, Qt::AlignVCenter);
    line->addWidget(m_state, 0, Qt::AlignVCenter);
    line->addStretch();
    line->addWidget(m_log);
    line->addWidget(m_pause);
    line->addWidget(m_stop);
    static_cast<QVBoxLayout*>(layout())->addLayout(line);
}

void TrainPage::buildCharts() {
    const std::vector<ChartSeries> series{{tr("training"), colour::kAccent},
                                          {tr("validation"), colour::kSecondSeries}};
    ChartAxes loss;
    loss.xLow = 1;
    loss.xHigh = 10;
    loss.fitsY = true;
    loss.isXInteger = true;
    ChartAxes accuracy = loss;
    accuracy.fitsY = false;
    m_loss = new CurveChart(tr("LOSS"), series, loss, this);
    m_accuracy = new CurveChart(tr("ACCURACY"), series, accuracy, this);
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    row->addWidget(m_loss);
    row->addWidget(m_accuracy);
    static_cast<QVBoxLayout*>(layout())->addLayout(row, 1);
}

Card* TrainPage::buildPinned() {
    m_pinnedCard = new Card(tr("WHERE IT LOOKS"), this);
    m_pinned = new PinnedFilms(m_pinnedCard);
    m_pinned->setFixedWidth(416);
    m_pinnedCard->body()->addWidget(m_pinned);
    m_pinnedCard->body()->addStretch();
    return m_pinnedCard;
}

Card* TrainPage::buildNow() {
    auto* card = new Card(tr("NOW"), this);
    const QStringList names{tr("validation accuracy"), tr("best so far"), tr("speed"),
                            tr("learning rate"),       tr("memory"),      tr("stops after")};
    auto* grid = new QGridLayout;
    grid->setVerticalSpacing(5);
    grid->setHorizontalSpacing(22);
    for (int i = 0; i < ValueCount; ++i) {
        auto* name = new QLabel(names[i], card);
        setRole(*name, "secondary");
        auto* value = new QLabel(QStringLiteral("–"), card);
        setRole(*value, "strong");
        grid->addWidget(name, i, 0);
        grid->addWidget(value, i, 1);
        m_values.push_back(value);
    }
    grid->setColumnStretch(1, 1);
    card->body()->addLayout(grid);
    card->body()->addStretch();
    return card;
}

Card* TrainPage::buildQueue() {
    auto* card = new Card(tr("QUEUE"), this);
    m_queueRows = new QVBoxLayout;
    m_queueRows->setSpacing(0);
    card->body()->addLayout(m_queueRows);
    return card;
}

void TrainPage::onQueueChanged() {
    TrainingQueue& queue = m_session.queue();
    while (static_cast<int>(m_rows.size()) > queue.size()) {
        m_rows.back()->deleteLater();
        m_rows.pop_back();
    }
    while (static_cast<int>(m_rows.size()) < queue.size()) {
        const int number = static_cast<int>(m_rows.size());
        auto* row = new QueueRow(this);
        connect(row, &QueueRow::chosen, this, [this, number] { show(number); });
        connect(row, &QueueRow::removeWanted, &queue, [&queue, number] { queue.remove(number); });
        connect(row, &QueueRow::resumeWanted, &queue, [this, &queue, number] {
            queue.resumeRun(number);
            show(number);
        });
        connect(row, &QueueRow::resultsWanted, this, [this, number] { Q_EMIT resultsWanted(number); });
        m_rows.push_back(row);
        m_queueRows->addWidget(row);
    }
    show(m_shown < 0 ? queue.size() - 1 : m_shown);
}

void TrainPage::onRunRemoved(int run) {
    for (int* number : {&m_shown, &m_followed}) {
        if (*number == run)
            *number = -1;
        else if (*number > run)
            --*number;
    }
}

void TrainPage::show(int run) {
    m_shown = run;
    TrainingQueue& queue = m_session.queue();
    for (std::size_t i = 0; i < m_rows.size(); ++i)
        m_rows[i]->showRun(queue.run(static_cast<int>(i)), static_cast<int>(i) == run, !queue.isBusy());
    if (run < 0) {
        m_title->setText(tr("Train"));
        for (QWidget* widget : {static_cast<QWidget*>(m_recipe), static_cast<QWidget*>(m_state),
                                static_cast<QWidget*>(m_pause), static_cast<QWidget*>(m_stop)})
            widget->hide();
        m_message->hide();
        updateCharts({});
        for (QLabel* value : m_values)
            value->setText(QStringLiteral("–"));
        return;
    }
    updateHead(queue.run(run));
    updateCharts(queue.run(run));
    updateNow(queue.run(run));
}

// The charts go over to a run once, as it starts.
void TrainPage::onRunChanged(int run) {
    TrainingQueue& queue = m_session.queue();
    const QueuedRun& changed = queue.run(run);
    if (queue.isBusy() && queue.current() != m_followed) {
        m_followed = queue.current();
        return show(m_followed);
    }
    for (std::size_t i = 0; i < m_rows.size(); ++i) // whether one can be resumed depends on all
        m_rows[i]->showRun(queue.run(static_cast<int>(i)), static_cast<int>(i) == m_shown, !queue.isBusy());
    if (run != m_shown)
        return;
    updateHead(changed);
    updateNow(changed);
    if (m_loss->pointCount(0) != changed.epochs.size() || changed.progress.epochs == 0)
        updateCharts(changed);
}

void TrainPage::updateHead(const QueuedRun& run) {
    m_title->setText(run.title);
    m_recipe->setText(recipeText(run.config));
    m_recipe->show();
    const QString state = run.config.sampling == Sampling::Oversample ? tr("weighted sampler") : QString();
    m_state->setText(state);
    m_state->setVisible(!state.isEmpty());
    const bool isLive = run.state == RunState::Running || run.state == RunState::Paused;
    m_pause->setVisible(isLive);
    m_pause->setText(run.state == RunState::Paused ? tr("Resume") : tr("Pause"));
    m_stop->setVisible(isLive);
    m_stop->setEnabled(!run.isStopping);
    m_pause->setEnabled(!run.isStopping);
    QString words;
    if (run.state == RunState::Failed)
        words = reasonWithContext(run.error);
    setRole(*m_message, run.state == RunState::Failed ? "danger" : "secondary");
    if (words.isEmpty())
        words = run.notes.join(QLatin1Char(' '));
    m_message->setText(words);
    m_message->setVisible(!words.isEmpty());
}

void TrainPage::updateCharts(const QueuedRun& run) {
    std::vector<double> epochs, trainLoss, trainAccuracy, loss, accuracy;
    for (const FinishedEpoch& epoch : run.epochs) {
        epochs.push_back(epoch.record.epoch);
        trainLoss.push_back(epoch.record.trainLoss);
        trainAccuracy.push_back(epoch.record.trainAccuracy);
        loss.push_back(orNan(epoch.record.validationLoss));
        accuracy.push_back(orNan(epoch.record.validationAccuracy));
    }
    const double last = std::max(2, run.config.epochs);
    m_loss->setXRange(1, last);
    m_accuracy->setXRange(1, last);
    m_loss->setPoints(0, epochs, trainLoss);
    m_loss->setPoints(1, epochs, loss);
    m_accuracy->setPoints(0, epochs, trainAccuracy);
    m_accuracy->setPoints(1, epochs, accuracy);
    const double best =
        run.bestEpoch > 0 && !run.epochs.empty() ? run.bestEpoch : std::numeric_limits<double>::quiet_NaN();
    for (CurveChart* chart : {m_loss, m_accuracy})
        chart->setMark(best, tr("best, epoch %1").arg(run.bestEpoch));
    m_pinnedCard->setHeading(
        run.heatMaps.films.empty()
            ? tr("WHERE IT LOOKS · pinned validation films")
            : tr("WHERE IT LOOKS · pinned validation films, epoch %1").arg(run.heatMaps.epoch));
    m_pinned->setFilms(run.heatMaps, run.config.out);
}

void TrainPage::updateNow(const QueuedRun& run) {
    const auto set = [&](Value value, const QString& text) {
        m_values[value]->setText(text.isEmpty() ? QStringLiteral("–") : text);
    };
    const FinishedEpoch* best = bestOf(run);
    const auto accuracyText = [](const FinishedEpoch* epoch) {
        return epoch && epoch->record.validationAccuracy ? percent(*epoch->record.validationAccuracy)
                                                         : QString();
    };
    set(ValidationAccuracy, run.epochs.empty() ? QString() : accuracyText(&run.epochs.back()));
    set(BestSoFar, best && best->record.validationAccuracy
                       ? tr("%1 · epoch %2").arg(accuracyText(best)).arg(run.bestEpoch)
                       : QString());
    const double speed = run.progress.imagesPerSecond > 0 ? run.progress.imagesPerSecond
                         : run.epochs.empty()             ? 0
                                                          : run.epochs.back().record.imagesPerSecond;
    set(Speed, speed > 0 ? tr("%1 films/s").arg(speed, 0, 'f', 1) : QString());
    const double rate = run.progress.learningRate > 0 ? run.progress.learningRate
                        : run.epochs.empty()          ? 0
                                                      : run.epochs.back().record.learningRate;
    set(LearningRate, rate > 0 ? QString::number(rate, 'g', 3) : QString());
    set(Memory, run.memoryMb > 0 ? tr("%1 GB").arg(run.memoryMb / 1024.0, 0, 'f', 1) : QString());
    const int patience = run.config.earlyStoppingPatience;
    const int left = patience - (run.epochs.empty() ? 0 : run.epochs.back().epochsWithoutGain);
    set(StopsAfter, patience > 0 ? tr("%n more epoch(s) without gain", nullptr, left)
                                 : tr("%n epoch(s)", nullptr, run.config.epochs));
}

} // namespace hilum
