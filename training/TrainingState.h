// A training between two epochs, such that it can go on as if nothing had happened. Internal: shows tensors.
// On disk it is a safetensors file: the tensors' names begin with "weights/", "average/", "best/" or
// "optimiser/", and "random" is torch's generator; in its metadata stand "hilum.training" (format version),
// "data" and "history" (CSV). What follows from seed and epoch (order of films, augmentation) or from the
// history (rate, patience) is not in it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/domain/Result.h"
#include "training/NetworkState.h"
#include "training/TrainingProgress.h"

namespace hilum {

struct TrainingState {
    std::string dataFingerprint;
    std::vector<EpochRecord>
        history;         // of finished epochs; empty: nothing is learnt yet, and what follows is empty
    WeightState weights; // of the network
    WeightState average; // of the weights; empty: there is none
    WeightState best;    // empty: those of the last epoch
    WeightState optimiser;
    at::Tensor random;
};

// Whole or not at all. Errors: NotWritable.
Result<void> writeTrainingState(const std::filesystem::path& file, const TrainingState& state);
// Errors: those of readSafeTensors(), BadModelFile (no such state), UnsupportedVersion.
Result<TrainingState> readTrainingState(const std::filesystem::path& file);

// Of torch's generator on the device, which dropout draws from.
at::Tensor randomState(const at::Device& device);
// Errors: BadModelFile (of another device, or another LibTorch's).
Result<void> setRandomState(const at::Device& device, const at::Tensor& state);

} // namespace hilum
