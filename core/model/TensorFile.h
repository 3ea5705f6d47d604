// The safetensors container: u64 little-endian header length, JSON header, raw little-endian tensors. Without
// torch: tensors are views into the mapped file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/Result.h"
#include "core/storage/MappedFile.h"

namespace hilum {

enum class TensorType { F64, I64, F32, I32, F16, BF16, U8 };
std::string_view tensorTypeName(TensorType type); // as in the header, e.g. "BF16"
std::size_t tensorTypeBytes(TensorType type);     // of one element

// Row-major and contiguous; not necessarily aligned.
struct TensorView {
    std::string name;
    TensorType type = TensorType::F32;
    std::vector<std::int64_t> shape; // empty: a scalar
    std::span<const std::byte> bytes;

    [[nodiscard]] std::size_t elements() const { return bytes.size() / tensorTypeBytes(type); }
};

struct TensorFile {
    std::map<std::string, std::string> metadata; // __metadata__
    std::vector<TensorView> tensors;             // in the file's order, unique names
    std::shared_ptr<const MappedFile> file;      // what the views look into
};

using TensorIndex = std::map<std::string, const TensorView*, std::less<>>; // by name
TensorIndex indexOf(const std::vector<TensorView>& tensors);

// Everything in the header is checked against the file's size first: header at most 100 MB, no duplicate
// keys, no holes, no overlaps. Errors: NotFound, NotReadable, BadModelFile, TooLarge.
Result<TensorFile> openTensorFile(const std::filesystem::path& file);

// Written to a temporary file, synced, renamed; larger elements first, so that every tensor is aligned.
// Errors: NotWritable.
Result<void> writeTensorFile(const std::filesystem::path& file,
                             const std::map<std::string, std::string>& metadata,
                             const std::vector<TensorView>& tensors);

// The elements as float; those of wider types are rounded.
std::vector<float> toFloats(const TensorView& tensor);

} // namespace hilum
