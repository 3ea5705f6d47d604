#include "core/model/ModelContent.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include <nlohmann/json.hpp>

#include "core/graph/Networks.h"
#include "core/graph/Shapes.h"
#include "core/model/CardJson.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;
using Metadata = std::map<std::string, std::string>;

constexpr int kFormatVersion = 1;
constexpr const char* kVersionKey = "hilum.format_version";
constexpr const char* kCardKey = "hilum.card";
constexpr const char* kReferenceKey = "hilum.reference_logits";
constexpr int kReferenceSizePx = 64;
constexpr int kLargeReferenceSizePx = 128;
// Different processors round differently; a wrong weight or a wrong mean shows far above this.
constexpr double kReferenceTolerance = 2e-3;

Result<ModelCard> cardFromMetadata(const fs::path& file, const Metadata& metadata) {
    const auto version = metadata.find(kVersionKey);
    const auto card = metadata.find(kCardKey);
    if (version == metadata.end() || card == metadata.end())
        return fail(ErrorCode::BadModelFile,
                    "The file holds tensors, but no Hilum model card; it was not written by Hilum.",
                    file.string());
    if (version->second != std::to_string(kFormatVersion))
        return fail(ErrorCode::UnsupportedVersion,
                    "The model file has format version " + version->second + "; this Hilum reads version " +
                        std::to_string(kFormatVersion) + ".",
                    file.string());
    return cardFromJson(card->second).map_error([&](Error error) {
        error.context = file.string();
        return error;
    });
}

Result<std::vector<double>> referenceFromMetadata(const fs::path& file, const Metadata& metadata) {
    const auto text = metadata.find(kReferenceKey);
    const nlohmann::json json =
        nlohmann::json::parse(text == metadata.end() ? "" : text->second, nullptr, false);
    if (!json.is_array() || !std::ranges::all_of(json, [](const auto& value) { return value.is_number(); }))
        return fail(ErrorCode::BadModelFile, "The model file's reference logits are missing or malformed.",
                    file.string());
    return json.get<std::vector<double>>();
}

// All bits of the exponent set: an infinity or not a number.
template <class Bits>
bool isFinite(std::span<const std::byte> bytes, Bits exponent) {
    bool finite = true;
    for (std::size_t i = 0; i < bytes.size(); i += sizeof(Bits)) {
        Bits bits;
        std::memcpy(&bits, bytes.data() + i, sizeof bits);
        finite = finite && (bits & exponent) != exponent;
    }
    return finite;
}

