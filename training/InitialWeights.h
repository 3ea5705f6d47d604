// The file that a fine-tuning starts from. Internal.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "core/domain/Result.h"
#include "training/TrainingConfig.h"
#include "training/TrainingProgress.h"

namespace hilum {

struct InitialWeights {
    std::filesystem::path file; // empty: random weights
    std::string sha256;         // of the whole file

    // For the model card, e.g. "vgg19-dcbb9e9d.pth (SHA-256 dcbb…)".
    [[nodiscard]] std::string text() const;
};

// The configuration's file, or torchvision's for kImageNetWeights, which may be downloaded first.
// Errors: NotFound, NotReadable, and those of publishedWeights().
Result<InitialWeights> findInitialWeights(const TrainingConfig& config, const ProgressCallback& progress,
                                          std::stop_token stop);

} // namespace hilum
