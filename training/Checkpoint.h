// Weights of a running training with what is needed to tell where they come from. Internal: shows tensors.
// A checkpoint is a safetensors file: torchvision's names, and in its metadata "hilum.checkpoint" (format
// version), "epoch", "config" (JSON) and "history" (CSV). Written to a temporary file, synced and renamed:
// whatever happens, a file under its final name is whole.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/domain/Result.h"
#include "training/NetworkState.h"
#include "training/TrainingProgress.h"

namespace hilum {

struct Checkpoint {
    int epoch = 0; // finished epochs; 0: stopped in the first one
    std::string configJson;
    std::string historyCsv;
    WeightState weights;
};

// Errors: NotWritable.
Result<void> writeCheckpoint(const std::filesystem::path& file, const Checkpoint& checkpoint);
// Errors: those of readSafeTensors(), BadModelFile (no checkpoint), UnsupportedVersion.
Result<Checkpoint> readCheckpoint(const std::filesystem::path& file);

} // namespace hilum
