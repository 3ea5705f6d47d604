// The safetensors container: u64 little-endian header length, JSON header, raw little-endian tensors.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/domain/Result.h"

namespace hilum {

struct SafeTensors {
    std::map<std::string, std::string> metadata; // __metadata__
    std::vector<std::pair<std::string, at::Tensor>> tensors; // contiguous CPU tensors, unique names
};

// F32, F64, I64, I32, U8, BF16 and F16. Written to a temporary file, synced, renamed. Errors: NotWritable.
Result<void> writeSafeTensors(const std::filesystem::path& file, const SafeTensors& content);

// Everything in the header is checked against the file's size before anything is allocated: header at most
// 100 MB, no duplicate keys, no holes, no overlaps. Errors: NotFound, NotReadable, BadModelFile, TooLarge.
Result<SafeTensors> readSafeTensors(const std::filesystem::path& file);
// The metadata alone. Errors: the same.
Result<std::map<std::string, std::string>> readSafeTensorsMetadata(const std::filesystem::path& file);

} // namespace hilum
