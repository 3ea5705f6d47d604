#include "core/network/ModelFile.h"

#include <map>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <torch/utils.h>

#include "core/storage/AtomicFile.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;

std::vector<double> referenceLogits(Network& network, const Preprocessing& preprocessing) {
    const c10::InferenceMode inference;
    const int sizePx = referenceSizePx(network.graph());
    std::vector<float> planes = referencePlanes(preprocessing, sizePx);
    const at::Tensor input = at::from_blob(
        planes.data(), {1, static_cast<std::int64_t>(preprocessing.mean.size()), sizePx, sizePx}, at::kFloat);
    const at::Tensor logits = network.forward(input.to(network.device())).cpu().to(at::kDouble).contiguous();
    return {logits.data_ptr<double>(), logits.data_ptr<double>() + logits.numel()};
}

Result<LoadedModel> build(const fs::path& file, ModelContent content) {
    std::shared_ptr<Network> network = networkOf(content);
    const Result<void> verified =
        checkReferenceLogits(referenceLogits(*network, content.card.preprocessing), content.referenceLogits);
    if (!verified)
        return tl::unexpected(verified.error());
    return sha256OfFile(file).map([&](std::string sha256) {
        return LoadedModel{std::move(content.card), std::move(sha256), std::move(network)};
    });
}

} // namespace

std::shared_ptr<Network> networkOf(const ModelContent& content) {
    auto network = std::make_shared<Network>(content.graph, Weights::Undefined);
    network->eval();
    const TensorIndex tensors = indexOf(content.tensors.tensors);
    const torch::NoGradGuard noGrad;
    for (auto& [name, target] : stateOf(*network)) {
        if (const auto found = tensors.find(name); found != tensors.end())
            target.copy_(toTorch(*found->second));
    }
    for (at::Tensor& parameter : network->parameters())
        parameter.set_requires_grad(false);
    return network;
}

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
            differences.push_back("'" + name + "' is " + shapeText(source.sizes()) + " instead of " +
                                  shapeText(target.sizes()));
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
        return fail(ErrorCode::BadModelFile,
                    "The weights do not fit the network: " + listedDifferences(differences) + ".");
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
        return fail(ErrorCode::InvalidArgument,
                    "The network and the model card differ in the number of labels.", file.string());
    return writeSafeTensors(file, {modelMetadata(card, logits), stateOf(network)});
}

Result<LoadedModel> loadModel(const fs::path& file) {
    Result<ModelContent> content = openModel(file);
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

} // namespace hilum
