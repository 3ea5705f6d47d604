#include "ui/jobs/TrainingQueue.h"

#include <utility>

#include "core/graph/Networks.h"
#include "ui/QtConvert.h"

namespace hilum {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

} // namespace

TrainingQueue::TrainingQueue(std::filesystem::path trainer, QObject* parent)
    : QObject(parent), m_process(std::move(trainer)) {
    connect(&m_process, &TrainingProcess::happened, this, &TrainingQueue::onEvent);
}

int TrainingQueue::add(const TrainingConfig& config) {
    QueuedRun run;
    run.config = config;
    const NetworkInfo* info = findNetwork(config.network);
    run.title = toQString(info ? info->title : std::string_view(config.network));
    m_runs.push_back(std::move(run));
    Q_EMIT queueChanged();
    startNext();
    return size() - 1;
}

void TrainingQueue::startNext() {
    if (isBusy())
        return;
    for (int number = 0; number < size(); ++number) {
        if (run(number).state == RunState::Waiting)
            return start(number, ExistingRun::Refuse);
    }
}

void TrainingQueue::start(int number, ExistingRun existing) {
    m_current = number;
    QueuedRun& run = m_runs[static_cast<std::size_t>(number)];
    run.state = RunState::Running;
    run.isStopping = false;
    run.error = {};
    run.progress = {};
    run.epochs.clear(); // a run that goes on tells them again
    run.bestEpoch = 0;
    run.notes.clear();
    Q_EMIT runChanged(number);
    m_process.start(run.config, existing);
}

void TrainingQueue::resumeRun(int number) {
    const RunState state = run(number).state;
    if (isBusy() || (state != RunState::Stopped && state != RunState::Failed))
        return;
    // One that failed before it began is begun.
    start(number, RunFolder(run(number).config.out).holdsRun() ? ExistingRun::Resume : ExistingRun::Refuse);
}

void TrainingQueue::pause() { m_process.pause(); }
void TrainingQueue::resume() { m_process.resume(); }

void TrainingQueue::stop() {
    if (!isBusy())
        return;
    m_runs[static_cast<std::size_t>(m_current)].isStopping = true;
    m_process.stop();
    Q_EMIT runChanged(m_current);
}

bool TrainingQueue::isInUse(const std::filesystem::path& folder) const {
    for (const QueuedRun& run : m_runs) {
        const std::filesystem::path inside = folder.lexically_relative(run.config.out);
        if (run.state != RunState::Done && !inside.empty() && *inside.begin() != "..")
            return true;
    }
    return false;
}

void TrainingQueue::remove(int number) {
    if (number == m_current)
        return;
    m_runs.erase(m_runs.begin() + number);
    if (m_current > number)
        --m_current;
    Q_EMIT runRemoved(number);
    Q_EMIT queueChanged();
}

void TrainingQueue::onEvent(const TrainingEvent& event) {
    const int number = m_current;
    QueuedRun& run = m_runs[static_cast<std::size_t>(number)];
    std::visit(Overloaded{[&](const ProgressEvent& now) {
                              run.progress = now.progress;
                              run.memoryMb = now.memoryMb;
                          },
                          [&](const EpochEvent& epoch) {
                              if (epoch.part != run.part) {
                                  run.epochs.clear();
                                  run.bestEpoch = 0;
                              }
                              run.part = epoch.part;
                              run.epochs.push_back(epoch.finished);
                              if (epoch.finished.best)
                                  run.bestEpoch = epoch.finished.record.epoch;
                          },
                          [&](const HeatMapsEvent& maps) { run.heatMaps = maps; },
                          [&](const NoteEvent& note) { run.notes << toQString(std::string_view(note.text)); },
                          [&](const PausedEvent&) { run.state = RunState::Paused; },
                          [&](const ResumedEvent&) { run.state = RunState::Running; },
                          [&](const FinishedEvent& finished) {
                              run.model = finished.model;
                              run.bestEpoch = finished.bestEpoch;
                              finish(finished.stopped ? RunState::Stopped : RunState::Done);
                          },
                          [&](const FailedEvent& failed) {
                              run.error = failed.error;
                              finish(failed.error.code == ErrorCode::Cancelled ? RunState::Stopped
                                                                               : RunState::Failed);
                          }},
               event);
    Q_EMIT runChanged(number);
}

void TrainingQueue::finish(RunState state) {
    const int number = std::exchange(m_current, -1);
    m_runs[static_cast<std::size_t>(number)].state = state;
    Q_EMIT runFinished(number);
    // Not from within the process's own signal.
    QMetaObject::invokeMethod(this, &TrainingQueue::startNext, Qt::QueuedConnection);
}

} // namespace hilum
