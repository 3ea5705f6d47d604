// Runs that are trained one after another, each in a process of its own, and what is known of each. GUI
// thread only.
#pragma once

#include <deque>
#include <filesystem>
#include <optional>
#include <vector>

#include <QObject>
#include <QString>

#include "training/TrainingConfig.h"
#include "training/TrainingEvents.h"
#include "ui/jobs/TrainingProcess.h"

namespace hilum {

enum class RunState { Waiting, Running, Paused, Done, Stopped, Failed };

struct QueuedRun {
    TrainingConfig config;
    QString title; // the network's
    RunState state = RunState::Waiting;
    bool isStopping = false; // asked to stop, and not there yet
    TrainingProgress progress;
    int memoryMb = 0;
    int part = 0; // whose epochs these are: TrainingProgress::part
    std::vector<FinishedEpoch> epochs;
    int bestEpoch = 0;
    HeatMapsEvent heatMaps; // of the last epoch that had some
    QStringList notes;
    std::filesystem::path model; // when Done or Stopped; may be empty
    Error error;                 // when Failed
};

class TrainingQueue : public QObject {
    Q_OBJECT

public:
    explicit TrainingQueue(std::filesystem::path trainer, QObject* parent = nullptr);

    // Waits until those before it are over. Returns its number.
    int add(const TrainingConfig& config);
    // Goes on where a run that was stopped or failed left its last checkpoint.
    void resumeRun(int number);
    [[nodiscard]] int size() const { return static_cast<int>(m_runs.size()); }
    [[nodiscard]] const QueuedRun& run(int number) const { return m_runs[static_cast<std::size_t>(number)]; }
    [[nodiscard]] int current() const { return m_current; } // that is trained now; −1: none
    [[nodiscard]] bool isBusy() const { return m_current >= 0; }

    // A run of the queue that is not done stands in that folder, or around it.
    [[nodiscard]] bool isInUse(const std::filesystem::path& folder) const;

    // The one that is trained now.
    void pause();
    void resume();
    void stop();
    // Takes any but the one that is trained off the list; what it has written stays.
    void remove(int number);

Q_SIGNALS:
    void runChanged(int number);  // anything about it
    void runFinished(int number); // Done, Stopped or Failed
    void runRemoved(int number);  // those behind it have moved up
    void queueChanged();          // runs were added or taken out

private:
    void startNext();
    void start(int number, ExistingRun existing);
    void onEvent(const TrainingEvent& event);
    void finish(RunState state);

    std::filesystem::path m_trainer;
    std::deque<QueuedRun> m_runs;
    int m_current = -1;
    TrainingProcess m_process;
};

} // namespace hilum
