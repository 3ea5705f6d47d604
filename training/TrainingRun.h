// One network trained on one split, into one run folder. Internal.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "training/EvaluationReport.h"
#include "training/FilmStore.h"
#include "training/InitialWeights.h"
#include "training/RateFinder.h"
#include "training/RunFolder.h"
#include "training/Split.h"
#include "training/TrainingConfig.h"
#include "training/TrainingProgress.h"

namespace hilum {

// What the runs of a fine-tuning share. References outlive the runs.
struct TrainingSession {
    const TrainingConfig& config; // resolved
    const DatasetIndex& index;
    const FilmStore& store;
    const InitialWeights& weights;
    ProgressCallback progress;
    std::stop_token stop;
    int threads = 1;
};

struct RunRequest {
    RunFolder folder;
    Split split;
    TrainingConfig config;                      // as it is recorded in the folder
    std::uint64_t seed = 1;                     // of weights, order and augmentation
    int part = 0;                               // fold or repetition, from 1; 0: neither
    ExistingRun existing = ExistingRun::Refuse; // Resume: goes on where the folder's run was interrupted
    // For a model without a test set of its own: figures from elsewhere for the card.
    std::optional<Proportion> accuracy;
    std::string testedOn;
    bool tests = true; // false: the split's test films are left alone
};

struct RunOutcome {
    std::vector<EpochRecord> history;
    int bestEpoch = 0;
    bool stopped = false;
    std::optional<EvaluationReport> report; // absent without a test set
    std::vector<FilmPrediction> predictions;
    std::vector<std::string> notes;
};

// The folder is prepared. Errors: as fineTune().
Result<RunOutcome> runTraining(const TrainingSession& session, const RunRequest& request);

// Errors: as fineTune().
Result<RateCurve> findRate(const TrainingSession& session, const Split& split, const RateSweep& sweep);

// "113 held-out films, split by patient"
std::string heldOutText(std::size_t films, Grouping grouping);

} // namespace hilum
