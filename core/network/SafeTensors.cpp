#include "core/network/SafeTensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <numeric>
#include <optional>
#include <set>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "core/storage/AtomicFile.h"

namespace hilum {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000; // the format's own limit
constexpr std::string_view kMetadataKey = "__metadata__";

struct DType {
    std::string_view name;
    at::ScalarType type;
};
constexpr std::array<DType, 7> kDTypes{{{"F64", at::kDouble},
                                        {"I64", at::kLong},
                                        {"F32", at::kFloat},
                                        {"I32", at::kInt},
                                        {"F16", at::kHalf},
                                        {"BF16", at::kBFloat16},
                                        {"U8", at::kByte}}};

// One tensor as the header describes it, checked.
struct Entry {
    std::string name;
    at::ScalarType type = at::kFloat;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

struct Header {
    std::map<std::string, std::string> metadata;
    std::vector<Entry> entries; // by position
    std::uint64_t dataOffset = 0;
};

tl::unexpected<Error> bad(const fs::path& file, std::string reason) {
    return fail(ErrorCode::BadModelFile, "Not a valid safetensors file: " + std::move(reason) + ".", file.string());
}

// JSON that begins with '{' and repeats no key; null with a reason otherwise.
std::optional<Json> parseHeader(const std::string& text, std::string& reason) {
    std::vector<std::set<std::string>> open;
    bool repeated = false;
    bool deep = false;
    const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
        deep = deep || depth > 8;
        if (event == Json::parse_event_t::object_start)
            open.emplace_back();
        else if (event == Json::parse_event_t::object_end)
            open.pop_back();
        else if (event == Json::parse_event_t::key)
            repeated = repeated || !open.back().insert(value.get<std::string>()).second;
        return true;
    };
    if (text.empty() || text.front() != '{') {
        reason = "its header does not begin with '{'";
        return std::nullopt;
    }
    Json json = Json::parse(text, watch, false);
    if (json.is_discarded() || deep)
        reason = "its header is not JSON of the expected form";
    else if (repeated)
        reason = "its header names a key twice";
    else
        return json;
    return std::nullopt;
}

std::optional<Entry> parseEntry(const std::string& name, const Json& json) {
    if (!json.is_object() || !json.contains("dtype") || !json.contains("shape") || !json.contains("data_offsets"))
        return std::nullopt;
    const Json& shape = json["shape"];
    const Json& offsets = json["data_offsets"];
    if (!json["dtype"].is_string() || !shape.is_array() || !offsets.is_array() || offsets.size() != 2 ||
        shape.size() > 8 || !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned())
        return std::nullopt;
    const auto type = std::ranges::find(kDTypes, json["dtype"].get<std::string>(), &DType::name);
    if (type == kDTypes.end())
        return std::nullopt;
    Entry entry{name, type->type, {}, offsets[0].get<std::uint64_t>(), offsets[1].get<std::uint64_t>()};
    std::uint64_t bytes = c10::elementSize(entry.type);
    for (const Json& side : shape) {
        if (!side.is_number_unsigned() || side.get<std::uint64_t>() > (1ULL << 40))
            return std::nullopt;
        entry.shape.push_back(side.get<std::int64_t>());
        if (__builtin_mul_overflow(bytes, side.get<std::uint64_t>(), &bytes))
            return std::nullopt;
    }
    if (entry.begin > entry.end || entry.end - entry.begin != bytes)
        return std::nullopt;
    return entry;
}

Result<Header> interpret(const fs::path& file, const Json& json, std::uint64_t dataOffset, std::uint64_t dataBytes) {
    Header header;
    header.dataOffset = dataOffset;
    for (const auto& [name, value] : json.items()) {
        if (name == kMetadataKey) {
            for (const auto& [key, text] : value.items()) {
                if (!text.is_string())
                    return bad(file, "its metadata holds something else than text");
                header.metadata[key] = text.get<std::string>();
            }
            continue;
        }
        std::optional<Entry> entry = parseEntry(name, value);
        if (!entry)
            return bad(file, "the description of tensor '" + name + "' makes no sense");
        header.entries.push_back(std::move(*entry));
    }
    std::ranges::stable_sort(header.entries, {}, &Entry::begin);
    std::uint64_t position = 0;
    for (const Entry& entry : header.entries) {
        if (entry.begin != position)
            return bad(file, "there is a hole or an overlap before tensor '" + entry.name + "'");
        position = entry.end;
    }
    if (position != dataBytes)
        return bad(file, "it holds " + std::to_string(dataBytes) + " bytes of tensors where " +
                             std::to_string(position) + " are described");
    return header;
}

Result<Header> readHeader(const fs::path& file, std::ifstream& stream) {
    std::error_code error;
    if (!fs::exists(file, error))
        return fail(ErrorCode::NotFound, "The file does not exist.", file.string());
    if (!fs::is_regular_file(file, error))
        return fail(ErrorCode::NotReadable, "This is not a file.", file.string());
    const std::uint64_t size = fs::file_size(file, error);
    stream.open(file, std::ios::binary);
    if (!stream || error)
        return fail(ErrorCode::NotReadable, "The file cannot be opened.", file.string());
    std::uint64_t length = 0;
    if (size < sizeof length || !stream.read(reinterpret_cast<char*>(&length), sizeof length))
        return bad(file, "it is too short");
    if (length > size - sizeof length)
        return bad(file, "its header is said to be longer than the file");
    if (length > kMaxHeaderBytes)
        return fail(ErrorCode::TooLarge, "The header of the file is larger than 100 MB.", file.string());
    std::string text(length, '\0');
    if (!stream.read(text.data(), static_cast<std::streamsize>(length)))
        return fail(ErrorCode::NotReadable, "The file cannot be read.", file.string());
    std::string reason;
    const std::optional<Json> json = parseHeader(text, reason);
    if (!json)
        return bad(file, reason);
    return interpret(file, *json, sizeof length + length, size - sizeof length - length);
}

std::string headerText(const SafeTensors& content, const std::vector<at::Tensor>& tensors,
                       const std::vector<std::size_t>& order) {
    Json json = Json::object();
    if (!content.metadata.empty())
        json[std::string(kMetadataKey)] = content.metadata;
    std::uint64_t position = 0;
    for (const std::size_t index : order) {
        const at::Tensor& tensor = tensors[index];
        const auto type = std::ranges::find(kDTypes, tensor.scalar_type(), &DType::type);
        const std::uint64_t end = position + tensor.nbytes();
        json[content.tensors[index].first] = {
            {"dtype", type->name}, {"shape", tensor.sizes().vec()}, {"data_offsets", {position, end}}};
        position = end;
    }
    std::string text = json.dump();
    text.resize((text.size() + 7) / 8 * 8, ' '); // tensors start at a multiple of eight
    return text;
}

} // namespace

