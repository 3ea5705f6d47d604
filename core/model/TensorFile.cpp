#include "core/model/TensorFile.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "core/storage/AtomicFile.h"

namespace hilum {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000; // the format's own limit
constexpr std::string_view kMetadataKey = "__metadata__";

struct TypeRow {
    TensorType type;
    std::string_view name;
    std::size_t bytes;
};
constexpr std::array<TypeRow, 7> kTypes{{{TensorType::F64, "F64", 8},
                                         {TensorType::I64, "I64", 8},
                                         {TensorType::F32, "F32", 4},
                                         {TensorType::I32, "I32", 4},
                                         {TensorType::F16, "F16", 2},
                                         {TensorType::BF16, "BF16", 2},
                                         {TensorType::U8, "U8", 1}}};

// One tensor as the header describes it, checked.
struct Entry {
    std::string name;
    TensorType type = TensorType::F32;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

tl::unexpected<Error> bad(const fs::path& file, std::string reason) {
    return fail(ErrorCode::BadModelFile, "Not a valid safetensors file: " + std::move(reason) + ".",
                file.string());
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
    if (!json.is_object() || !json.contains("dtype") || !json.contains("shape") ||
        !json.contains("data_offsets"))
        return std::nullopt;
    const Json& shape = json["shape"];
    const Json& offsets = json["data_offsets"];
    if (!json["dtype"].is_string() || !shape.is_array() || !offsets.is_array() || offsets.size() != 2 ||
        shape.size() > 8 || !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned())
        return std::nullopt;
    const auto type = std::ranges::find(kTypes, json["dtype"].get<std::string>(), &TypeRow::name);
    if (type == kTypes.end())
        return std::nullopt;
    Entry entry{name, type->type, {}, offsets[0].get<std::uint64_t>(), offsets[1].get<std::uint64_t>()};
    std::uint64_t bytes = type->bytes;
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

// By position; the tensors fill dataBytes without holes or overlaps.
Result<std::vector<Entry>> parseEntries(const fs::path& file, const Json& json, std::uint64_t dataBytes) {
    std::vector<Entry> entries;
    for (const auto& [name, value] : json.items()) {
        if (name == kMetadataKey)
            continue;
        std::optional<Entry> entry = parseEntry(name, value);
        if (!entry)
            return bad(file, "the description of tensor '" + name + "' makes no sense");
        entries.push_back(std::move(*entry));
    }
    std::ranges::stable_sort(entries, {}, &Entry::begin);
    std::uint64_t position = 0;
    for (const Entry& entry : entries) {
        if (entry.begin != position)
            return bad(file, "there is a hole or an overlap before tensor '" + entry.name + "'");
        position = entry.end;
    }
    if (position != dataBytes)
        return bad(file, "it holds " + std::to_string(dataBytes) + " bytes of tensors where " +
                             std::to_string(position) + " are described");
    return entries;
}

Result<TensorFile> interpret(const fs::path& file, const Json& json, std::span<const std::byte> data) {
    TensorFile content;
    if (json.contains(kMetadataKey)) {
        for (const auto& [key, text] : json[std::string(kMetadataKey)].items()) {
            if (!text.is_string())
                return bad(file, "its metadata holds something else than text");
            content.metadata[key] = text.get<std::string>();
        }
    }
    Result<std::vector<Entry>> entries = parseEntries(file, json, data.size());
    if (!entries)
        return tl::unexpected(entries.error());
    for (Entry& entry : *entries)
        content.tensors.push_back({std::move(entry.name), entry.type, std::move(entry.shape),
                                   data.subspan(entry.begin, entry.end - entry.begin)});
    return content;
}

std::string headerText(const std::map<std::string, std::string>& metadata,
                       const std::vector<TensorView>& tensors, const std::vector<std::size_t>& order) {
    Json json = Json::object();
    if (!metadata.empty())
        json[std::string(kMetadataKey)] = metadata;
    std::uint64_t position = 0;
    for (const std::size_t index : order) {
        const TensorView& tensor = tensors[index];
        const std::uint64_t end = position + tensor.bytes.size();
        json[tensor.name] = {{"dtype", tensorTypeName(tensor.type)},
                             {"shape", tensor.shape},
                             {"data_offsets", {position, end}}};
        position = end;
    }
    std::string text = json.dump();
    text.resize((text.size() + 7) / 8 * 8, ' '); // tensors start at a multiple of eight
    return text;
}

const TypeRow& rowOf(TensorType type) { return *std::ranges::find(kTypes, type, &TypeRow::type); }

// IEEE 754 binary16.
float halfToFloat(std::uint16_t bits) {
    const int exponent = bits >> 10 & 31;
    const int fraction = bits & 1023;
    const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
    if (exponent == 31)
        return fraction == 0 ? sign * std::numeric_limits<float>::infinity()
                             : std::numeric_limits<float>::quiet_NaN();
    if (exponent == 0)
        return sign * std::ldexp(static_cast<float>(fraction), -24);
    return sign * std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
}

float bfloatToFloat(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

template <class Stored, class Convert>
std::vector<float> converted(std::span<const std::byte> bytes, const Convert& convert) {
    std::vector<float> values(bytes.size() / sizeof(Stored));
    for (std::size_t i = 0; i < values.size(); ++i) {
        Stored stored;
        std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
        values[i] = convert(stored);
    }
    return values;
}

} // namespace

std::string_view tensorTypeName(TensorType type) { return rowOf(type).name; }
std::size_t tensorTypeBytes(TensorType type) { return rowOf(type).bytes; }

TensorIndex indexOf(const std::vector<TensorView>& tensors) {
    TensorIndex index;
    for (const TensorView& tensor : tensors)
        index.emplace(tensor.name, &tensor);
    return index;
}

Result<TensorFile> openTensorFile(const fs::path& file) {
    Result<std::shared_ptr<const MappedFile>> mapped = MappedFile::open(file);
    if (!mapped)
        return tl::unexpected(mapped.error());
    const std::span<const std::byte> bytes = (*mapped)->bytes();
    std::uint64_t length = 0;
    if (bytes.size() < sizeof length)
        return bad(file, "it is too short");
    std::memcpy(&length, bytes.data(), sizeof length);
    if (length > bytes.size() - sizeof length)
        return bad(file, "its header is said to be longer than the file");
    if (length > kMaxHeaderBytes)
        return fail(ErrorCode::TooLarge, "The header of the file is larger than 100 MB.", file.string());
    const std::string text(reinterpret_cast<const char*>(bytes.data()) + sizeof length, length);
    std::string reason;
    const std::optional<Json> json = parseHeader(text, reason);
    if (!json)
        return bad(file, reason);
    Result<TensorFile> content = interpret(file, *json, bytes.subspan(sizeof length + length));
    if (content)
        content->file = std::move(*mapped);
    return content;
}

Result<void> writeTensorFile(const fs::path& file, const std::map<std::string, std::string>& metadata,
                             const std::vector<TensorView>& tensors) {
    std::vector<std::size_t> order(tensors.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater{},
                             [&](std::size_t i) { return tensorTypeBytes(tensors[i].type); });
    const std::string header = headerText(metadata, tensors, order);
    const std::uint64_t length = header.size();
    std::vector<std::string_view> parts{{reinterpret_cast<const char*>(&length), sizeof length}, header};
    for (const std::size_t index : order) {
        const std::span<const std::byte> bytes = tensors[index].bytes;
        parts.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    return writeFileAtomically(file, parts);
}

std::vector<float> toFloats(const TensorView& tensor) {
    const auto cast = [](auto value) { return static_cast<float>(value); };
    switch (tensor.type) {
    case TensorType::F64:
        return converted<double>(tensor.bytes, cast);
    case TensorType::I64:
        return converted<std::int64_t>(tensor.bytes, cast);
    case TensorType::F32:
        return converted<float>(tensor.bytes, cast);
    case TensorType::I32:
        return converted<std::int32_t>(tensor.bytes, cast);
    case TensorType::F16:
        return converted<std::uint16_t>(tensor.bytes, halfToFloat);
    case TensorType::BF16:
        return converted<std::uint16_t>(tensor.bytes, bfloatToFloat);
    case TensorType::U8:
        return converted<std::uint8_t>(tensor.bytes, cast);
    }
    return {};
}

} // namespace hilum
