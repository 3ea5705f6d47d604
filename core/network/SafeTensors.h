// The safetensors container (core/model/TensorFile.h) with LibTorch's tensors.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/domain/Result.h"

namespace hilum {

struct TensorView;

struct SafeTensors {
    std::map<std::string, std::string> metadata;             // __metadata__
    std::vector<std::pair<std::string, at::Tensor>> tensors; // contiguous CPU tensors, unique names
};

// A copy.
at::Tensor toTorch(const TensorView& view);

// F32, F64, I64, I32, U8, BF16 and F16. Written to a temporary file, synced, renamed. Errors: NotWritable.
Result<void> writeSafeTensors(const std::filesystem::path& file, const SafeTensors& content);

// Errors: those of openTensorFile().
Result<SafeTensors> readSafeTensors(const std::filesystem::path& file);
// The metadata alone. Errors: the same.
Result<std::map<std::string, std::string>> readSafeTensorsMetadata(const std::filesystem::path& file);

} // namespace hilum
