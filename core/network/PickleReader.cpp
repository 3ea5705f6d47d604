#include "core/network/PickleReader.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include <zlib.h>

#include "core/network/Pickle.h"
#include "core/network/StoredZip.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kZipMagic = "PK\x03\x04";
// The pickles of 0x1950a86a20f9469cfc6c and of 1001, in protocol 2.
constexpr std::string_view
    kLegacyMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.", 21);
constexpr std::array<std::string_view, 3> kStateKeys{"state_dict", "model_state_dict", "model"};

// Where a storage's bytes are in the file.
struct Range {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::optional<std::uint32_t> crc32;
};

struct File {
    fs::path path;
    std::ifstream stream;
    std::uint64_t bytes = 0;
};

tl::unexpected<Error> bad(std::string reason) {
    return fail(ErrorCode::BadModelFile, "The file of weights is not usable: " + std::move(reason) + ".");
}

Result<File> opened(const fs::path& path) {
    std::error_code error;
    if (!fs::exists(path, error))
        return fail(ErrorCode::NotFound, "The file does not exist.");
    if (!fs::is_regular_file(path, error))
        return fail(ErrorCode::NotReadable, "This is not a file.");
    File file{path, std::ifstream(path, std::ios::binary), fs::file_size(path, error)};
    if (!file.stream || error)
        return fail(ErrorCode::NotReadable, "The file cannot be opened.");
    return file;
}

Result<void> readInto(File& file, std::uint64_t offset, char* bytes, std::uint64_t count) {
    file.stream.clear();
    if (!file.stream.seekg(static_cast<std::streamoff>(offset)) ||
        !file.stream.read(bytes, static_cast<std::streamsize>(count)))
        return fail(ErrorCode::NotReadable, "The file cannot be read.");
    return {};
}

Result<std::string> head(File& file, std::uint64_t offset, std::uint64_t most) {
    std::string bytes(std::min(most, file.bytes - offset), '\0');
    if (Result<void> read = readInto(file, offset, bytes.data(), bytes.size()); !read)
        return tl::unexpected(read.error());
    return bytes;
}

std::uint32_t checksum(const std::byte* bytes, std::uint64_t count) {
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes), count));
}

// The pickle, and where to find each storage that it may ask for.
struct Content {
    std::string bytes; // that the pickle's texts point into
    pickle::Pickle object;
    std::map<std::string, Range, std::less<>> storages; // by key
};

Result<void> readObject(Content& content, std::size_t offset) {
    Result<pickle::Pickle> object = pickle::read(content.bytes, offset);
    if (!object)
        return tl::unexpected(object.error());
    content.object = std::move(*object);
    return {};
}

Result<void> checkByteOrder(File& file, const ZipEntry& entry) {
    const Result<std::string> order = head(file, entry.offset, std::min<std::uint64_t>(entry.bytes, 16));
    if (!order)
        return tl::unexpected(order.error());
    if (*order != "little")
        return fail(ErrorCode::UnsupportedFormat, "The weights were saved on a big-endian machine.");
    return {};
}

// FOLDER/data.pkl, FOLDER/data/KEY, and perhaps FOLDER/byteorder; the folder has any name.
Result<void> readZip(File& file, Content& content) {
    const Result<std::vector<ZipEntry>> entries = readStoredZip(file.stream, file.bytes);
    if (!entries)
        return tl::unexpected(entries.error());
    const std::string folder =
        entries->empty() ? "" : entries->front().name.substr(0, entries->front().name.find('/'));
    const ZipEntry* object = nullptr;
    for (const ZipEntry& entry : *entries) {
        if (entry.name == folder + "/constants.pkl")
            return fail(
                ErrorCode::UnsupportedFormat,
                "This is a TorchScript program, not a file of weights. Save its state_dict() instead.");
        if (entry.name == folder + "/data.pkl")
            object = &entry;
        else if (entry.name == folder + "/byteorder") {
            if (Result<void> order = checkByteOrder(file, entry); !order)
                return order;
        } else if (entry.name.starts_with(folder + "/data/") &&
                   !content.storages
                        .emplace(entry.name.substr(folder.size() + 6),
                                 Range{entry.offset, entry.bytes, entry.crc32})
                        .second)
            return bad("the archive has two entries of one name");
    }
    if (object == nullptr)
        return fail(ErrorCode::UnsupportedFormat,
                    "The zip file holds no data.pkl: torch.save() did not write it.");
    if (object->bytes > pickle::kMaxBytes)
        return fail(ErrorCode::TooLarge, "The pickle in the file is larger than 16 MB.");
    Result<std::string> bytes = head(file, object->offset, object->bytes);
    if (!bytes)
        return tl::unexpected(bytes.error());
    if (checksum(reinterpret_cast<const std::byte*>(bytes->data()), bytes->size()) != object->crc32)
        return bad("the checksum of its pickle is wrong; it is damaged");
    content.bytes = std::move(*bytes);
    return readObject(content, 0);
}

