#include "core/network/ModelFile.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <nlohmann/json.hpp>
#include <torch/utils.h>

#include "core/graph/Shapes.h"
#include "core/network/CardJson.h"
#include "core/storage/AtomicFile.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;

constexpr int kFormatVersion = 1;
constexpr std::string_view kVersionKey = "hilum.format_version";
constexpr std::string_view kCardKey = "hilum.card";
constexpr std::string_view kReferenceKey = "hilum.reference_logits";
constexpr int kReferenceSizePx = 64;
constexpr int kLargeReferenceSizePx = 128; // for a network that a smaller input is too small for
// Different processors round differently; a wrong weight or a wrong mean shows far above this.
constexpr double kReferenceTolerance = 2e-3;

// The reference input, before normalisation: a zone plate, value (x² + 3y² + 5xy) mod 256, every plane alike.
at::Tensor referenceInput(const Preprocessing& preprocessing, int sizePx) {
    const auto planes = static_cast<std::int64_t>(preprocessing.mean.size());
    at::Tensor input = at::empty({1, planes, sizePx, sizePx}, at::kFloat);
    float* out = input.data_ptr<float>();
    for (std::size_t plane = 0; plane < preprocessing.mean.size(); ++plane) {
        for (int y = 0; y < sizePx; ++y) {
            for (int x = 0; x < sizePx; ++x) {
                const int value = (x * x + 3 * y * y + 5 * x * y) % 256;
                *out++ = (static_cast<float>(value) / 255.0F - preprocessing.mean[plane]) /
                         preprocessing.standardDeviation[plane];
            }
        }
    }
    return input;
}

int referenceSizePx(const Graph& graph) {
    const std::vector<Extent> extents = extentsOf(graph, kReferenceSizePx);
    return extents[static_cast<std::size_t>(graph.featureMap)] == Extent() ? kLargeReferenceSizePx : kReferenceSizePx;
}

std::vector<double> referenceLogits(Network& network, const Preprocessing& preprocessing) {
    const c10::InferenceMode inference;
    const at::Tensor logits = network.forward(referenceInput(preprocessing, referenceSizePx(network.graph()))).to(at::kDouble).contiguous();
    return {logits.data_ptr<double>(), logits.data_ptr<double>() + logits.numel()};
}

Result<ModelCard> cardFromMetadata(const fs::path& file, const std::map<std::string, std::string>& metadata) {
    const auto version = metadata.find(std::string(kVersionKey));
    const auto card = metadata.find(std::string(kCardKey));
    if (version == metadata.end() || card == metadata.end())
        return fail(ErrorCode::BadModelFile,
                    "The file holds tensors, but no Hilum model card; it was not written by Hilum.", file.string());
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

Result<void> checkReference(const std::string& recorded, Network& network, const Preprocessing& preprocessing) {
    const nlohmann::json json = nlohmann::json::parse(recorded, nullptr, false);
    const std::vector<double> found = referenceLogits(network, preprocessing);
    if (!json.is_array() || json.size() != found.size() ||
        !std::ranges::all_of(json, [](const auto& value) { return value.is_number(); }))
        return fail(ErrorCode::BadModelFile, "The model file's reference logits are missing or malformed.");
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double expected = json[i].get<double>();
        const double difference = std::abs(found[i] - expected);
        if (!(difference <= kReferenceTolerance * (1.0 + std::abs(expected))))
            return fail(ErrorCode::BadModelFile,
                        "The network's output on the reference input differs from the recorded one by " +
                            std::to_string(difference) + "; the model cannot be trusted on this machine.");
    }
    return {};
}

std::string listed(const std::vector<std::string>& differences) {
    constexpr std::size_t kMost = 6;
    std::string text;
    for (std::size_t i = 0; i < std::min(kMost, differences.size()); ++i)
        text += (i == 0 ? "" : "; ") + differences[i];
    if (differences.size() > kMost)
        text += "; and " + std::to_string(differences.size() - kMost) + " more";
    return text;
}

std::string shapeText(const at::Tensor& tensor) {
    std::string text;
    for (const std::int64_t side : tensor.sizes())
        text += (text.empty() ? "" : "×") + std::to_string(side);
    return text.empty() ? "scalar" : text;
}

