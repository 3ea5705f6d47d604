#include "tests/support/PickleFiles.h"

#include <zlib.h>

namespace hilum::test {
namespace {

std::uint32_t checksum(const std::string& bytes) {
    return static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

std::string numbers(const std::vector<std::int32_t>& values) {
    std::vector<std::string> items;
    for (const std::int32_t value : values)
        items.push_back(integer(value));
    return tuple(items);
}

std::string entryFields(const ZipItem& item) {
    const auto size = static_cast<std::uint32_t>(
        item.declaredBytes < 0 ? static_cast<std::int64_t>(item.content.size()) : item.declaredBytes);
    const auto unpacked = item.unpackedBytes < 0 ? size : static_cast<std::uint32_t>(item.unpackedBytes);
    return bytesOf<std::uint16_t>(0) + bytesOf(item.flags) + bytesOf(item.method) +
           bytesOf<std::uint32_t>(0) + bytesOf(checksum(item.content) ^ (item.wrongChecksum ? 1U : 0U)) +
           bytesOf(size) + bytesOf(unpacked) + bytesOf(static_cast<std::uint16_t>(item.name.size())) +
           bytesOf<std::uint16_t>(0);
}

} // namespace

std::string pickled(std::string_view body) { return "\x80\x02" + std::string(body) + "."; }

std::string text(std::string_view value) {
    return "X" + bytesOf(static_cast<std::uint32_t>(value.size())) + std::string(value);
}

std::string integer(std::int32_t value) { return "J" + bytesOf(value); }

std::string global(std::string_view module, std::string_view name) {
    return "c" + std::string(module) + "\n" + std::string(name) + "\n";
}

std::string tuple(const std::vector<std::string>& items) {
    std::string bytes = "(";
    for (const std::string& item : items)
        bytes += item;
    return bytes + "t";
}

std::string orderedDict(const std::vector<std::pair<std::string, std::string>>& items) {
    std::string bytes = global("collections", "OrderedDict") + ")R(";
    for (const auto& [key, value] : items)
        bytes += text(key) + value;
    return bytes + "u";
}

std::string storage(std::string_view key, std::int32_t count, std::string_view type) {
    return tuple({text("storage"), global("torch", type), text(key), text("cpu"), integer(count)}) + "Q";
}

std::string tensor(const std::string& storage, std::int32_t offset, const std::vector<std::int32_t>& shape,
                   const std::vector<std::int32_t>& strides) {
    return global("torch._utils", "_rebuild_tensor_v2") +
           tuple({storage, integer(offset), numbers(shape), numbers(strides), "\x89", orderedDict({})}) + "R";
}

std::string zip(const std::vector<ZipItem>& items) {
    std::string bytes;
    std::string directory;
    for (const ZipItem& item : items) {
        const auto header = static_cast<std::uint32_t>(
            item.headerOffset < 0 ? static_cast<std::int64_t>(bytes.size()) : item.headerOffset);
        directory += "PK\x01\x02" + bytesOf<std::uint16_t>(0) + entryFields(item) + std::string(10, '\0') +
                     bytesOf(header) + item.name;
        bytes += "PK\x03\x04" + entryFields(item) + item.name + item.content;
    }
    const auto count = static_cast<std::uint16_t>(items.size());
    const auto offset = static_cast<std::uint32_t>(bytes.size());
    return bytes + directory + "PK\x05\x06" + std::string(4, '\0') + bytesOf(count) + bytesOf(count) +
           bytesOf(static_cast<std::uint32_t>(directory.size())) + bytesOf(offset) + std::string(2, '\0');
}

std::string zipContainer(const std::string& pickle, const Storages& storages) {
    std::vector<ZipItem> items{{.name = "archive/data.pkl", .content = pickle}};
    for (const auto& [key, bytes] : storages)
        items.push_back({.name = "archive/data/" + key, .content = bytes});
    items.push_back({.name = "archive/version", .content = "3\n"});
    return zip(items);
}

std::string legacyContainer(const std::string& pickle, const Storages& storages, std::size_t elementBytes,
                            bool littleEndian) {
    std::string bytes = pickled(std::string("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12)) +
                        pickled("M" + bytesOf<std::uint16_t>(1001)) +
                        pickled("}(" + text("protocol_version") + integer(1001) + text("little_endian") +
                                (littleEndian ? "\x88" : "\x89") + "u") +
                        pickle;
    std::string keys;
    std::string contents;
    for (const auto& [key, content] : storages) {
        // "n" is the one storage of smallState() with elements of eight bytes.
        const std::size_t size = key == "n" ? 8 : elementBytes;
        keys += text(key);
        contents += bytesOf(static_cast<std::int64_t>(content.size() / size)) + content;
    }
    return bytes + pickled("](" + keys + "e") + contents;
}

std::string smallState() {
    return pickled(orderedDict({{"a.weight", tensor(storage("0", 12), 0, {2, 3}, {3, 1})},
                                {"a.bias", tensor(storage("0", 12), 6, {3, 2}, {1, 3})},
                                {"n", tensor(storage("n", 1, "LongStorage"), 0, {}, {})},
                                {"empty", tensor(storage("0", 12), 12, {0, 4}, {4, 1})}}));
}

Storages smallStorages() {
    std::string floats;
    for (int copy = 0; copy < 2; ++copy) {
        for (int i = 0; i < 6; ++i)
            floats += bytesOf(static_cast<float>(i));
    }
    return {{"0", floats}, {"n", bytesOf<std::int64_t>(7)}};
}

} // namespace hilum::test