// A big-endian machine writes {'little_endian': False, …} as the third pickle.
Result<std::size_t> readSystemInfo(const std::string& bytes) {
    const Result<pickle::Pickle> info = pickle::read(bytes, kLegacyMagic.size());
    if (!info)
        return tl::unexpected(info.error());
    const pickle::Ref* little = info->find(info->root, "little_endian");
    const bool* isLittle = little == nullptr ? nullptr : info->as<bool>(*little);
    if (isLittle == nullptr || !*isLittle)
        return fail(ErrorCode::UnsupportedFormat, "The weights were saved on a big-endian machine.");
    return info->end;
}

// Element size by key, of every storage that the object names.
Result<std::map<std::string_view, std::size_t>> elementSizes(const pickle::Pickle& object) {
    std::map<std::string_view, std::size_t> sizes;
    for (const pickle::Value& value : object.values) {
        const auto* storage = std::get_if<pickle::Storage>(&value);
        if (storage == nullptr)
            continue;
        const auto [known, isNew] = sizes.emplace(storage->key, elementBytes(storage->type));
        if (!isNew && known->second != elementBytes(storage->type))
            return bad("a storage is used with elements of different sizes");
    }
    return sizes;
}

// Behind the list of keys, for each: its number of elements, and they themselves.
Result<void> findLegacyStorages(File& file, Content& content) {
    const Result<pickle::Pickle> keys = pickle::read(content.bytes, content.object.end);
    if (!keys)
        return tl::unexpected(keys.error());
    const auto* list = keys->as<pickle::List>(keys->root);
    if (list == nullptr)
        return bad("its list of storages is missing");
    const auto sizes = elementSizes(content.object);
    if (!sizes)
        return tl::unexpected(sizes.error());
    std::uint64_t at = keys->end;
    for (const pickle::Ref item : list->items) {
        const auto* key = keys->as<pickle::Text>(item);
        const auto size = key == nullptr ? sizes->end() : sizes->find(key->bytes);
        if (size == sizes->end())
            return bad("it has a storage that no tensor names");
        std::int64_t count = 0;
        if (file.bytes - at < sizeof count)
            return bad("it is cut short");
        if (Result<void> read = readInto(file, at, reinterpret_cast<char*>(&count), sizeof count); !read)
            return read;
        at += sizeof count;
        if (count < 0 || static_cast<std::uint64_t>(count) > (file.bytes - at) / size->second)
            return bad("it is cut short, or a storage is longer than the file");
        const std::uint64_t bytes = static_cast<std::uint64_t>(count) * size->second;
        if (!content.storages.emplace(key->bytes, Range{at, bytes, {}}).second)
            return bad("it has a storage twice");
        at += bytes;
    }
    return {};
}

Result<void> readLegacy(File& file, Content& content) {
    Result<std::string> bytes = head(file, 0, pickle::kMaxBytes);
    if (!bytes)
        return tl::unexpected(bytes.error());
    content.bytes = std::move(*bytes);
    const Result<std::size_t> objectAt = readSystemInfo(content.bytes);
    if (!objectAt)
        return tl::unexpected(objectAt.error());
    return readObject(content, *objectAt).and_then([&] { return findLegacyStorages(file, content); });
}

// The dictionary with the tensors: the object itself, or one level below.
Result<const pickle::Dict*> stateDict(const pickle::Pickle& object) {
    const auto* root = object.as<pickle::Dict>(object.root);
    if (root == nullptr)
        return bad("it holds something else than a dictionary of tensors");
    for (const std::string_view key : kStateKeys) {
        const pickle::Ref* inner = object.find(object.root, key);
        const auto* dict = inner == nullptr ? nullptr : object.as<pickle::Dict>(*inner);
        if (dict != nullptr)
            return dict;
    }
    return root;
}

class StorageReader {
public:
    StorageReader(File& file, const Content& content) : m_file(file), m_content(content) {}

    Result<std::shared_ptr<const std::byte[]>> read(const pickle::Storage& storage) {
        if (const auto known = m_read.find(storage.key); known != m_read.end())
            return known->second;
        const auto found = m_content.storages.find(storage.key);
        const std::size_t size = elementBytes(storage.type);
        if (found == m_content.storages.end())
            return bad("a storage that a tensor names is missing");
        const Range& range = found->second;
        if (range.bytes % size != 0 || range.bytes / size != storage.count)
            return bad("a storage has " + std::to_string(range.bytes) + " bytes where " +
                       std::to_string(storage.count) + " elements are described");
        auto bytes = std::make_shared_for_overwrite<std::byte[]>(range.bytes);
        if (Result<void> read =
                readInto(m_file, range.offset, reinterpret_cast<char*>(bytes.get()), range.bytes);
            !read)
            return tl::unexpected(read.error());
        if (range.crc32 && checksum(bytes.get(), range.bytes) != *range.crc32)
            return bad("a checksum is wrong; the file is damaged");
        return m_read.emplace(storage.key, std::move(bytes)).first->second;
    }

private:
    File& m_file;
    const Content& m_content;
    std::map<std::string, std::shared_ptr<const std::byte[]>, std::less<>> m_read;
};

