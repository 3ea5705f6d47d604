// Pickles, zip files and torch.save()'s two containers, built byte by byte in code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hilum::test {

// Little-endian bytes of a number.
template <class T>
std::string bytesOf(T number) {
    return {reinterpret_cast<const char*>(&number), sizeof number};
}

// --- opcodes ---
std::string pickled(std::string_view body); // PROTO 2, body, STOP
std::string text(std::string_view value);
std::string integer(std::int32_t value);
std::string global(std::string_view module, std::string_view name);
std::string tuple(const std::vector<std::string>& items);
std::string orderedDict(const std::vector<std::pair<std::string, std::string>>& items); // keys are texts
std::string storage(std::string_view key, std::int32_t count, std::string_view type = "FloatStorage");
// _rebuild_tensor_v2 of a storage.
std::string tensor(const std::string& storage, std::int32_t offset, const std::vector<std::int32_t>& shape,
                   const std::vector<std::int32_t>& strides);

// --- containers ---
struct ZipItem {
    std::string name;
    std::string content;
    std::uint16_t method = 0;
    std::uint16_t flags = 0;
    // What the table of contents says instead of the truth; −1: the truth.
    std::int64_t declaredBytes = -1;
    std::int64_t unpackedBytes = -1;
    std::int64_t headerOffset = -1;
    bool wrongChecksum = false;
};
std::string zip(const std::vector<ZipItem>& items);

using Storages = std::vector<std::pair<std::string, std::string>>; // key, bytes
std::string zipContainer(const std::string& pickle, const Storages& storages);
std::string legacyContainer(const std::string& pickle, const Storages& storages, std::size_t elementBytes = 4,
                            bool littleEndian = true);

// Four tensors: "a.weight" 2×3 with 0 … 5, "a.bias" 3×2 as the transpose of the same storage's second copy,
// "n" a scalar of 64 bits with 7, "empty" 0×4.
std::string smallState();
Storages smallStorages();

} // namespace hilum::test
