// What hilum-cli train and search say about a running training: for people, or for a program. Used from one
// thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "training/FineTuner.h"

namespace CLI {
class App;
}

namespace hilum {

class TrainReport {
public:
    virtual ~TrainReport() = default;

    virtual void show(const TrainingProgress& progress) = 0;
    virtual void paused(bool paused) = 0; // and false when it goes on
    // The last word is one of these; a search says its own.
    virtual void finished(const TrainingOutcome& outcome, const TrainingConfig& config) = 0;
    virtual void failed(const Error& error) = 0;
};

// Progress and errors on stderr, figures on stdout.
std::unique_ptr<TrainReport> makeTextTrainReport(std::string_view command);
// Events (training/TrainingEvents.h) on stdout, each written at once; progress at most ten times a second. An
// error is on stderr too. Where nobody reads stdout any more, the training goes on unheard.
std::unique_ptr<TrainReport> makeJsonTrainReport(std::string_view command);

// Says it; returns the status to exit with.
int reportError(TrainReport& report, const Error& error);

// --progress. Lives as long as the command that it was added to.
class ProgressForm {
public:
    void add(CLI::App& command);
    [[nodiscard]] bool isJson() const;
    [[nodiscard]] std::unique_ptr<TrainReport> makeReport(std::string_view command) const;

private:
    std::string m_name;
};

} // namespace hilum