// A network's tensors share no storage; a file whose tensors together are larger than itself is no network's.
Result<void> checkTotal(const std::vector<RawTensor>& tensors, std::uint64_t fileBytes) {
    std::uint64_t left = fileBytes;
    for (const RawTensor& tensor : tensors) {
        std::uint64_t elements = 1;
        for (const std::int64_t side : tensor.shape)
            elements *= static_cast<std::uint64_t>(side); // no overflow: at most the storage's count
        if (elements > left / elementBytes(tensor.type))
            return fail(ErrorCode::TooLarge, "The tensors in the file are together larger than the file.");
        left -= elements * elementBytes(tensor.type);
    }
    return {};
}

bool isTensorName(const pickle::Text& name) {
    return !name.bytes.empty() && name.bytes.size() <= 256 &&
           std::ranges::all_of(name.bytes, [](char c) { return c > ' ' && c <= '~'; });
}

// Names, shapes and storages; no bytes yet.
Result<std::vector<RawTensor>> describedTensors(const pickle::Pickle& object, const pickle::Dict& dict) {
    std::vector<RawTensor> tensors;
    std::set<std::string_view> names;
    for (const auto& [key, value] : dict.items) {
        const auto* name = object.as<pickle::Text>(key);
        if (name == nullptr || !isTensorName(*name))
            return bad("a tensor's name makes no sense");
        const auto* tensor = object.as<pickle::Tensor>(value);
        if (tensor == nullptr)
            return bad("'" + std::string(name->bytes) + "' is no tensor");
        if (!names.insert(name->bytes).second)
            return bad("'" + std::string(name->bytes) + "' is there twice");
        tensors.push_back({std::string(name->bytes), object.as<pickle::Storage>(tensor->storage)->type,
                           tensor->shape, tensor->strides, tensor->offset, nullptr});
    }
    return tensors;
}

Result<std::vector<RawTensor>> tensorsOf(File& file, const Content& content) {
    const pickle::Pickle& object = content.object;
    const Result<const pickle::Dict*> dict = stateDict(object);
    if (!dict)
        return tl::unexpected(dict.error());
    Result<std::vector<RawTensor>> tensors = describedTensors(object, **dict);
    if (!tensors)
        return tensors;
    if (Result<void> total = checkTotal(*tensors, file.bytes); !total)
        return tl::unexpected(total.error());
    StorageReader reader(file, content);
    for (std::size_t i = 0; i < tensors->size(); ++i) {
        const auto* tensor = object.as<pickle::Tensor>((*dict)->items[i].second);
        auto storage = reader.read(*object.as<pickle::Storage>(tensor->storage));
        if (!storage)
            return tl::unexpected(storage.error());
        (*tensors)[i].storage = std::move(*storage);
    }
    return tensors;
}

Result<std::vector<RawTensor>> readFile(const fs::path& path) {
    Result<File> file = opened(path);
    if (!file)
        return tl::unexpected(file.error());
    const Result<std::string> magic = head(*file, 0, kLegacyMagic.size());
    if (!magic)
        return tl::unexpected(magic.error());
    Content content;
    Result<void> read;
    if (magic->starts_with(kZipMagic))
        read = readZip(*file, content);
    else if (*magic == kLegacyMagic)
        read = readLegacy(*file, content);
    else
        return fail(ErrorCode::UnsupportedFormat,
                    "This is no file that torch.save() wrote in PyTorch 0.1.10 or later.");
    if (!read)
        return tl::unexpected(read.error());
    return tensorsOf(*file, content);
}

} // namespace

bool looksLikePickledWeights(const fs::path& file) {
    std::error_code error;
    if (!fs::is_regular_file(file, error))
        return false;
    std::ifstream stream(file, std::ios::binary);
    std::string magic(kLegacyMagic.size(), '\0');
    stream.read(magic.data(), static_cast<std::streamsize>(magic.size()));
    return magic.starts_with(kZipMagic) || magic.starts_with(kLegacyMagic.substr(0, 2));
}

Result<std::vector<RawTensor>> readPickledWeights(const fs::path& file) {
    try {
        return readFile(file).map_error([&](Error error) {
            error.context = file.string();
            return error;
        });
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory for the file's tensors.",
                    file.string());
    }
}

} // namespace hilum
