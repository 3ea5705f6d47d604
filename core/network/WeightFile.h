// Weights from any file that Hilum takes: safetensors, with or without a model card, and both containers of
// torch.save(); told apart by content.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/domain/Result.h"

namespace hilum {

struct WeightFile {
    std::vector<std::pair<std::string, at::Tensor>> tensors; // on the CPU, under torchvision's names
    bool endsWithSigmoid = false;                            // see WeightNames
};

// network is a name of the table. Errors: those of readSafeTensors() and readPickledWeights().
Result<WeightFile> readWeightFile(const std::filesystem::path& file, std::string_view network);

} // namespace hilum
