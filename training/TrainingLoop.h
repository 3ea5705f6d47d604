// Epochs over one training set. Internal: shows torch.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <vector>

#include "training/FilmStore.h"
#include "training/NetworkState.h"
#include "training/RateFinder.h"
#include "training/TrainingConfig.h"
#include "training/TrainingProgress.h"
#include "training/TrainingState.h"

namespace hilum {

struct KeptWeights {
    const std::vector<EpochRecord>& history;
    const WeightState& weights; // those to use: averaged ones if so configured
    bool best = false;          // of all epochs so far
    // Takes down what the training needs to go on after this epoch; empty within one. Valid during the call.
    std::function<TrainingState()> state;
};

struct TrainingInput {
    const TrainingConfig& config; // resolved
    const FilmStore& store;
    std::vector<std::size_t> trainFilms;
    std::vector<std::size_t> validationFilms; // empty: the last weights are kept
    std::uint64_t seed = 1;                   // of order, augmentation and dropout
    int threads = 1;                          // of the loader
    std::filesystem::path featureFile;        // for features that do not fit in memory
    ProgressCallback progress;
    // After every epoch, and when stopped within one. An error ends the training.
    std::function<Result<void>(const KeptWeights&)> keep;
    // May look at the network after every validation: with the weights to use, in eval mode. An error ends
    // the training.
    std::function<Result<void>(Network& network, int epoch)> look = {};
    // Where to go on; nullptr: from the beginning. The same configuration, films and network, please.
    const TrainingState* from = nullptr;
};

struct LoopOutcome {
    std::vector<EpochRecord> history;
    int bestEpoch = 0;    // whose weights the network has now; 0: stopped within the first epoch
    bool stopped = false; // by the stop token
};

// The network ends with the best weights (lowest validation loss; without validation the last ones).
// Errors: Cancelled (stopped before the first step), InvalidArgument (the loss is no longer finite),
// OutOfMemory, Internal, BadModelFile (the state to go on from does not fit), those of keep.
// A training that goes on from a state ends with the same weights and history, bit for bit, as one that was
// never interrupted. The epochs before are told again.
Result<LoopOutcome> trainNetwork(Network& network, const TrainingInput& input, std::stop_token stop);

// Steps with a growing rate instead of the schedule's, until all are taken, the loss has diverged or stop is
// requested. Leaves the network spoilt. Errors: OutOfMemory, Internal, those of the films.
Result<RateCurve> sweepRates(Network& network, const TrainingInput& input, const RateSweep& sweep,
                             std::stop_token stop);

// Whose weights are used after these epochs; 0: none.
int bestEpochOf(const std::vector<EpochRecord>& history, const TrainingConfig& config);

} // namespace hilum
