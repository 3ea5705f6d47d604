// Epochs over one training set. Internal: shows torch.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <vector>

#include "training/FilmStore.h"
#include "training/NetworkState.h"
#include "training/TrainingConfig.h"
#include "training/TrainingProgress.h"

namespace hilum {

struct TrainingInput {
    const TrainingConfig& config; // resolved
    const FilmStore& store;
    std::vector<std::size_t> trainFilms;
    std::vector<std::size_t> validationFilms; // empty: the last weights are kept
    std::uint64_t seed = 1;                   // of order, augmentation and dropout
    int threads = 1;                          // of the loader
    std::filesystem::path featureFile;        // for features that do not fit in memory
    ProgressCallback progress;
    // After every epoch, and when stopped within one; weights are those to use (averaged ones if so
    // configured). best: they are the best so far. An error ends the training.
    std::function<Result<void>(const std::vector<EpochRecord>& history, const WeightState& weights,
                               bool best)>
        keep;
};

struct LoopOutcome {
    std::vector<EpochRecord> history;
    int bestEpoch = 0;    // whose weights the network has now; 0: stopped within the first epoch
    bool stopped = false; // by the stop token
};

// The network ends with the best weights (lowest validation loss; without validation the last ones).
// Errors: Cancelled (stopped before the first step), InvalidArgument (the loss is no longer finite),
// OutOfMemory, Internal, those of keep.
Result<LoopOutcome> trainNetwork(Network& network, const TrainingInput& input, std::stop_token stop);

} // namespace hilum
