#include "training/NetworkState.h"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/utils.h>

#include "core/network/ModelFile.h"
#include "core/network/WeightFile.h"
#include "training/LayerBlocks.h"

namespace hilum {
namespace {

bool startsWithAny(const std::string& name, const std::vector<std::string>& prefixes) {
    return std::ranges::any_of(prefixes, [&](const std::string& prefix) { return name.starts_with(prefix); });
}

void useLayout(Network& network, at::MemoryFormat format) {
    for (at::Tensor& parameter : network.parameters()) {
        if (parameter.dim() == 4)
            parameter.set_data(parameter.detach().contiguous(format));
    }
}

} // namespace

WeightState copyOfState(const Network& network) {
    WeightState state;
    for (const auto& [name, tensor] : stateOf(network))
        state.emplace_back(name, tensor.detach().clone(at::MemoryFormat::Contiguous));
    return state;
}

void restoreState(Network& network, const WeightState& state) {
    const torch::NoGradGuard noGrad;
    const WeightState targets = stateOf(network);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        at::Tensor target = targets[i].second;
        target.copy_(state[i].second);
    }
}

Result<WeightState> inOrderOf(const Network& network, const WeightState& stored) {
    std::map<std::string, at::Tensor> byName(stored.begin(), stored.end());
    WeightState ordered;
    for (const auto& [name, own] : stateOf(network)) {
        const auto found = byName.find(name);
        if (found == byName.end() || found->second.sizes() != own.sizes() ||
            found->second.scalar_type() != own.scalar_type())
            return fail(ErrorCode::BadModelFile, "The state of the training belongs to another network.",
                        name);
        ordered.emplace_back(name, found->second);
    }
    return ordered;
}

WeightAverage::WeightAverage(const Network& network, double decay) : m_decay(decay) {
    for (const auto& [name, tensor] : stateOf(network))
        m_state.emplace_back(name, tensor.detach().clone());
}

void WeightAverage::restore(const WeightState& state, long updates) {
    const torch::NoGradGuard noGrad;
    m_updates = updates;
    for (std::size_t i = 0; i < m_state.size(); ++i)
        m_state[i].second.copy_(state[i].second); // keeps its layout
}

void WeightAverage::update(const Network& network) {
    const torch::NoGradGuard noGrad;
    const double n = static_cast<double>(++m_updates);
    const double decay = std::min(m_decay, (1 + n) / (10 + n));
    const WeightState live = stateOf(network);
    for (std::size_t i = 0; i < live.size(); ++i) {
        at::Tensor& average = m_state[i].second;
        if (average.is_floating_point())
            average.lerp_(live[i].second, 1 - decay);
        else
            average.copy_(live[i].second);
    }
}

std::vector<std::string> trainablePrefixes(const Network& network, Trainable part) {
    if (part == Trainable::All)
        return {""};
    std::vector<std::string> prefixes = network.headPrefixes();
    if (part == Trainable::LastBlockAndHead) {
        for (const std::string& prefix : network.lastBlockPrefixes())
            prefixes.push_back(prefix);
    }
    return prefixes;
}

void applyTrainable(Network& network, Trainable part, int lastBlock) {
    const std::vector<std::string> prefixes = trainablePrefixes(network, part);
    const std::map<std::string, int> blocks = blocksOf(network.graph());
    for (auto& item : network.named_parameters())
        item.value().set_requires_grad(startsWithAny(item.key(), prefixes) &&
                                       blocks.at(item.key()) <= lastBlock);
}

void enterTrainingMode(Network& network) {
    network.train();
    for (const auto& module : network.modules(false)) {
        auto* norm = module->as<torch::nn::BatchNorm2d>();
        if (norm != nullptr && !norm->weight.requires_grad())
            norm->eval();
    }
}

void useChannelsLast(Network& network) { useLayout(network, at::MemoryFormat::ChannelsLast); }
void useContiguous(Network& network) { useLayout(network, at::MemoryFormat::Contiguous); }

Result<LoadedWeights> loadInitialWeights(Network& network, const std::filesystem::path& file,
                                         std::string_view networkName) {
    auto content = readWeightFile(file, networkName);
    if (!content)
        return tl::unexpected(content.error());
    std::map<std::string, at::Tensor> current;
    for (const auto& [name, tensor] : stateOf(network))
        current.emplace(name, tensor);
    LoadedWeights report;
    const std::vector<std::string>& head = network.headPrefixes();
    for (auto& [name, tensor] : content->tensors) {
        const auto own = current.find(name);
        if (own != current.end() && startsWithAny(name, head) && own->second.sizes() != tensor.sizes()) {
            report.skipped.push_back(name);
            tensor = own->second.clone();
        }
    }
    report.loaded = content->tensors.size() - report.skipped.size();
    if (auto loaded = loadState(network, content->tensors); !loaded) {
        loaded.error().context = file.string();
        return tl::unexpected(loaded.error());
    }
    return report;
}

} // namespace hilum
