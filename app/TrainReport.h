// What hilum-cli train says about a running training: for people, or for a program. Used from one thread.
#pragma once

#include <memory>

#include "training/FineTuner.h"

namespace hilum {

class TrainReport {
public:
    virtual ~TrainReport() = default;

    virtual void show(const TrainingProgress& progress) = 0;
    virtual void paused(bool paused) = 0; // and false when it goes on
    // The last word is one of these.
    virtual void finished(const TrainingOutcome& outcome, const TrainingConfig& config) = 0;
    virtual void failed(const Error& error) = 0;
};

// Progress and errors on stderr, figures on stdout.
std::unique_ptr<TrainReport> makeTextTrainReport();
// Events (training/TrainingEvents.h) on stdout, each written at once; progress at most ten times a second. An error is
// on stderr too. Where nobody reads stdout any more, the training goes on unheard.
std::unique_ptr<TrainReport> makeJsonTrainReport();

} // namespace hilum