bool isFinite(const TensorView& tensor) {
    switch (tensor.type) {
    case TensorType::F64:
        return isFinite<std::uint64_t>(tensor.bytes, 0x7FF0'0000'0000'0000);
    case TensorType::F32:
        return isFinite<std::uint32_t>(tensor.bytes, 0x7F80'0000);
    case TensorType::F16:
        return isFinite<std::uint16_t>(tensor.bytes, 0x7C00);
    case TensorType::BF16:
        return isFinite<std::uint16_t>(tensor.bytes, 0x7F80);
    default:
        return true;
    }
}

std::vector<std::string> differencesOf(const Graph& graph, const std::vector<TensorView>& tensors) {
    TensorIndex given = indexOf(tensors);
    std::vector<std::string> differences;
    for (const ParameterShape& expected : parametersOf(graph)) {
        const auto found = given.find(expected.name);
        if (found == given.end()) {
            if (!expected.isCounter)
                differences.push_back("'" + expected.name + "' is missing");
            continue;
        }
        if (found->second->shape != expected.shape)
            differences.push_back("'" + expected.name + "' is " + shapeText(found->second->shape) +
                                  " instead of " + shapeText(expected.shape));
        else if (!isFinite(*found->second))
            differences.push_back("'" + expected.name + "' holds values that are not finite");
        given.erase(found);
    }
    for (const auto& [name, tensor] : given)
        differences.push_back("'" + name + "' is not part of the network");
    return differences;
}

} // namespace

std::string listedDifferences(const std::vector<std::string>& differences) {
    constexpr std::size_t kMost = 6;
    std::string text;
    for (std::size_t i = 0; i < std::min(kMost, differences.size()); ++i)
        text += (i == 0 ? "" : "; ") + differences[i];
    if (differences.size() > kMost)
        text += "; and " + std::to_string(differences.size() - kMost) + " more";
    return text;
}

std::string shapeText(std::span<const std::int64_t> shape) {
    std::string text;
    for (const std::int64_t side : shape)
        text += (text.empty() ? "" : "×") + std::to_string(side);
    return text.empty() ? "scalar" : text;
}

Result<ModelContent> openModel(const fs::path& file) {
    Result<TensorFile> tensors = openTensorFile(file);
    if (!tensors)
        return tl::unexpected(tensors.error());
    Result<ModelCard> card = cardFromMetadata(file, tensors->metadata);
    if (!card)
        return tl::unexpected(card.error());
    Result<Graph> graph = describeNetwork(card->architecture, static_cast<int>(card->labels.size()),
                                          static_cast<int>(card->preprocessing.mean.size()));
    if (!graph)
        return fail(ErrorCode::BadModelFile, "The model card names a network that Hilum does not have.",
                    card->architecture);
    if (const auto differences = differencesOf(*graph, tensors->tensors); !differences.empty())
        return fail(ErrorCode::BadModelFile,
                    "The weights do not fit the network: " + listedDifferences(differences) + ".",
                    file.string());
    Result<std::vector<double>> reference = referenceFromMetadata(file, tensors->metadata);
    if (!reference)
        return tl::unexpected(reference.error());
    return ModelContent{std::move(*card), std::move(*graph), std::move(*reference), std::move(*tensors)};
}

Result<ModelCard> loadModelCard(const fs::path& file) {
    return openTensorFile(file).and_then(
        [&](const TensorFile& content) { return cardFromMetadata(file, content.metadata); });
}

std::map<std::string, std::string> modelMetadata(const ModelCard& card,
                                                 const std::vector<double>& referenceLogits) {
    return {{"format", "pt"},
            {kVersionKey, std::to_string(kFormatVersion)},
            {kCardKey, cardToJson(card)},
            {kReferenceKey, nlohmann::json(referenceLogits).dump()}};
}

int referenceSizePx(const Graph& graph) {
    const bool fits =
        extentsOf(graph, kReferenceSizePx)[static_cast<std::size_t>(graph.featureMap)] != Extent();
    return fits ? kReferenceSizePx : kLargeReferenceSizePx;
}

// Before normalisation a zone plate, value (x² + 3y² + 5xy) mod 256, every plane alike.
std::vector<float> referencePlanes(const Preprocessing& preprocessing, int sizePx) {
    std::vector<float> planes;
    for (std::size_t plane = 0; plane < preprocessing.mean.size(); ++plane) {
        for (int y = 0; y < sizePx; ++y) {
            for (int x = 0; x < sizePx; ++x) {
                const int value = (x * x + 3 * y * y + 5 * x * y) % 256;
                planes.push_back((static_cast<float>(value) / 255.0F - preprocessing.mean[plane]) /
                                 preprocessing.standardDeviation[plane]);
            }
        }
    }
    return planes;
}

Result<void> checkReferenceLogits(std::span<const double> found, const std::vector<double>& recorded) {
    if (found.size() != recorded.size())
        return fail(ErrorCode::BadModelFile, "The model file's reference logits are missing or malformed.");
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double difference = std::abs(found[i] - recorded[i]);
        if (!(difference <= kReferenceTolerance * (1.0 + std::abs(recorded[i]))))
            return fail(ErrorCode::BadModelFile,
                        "The network's output on the reference input differs from the recorded one by " +
                            std::to_string(difference) + "; the model cannot be trusted on this machine.");
    }
    return {};
}

} // namespace hilum