Result<LoadedModel> build(const fs::path& file, SafeTensors content) {
    Result<ModelCard> card = cardFromMetadata(file, content.metadata);
    if (!card)
        return tl::unexpected(card.error());
    Result<std::shared_ptr<Network>> network =
        makeNetwork(card->architecture, static_cast<int>(card->labels.size()),
                    static_cast<int>(card->preprocessing.mean.size()), Weights::Undefined);
    if (!network)
        return fail(ErrorCode::BadModelFile, "The model card names a network that Hilum does not have.",
                    card->architecture);
    (*network)->eval();
    if (Result<void> loaded = loadState(**network, content.tensors); !loaded)
        return tl::unexpected(loaded.error());
    for (at::Tensor& parameter : (*network)->parameters())
        parameter.set_requires_grad(false);
    const Result<void> verified =
        checkReference(content.metadata[std::string(kReferenceKey)], **network, card->preprocessing);
    if (!verified)
        return tl::unexpected(verified.error());
    Result<std::string> sha256 = sha256OfFile(file);
    if (!sha256)
        return tl::unexpected(sha256.error());
    return LoadedModel{std::move(*card), std::move(*sha256), std::move(*network)};
}

} // namespace

std::vector<std::pair<std::string, at::Tensor>> stateOf(const Network& network) {
    std::vector<std::pair<std::string, at::Tensor>> state;
    for (const auto& item : network.named_parameters())
        state.emplace_back(item.key(), item.value().detach());
    for (const auto& item : network.named_buffers())
        state.emplace_back(item.key(), item.value());
    return state;
}

std::vector<std::string> stateDifferences(const Network& network,
                                          const std::vector<std::pair<std::string, at::Tensor>>& tensors) {
    std::map<std::string, at::Tensor> given(tensors.begin(), tensors.end());
    std::vector<std::string> differences;
    if (given.size() < tensors.size())
        differences.emplace_back("two tensors have the same name");
    for (const auto& [name, target] : stateOf(network)) {
        const auto found = given.find(name);
        if (found == given.end()) {
            if (!name.ends_with("num_batches_tracked"))
                differences.push_back("'" + name + "' is missing");
            continue;
        }
        const at::Tensor& source = found->second;
        if (source.sizes() != target.sizes())
            differences.push_back("'" + name + "' is " + shapeText(source) + " instead of " + shapeText(target));
        else if (source.is_floating_point() && !at::isfinite(source).all().item<bool>())
            differences.push_back("'" + name + "' holds values that are not finite");
        given.erase(found);
    }
    for (const auto& [name, tensor] : given)
        differences.push_back("'" + name + "' is not part of the network");
    return differences;
}

Result<void> loadState(Network& network, const std::vector<std::pair<std::string, at::Tensor>>& tensors) {
    if (const std::vector<std::string> differences = stateDifferences(network, tensors); !differences.empty())
        return fail(ErrorCode::BadModelFile, "The weights do not fit the network: " + listed(differences) + ".");
    const std::map<std::string, at::Tensor> given(tensors.begin(), tensors.end());
    const torch::NoGradGuard noGrad;
    for (auto& [name, target] : stateOf(network)) {
        if (const auto source = given.find(name); source != given.end())
            target.copy_(source->second);
    }
    return {};
}

Result<void> saveModel(const fs::path& file, const ModelCard& card, Network& network) {
    network.eval();
    const std::vector<double> logits = referenceLogits(network, card.preprocessing);
    if (logits.size() != card.labels.size())
        return fail(ErrorCode::InvalidArgument, "The network and the model card differ in the number of labels.",
                    file.string());
    SafeTensors content;
    content.metadata = {{"format", "pt"},
                        {std::string(kVersionKey), std::to_string(kFormatVersion)},
                        {std::string(kCardKey), cardToJson(card)},
                        {std::string(kReferenceKey), nlohmann::json(logits).dump()}};
    content.tensors = stateOf(network);
    return writeSafeTensors(file, content);
}

Result<LoadedModel> loadModel(const fs::path& file) {
    Result<SafeTensors> content = readSafeTensors(file);
    if (!content)
        return tl::unexpected(content.error());
    try {
        return build(file, std::move(*content)).map_error([&](Error error) {
            if (error.context.empty())
                error.context = file.string();
            return error;
        });
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory for this model.", file.string());
    } catch (const c10::Error& error) {
        return fail(ErrorCode::Internal, error.what_without_backtrace(), file.string());
    }
}

Result<ModelCard> loadModelCard(const fs::path& file) {
    return readSafeTensorsMetadata(file).and_then(
        [&](const std::map<std::string, std::string>& metadata) { return cardFromMetadata(file, metadata); });
}

} // namespace hilum