Result<void> writeSafeTensors(const fs::path& file, const SafeTensors& content) {
    std::vector<at::Tensor> tensors;
    for (const auto& [name, tensor] : content.tensors) {
        if (std::ranges::find(kDTypes, tensor.scalar_type(), &DType::type) == kDTypes.end())
            return fail(ErrorCode::InvalidArgument, "Tensor '" + name + "' has a type that safetensors lack.",
                        file.string());
        tensors.push_back(tensor.detach().to(at::kCPU).contiguous());
    }
    // Larger elements first, so that every tensor is aligned.
    std::vector<std::size_t> order(tensors.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return tensors[i].element_size(); });

    const std::string header = headerText(content, tensors, order);
    const std::uint64_t length = header.size();
    std::vector<std::string_view> parts{{reinterpret_cast<const char*>(&length), sizeof length}, header};
    for (const std::size_t index : order)
        parts.emplace_back(static_cast<const char*>(tensors[index].data_ptr()), tensors[index].nbytes());
    return writeFileAtomically(file, parts);
}

Result<SafeTensors> readSafeTensors(const fs::path& file) {
    std::ifstream stream;
    Result<Header> header = readHeader(file, stream);
    if (!header)
        return tl::unexpected(header.error());
    SafeTensors content;
    content.metadata = std::move(header->metadata);
    try {
        for (Entry& entry : header->entries) {
            at::Tensor tensor = at::empty(entry.shape, at::TensorOptions().dtype(entry.type));
            if (!stream.read(static_cast<char*>(tensor.data_ptr()), static_cast<std::streamsize>(tensor.nbytes())))
                return fail(ErrorCode::NotReadable, "The file cannot be read.", file.string());
            content.tensors.emplace_back(std::move(entry.name), std::move(tensor));
        }
    } catch (const std::exception&) { // c10::Error, std::bad_alloc
        return fail(ErrorCode::TooLarge, "There is not enough memory for the file's tensors.", file.string());
    }
    return content;
}

Result<std::map<std::string, std::string>> readSafeTensorsMetadata(const fs::path& file) {
    std::ifstream stream;
    Result<Header> header = readHeader(file, stream);
    if (!header)
        return tl::unexpected(header.error());
    return std::move(header->metadata);
}

} // namespace hilum
