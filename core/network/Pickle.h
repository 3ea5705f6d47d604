// Python's pickles, as far as a file of weights needs them (opcodes: CPython's Lib/pickletools.py). Nothing
// is ever executed: opcodes build plain values, the only names that may be called are OrderedDict, PyTorch's
// functions that put a tensor together, and its storages, and each of those is a case of a variant here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/domain/Result.h"
#include "core/network/RawTensor.h"

namespace hilum::pickle {

// Beyond these a pickle is refused, before memory is taken. DenseNet201's has 200 KB and 20,000 values.
inline constexpr std::size_t kMaxBytes = 16 << 20;
inline constexpr std::size_t kMaxValues = 500'000; // values, and entries of all containers together

using Ref = std::uint32_t; // index of a value; values that a pickle shares are shared here

struct None {};
struct Opaque {}; // a number of more than 64 bits
struct Text {
    std::string_view bytes; // of the pickle
};
struct List {
    std::vector<Ref> items;
    bool isTuple = false;
};
struct Dict {
    std::vector<std::pair<Ref, Ref>> items; // as they come, keys may repeat
    bool isOrdered = false;                 // made by OrderedDict
};
enum class Callable { OrderedDict, RebuildTensor, RebuildParameter };
struct StorageType {
    ElementType type;
};
struct Storage {
    std::string key;
    ElementType type = ElementType::F32;
    std::uint64_t count = 0;     // elements in the file under this key
    std::uint64_t viewBegin = 0; // elements that the object covers
    std::uint64_t viewCount = 0;
};
struct Tensor {
    Ref storage = 0;
    std::uint64_t offset = 0; // in elements, from the beginning of what is under the key
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> strides; // in elements
};
using Value = std::variant<None, Opaque, bool, std::int64_t, double, Text, List, Dict, Callable, StorageType,
                           Storage, Tensor>;

struct Pickle {
    std::vector<Value> values;
    Ref root = 0;
    std::size_t end = 0; // offset behind STOP

    template <class T>
    [[nodiscard]] const T* as(Ref ref) const {
        return std::get_if<T>(&values[ref]);
    }
    // The value under a text key; null where there is none or where value is no dictionary.
    [[nodiscard]] const Ref* find(Ref dict, std::string_view key) const;
};

// The pickle that begins at offset. bytes must outlive what is returned. Every tensor's elements lie in its
// storage. Errors: BadModelFile (opcode and offset in the message), TooLarge.
Result<Pickle> read(std::string_view bytes, std::size_t offset = 0);

} // namespace hilum::pickle
