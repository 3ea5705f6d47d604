#include "core/inference/ImportWeights.h"

#include <map>

#include <ATen/ATen.h>
#include <c10/util/Exception.h>

#include "core/domain/UtcNow.h"
#include "core/network/ModelFile.h"
#include "core/network/Network.h"
#include "core/network/WeightFile.h"
#include "core/storage/AtomicFile.h"

namespace hilum {
namespace {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

// A side of the weight of a graph's first or last layer, as the file has it; the fallback where it is not
// there.
int sideOf(const NamedTensors& tensors, const std::string& layer, std::int64_t side, int fallback) {
    for (const auto& [name, tensor] : tensors) {
        if (name == layer + ".weight" && tensor.dim() > side && tensor.size(side) <= 100'000)
            return static_cast<int>(tensor.size(side));
    }
    return fallback;
}

std::string nameOf(const Operation& operation) {
    if (const auto* convolution = std::get_if<op::Convolution>(&operation))
        return convolution->name;
    const auto* linear = std::get_if<op::Linear>(&operation);
    return linear == nullptr ? std::string() : linear->name;
}

// The layer with a row for every output.
std::string lastLayer(const Graph& graph) {
    NodeId id = graph.logits;
    while (nameOf(graph.node(id).operation).empty())
        id = graph.node(id).inputs[0];
    return nameOf(graph.node(id).operation);
}

Result<void> checkLabels(const ImportRequest& request, const WeightFile& weights, int outputs) {
    if (request.labels.empty())
        return {};
    if (weights.endsWithSigmoid)
        return fail(ErrorCode::InvalidArgument,
                    "This head gives every label a probability of its own, where a Hilum model has "
                    "probabilities that "
                    "sum to one. Import without labels, and fine-tune from the result.",
                    request.file.string());
    if (static_cast<int>(request.labels.size()) != outputs)
        return fail(ErrorCode::InvalidArgument,
                    "The head has " + std::to_string(outputs) + " outputs, and " +
                        std::to_string(request.labels.size()) +
                        " labels are given. Import without labels, and fine-tune from the result.",
                    request.file.string());
    return {};
}

Result<ModelCard> cardOf(const ImportRequest& request, const std::string& sha256) {
    ModelCard card;
    card.name = request.name.empty() ? request.file.stem().string() : request.name;
    card.version = "1";
    card.architecture = request.network;
    card.labels = request.labels;
    card.createdUtc = utcNow();
    card.trainingCommand = request.command;
    card.trainingData =
        "unknown; imported from " + request.file.filename().string() + " (SHA-256 " + sha256 + ")";
    card.limits = {"Imported weights: Hilum has not evaluated them."};
    if (request.preprocessing) {
        card.preprocessing = *request.preprocessing;
        return card;
    }
    return publishedPreprocessing(request.network).map([&](const Preprocessing& preprocessing) {
        card.preprocessing = preprocessing;
        return card;
    });
}

Result<void> write(const ImportRequest& request, Network& network) {
    const Result<std::string> sha256 = sha256OfFile(request.file);
    if (!sha256)
        return tl::unexpected(sha256.error());
    if (!request.labels.empty())
        return cardOf(request, *sha256).and_then([&](const ModelCard& card) {
            return saveModel(request.out, card, network);
        });
    SafeTensors content;
    content.metadata = {{"format", "pt"},
                        {"hilum.architecture", request.network},
                        {"hilum.source", request.file.filename().string()},
                        {"hilum.source_sha256", *sha256}};
    content.tensors = stateOf(network);
    return writeSafeTensors(request.out, content);
}

Result<ImportOutcome> import(const ImportRequest& request) {
    const NetworkInfo* info = findNetwork(request.network);
    if (info == nullptr)
        return fail(ErrorCode::InvalidArgument, "There is no network of that name.", request.network);
    const Result<WeightFile> weights = readWeightFile(request.file, request.network);
    if (!weights)
        return tl::unexpected(weights.error());
    const Graph sketch = info->describe(2, info->inputPlanes);
    const int outputs = sideOf(weights->tensors, lastLayer(sketch), 0, 2);
    const int planes = sideOf(weights->tensors, nameOf(sketch.node(1).operation), 1, info->inputPlanes);
    const auto network = makeNetwork(request.network, outputs, planes, Weights::Undefined);
    if (!network)
        return tl::unexpected(network.error());
    ImportOutcome outcome{stateDifferences(**network, weights->tensors), stateOf(**network).size(), outputs,
                          !request.labels.empty()};
    if (!outcome.differences.empty())
        return outcome;
    return checkLabels(request, *weights, outputs)
        .and_then([&] { return loadState(**network, weights->tensors); })
        .and_then([&] { return write(request, **network); })
        .map([&] { return outcome; });
}

} // namespace

Result<ImportOutcome> importWeights(const ImportRequest& request) {
    try {
        return import(request);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory for these weights.",
                    request.file.string());
    } catch (const c10::Error& error) {
        return fail(ErrorCode::Internal, error.what_without_backtrace(), request.file.string());
    }
}

Result<Preprocessing> publishedPreprocessing(const std::string& network) {
    const NetworkInfo* info = findNetwork(network);
    if (info == nullptr)
        return fail(ErrorCode::InvalidArgument, "There is no network of that name.", network);
    Preprocessing preprocessing;
    preprocessing.inputSizePx = info->inputSizePx;
    const auto planes = static_cast<std::ptrdiff_t>(info->inputPlanes);
    const Normalisation& normalisation = info->normalisation;
    preprocessing.mean.assign(normalisation.mean.begin(), normalisation.mean.begin() + planes);
    preprocessing.standardDeviation.assign(normalisation.deviation.begin(),
                                           normalisation.deviation.begin() + planes);
    return preprocessing;
}

} // namespace hilum
