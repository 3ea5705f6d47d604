// One fine-tuning in a process of its own (hilum-trainer), so that a crash or a lack of memory there never
// takes the window down. Follows it by its events (training/TrainingEvents.h), steers it by its standard
// input. Never blocks. GUI thread only.
#pragma once

#include <filesystem>
#include <optional>

#include <QObject>
#include <QProcess>
#include <QTemporaryFile>

#include "training/RunFolder.h"
#include "training/TrainingConfig.h"
#include "training/TrainingEvents.h"

namespace hilum {

class TrainingProcess : public QObject {
    Q_OBJECT

public:
    // program: hilum-trainer.
    explicit TrainingProcess(std::filesystem::path program, QObject* parent = nullptr);
    // A training under way is asked to stop and left to write its checkpoint.
    ~TrainingProcess() override;

    // Ends in a FinishedEvent or a FailedEvent, whatever becomes of the process, once it is gone. Not while
    // one is running.
    void start(const TrainingConfig& config, ExistingRun existing);
    void pause();
    void resume();
    void stop(); // after the current batch; what was learnt is kept
    [[nodiscard]] bool isRunning() const { return m_process.state() != QProcess::NotRunning; }

Q_SIGNALS:
    void happened(const hilum::TrainingEvent& event);

private:
    void readLines();
    void onFinished(int exitCode, QProcess::ExitStatus status);
    void say(const char* word);
    void fail(Error error);

    std::filesystem::path m_program;
    QTemporaryFile m_config;
    std::optional<TrainingEvent> m_last; // the process's own last word
    QProcess m_process;
};

} // namespace hilum
