// A tensor as a file of weights describes it, without torch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace hilum {

enum class ElementType { F64, F32, F16, BF16, I64, I32, I16, I8, U8, Bool };

constexpr std::size_t elementBytes(ElementType type) {
    switch (type) {
    case ElementType::F64:
    case ElementType::I64:
        return 8;
    case ElementType::F32:
    case ElementType::I32:
        return 4;
    case ElementType::F16:
    case ElementType::BF16:
    case ElementType::I16:
        return 2;
    case ElementType::I8:
    case ElementType::U8:
    case ElementType::Bool:
        return 1;
    }
    return 0;
}

// Every element lies inside the storage, and there are no more elements than the storage holds.
struct RawTensor {
    std::string name;
    ElementType type = ElementType::F32;
    std::vector<std::int64_t> shape;            // none negative, at most 8 sides; empty: a scalar
    std::vector<std::int64_t> strides;          // in elements, none negative
    std::uint64_t offset = 0;                   // of the first element in the storage, in elements
    std::shared_ptr<const std::byte[]> storage; // little-endian; shared by tensors that share it in the file
};

} // namespace hilum
