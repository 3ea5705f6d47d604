#include "training/Optimiser.h"

#include <cmath>
#include <map>
#include <sstream>
#include <type_traits>

#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>
#include <torch/utils.h>

#include "training/LayerBlocks.h"

namespace hilum {
namespace {

namespace optim = torch::optim;

// Options of one group; kind decides the type.
std::unique_ptr<optim::OptimizerOptions> groupOptions(const OptimiserConfig& config, double weightDecay) {
    switch (config.kind) {
    case OptimiserKind::Adam:
        return std::make_unique<optim::AdamOptions>(
            optim::AdamOptions(config.learningRate).weight_decay(weightDecay));
    case OptimiserKind::AdamW:
        return std::make_unique<optim::AdamWOptions>(
            optim::AdamWOptions(config.learningRate).weight_decay(weightDecay));
    case OptimiserKind::Sgd:
        break;
    }
    return std::make_unique<optim::SGDOptions>(
        optim::SGDOptions(config.learningRate).momentum(config.momentum).weight_decay(weightDecay));
}

// Parameters that learn at one rate and lose weight alike.
struct Group {
    double rateFactor = 1;
    double weightDecay = 0;
    std::vector<at::Tensor> parameters;
};

std::vector<Group> groupsOf(const Network& network, const OptimiserConfig& config) {
    const std::map<std::string, int> blocks = blocksOf(network.graph());
    std::map<std::pair<int, bool>, Group> groups; // by block, and whether weight does not decay
    for (const auto& item : network.named_parameters()) {
        const at::Tensor& parameter = item.value();
        if (!parameter.requires_grad())
            continue;
        const int block = config.layerDecay < 1 ? blocks.at(item.key()) : 0;
        const bool decays = parameter.dim() > 1;
        Group& group = groups[{block, !decays}];
        group.rateFactor = std::pow(config.layerDecay, block);
        group.weightDecay = decays ? config.weightDecay : 0;
        group.parameters.push_back(parameter);
    }
    std::vector<Group> ordered;
    for (auto& [place, group] : groups)
        ordered.push_back(std::move(group));
    return ordered;
}

std::unique_ptr<optim::Optimizer> makeOptimiser(const std::vector<Group>& parts,
                                                const OptimiserConfig& config) {
    std::vector<optim::OptimizerParamGroup> groups;
    for (const Group& part : parts)
        groups.emplace_back(part.parameters, groupOptions(config, part.weightDecay));
    switch (config.kind) {
    case OptimiserKind::Adam:
        return std::make_unique<optim::Adam>(groups, optim::AdamOptions(config.learningRate));
    case OptimiserKind::AdamW:
        return std::make_unique<optim::AdamW>(groups, optim::AdamWOptions(config.learningRate));
    case OptimiserKind::Sgd:
        break;
    }
    return std::make_unique<optim::SGD>(groups, optim::SGDOptions(config.learningRate));
}

// Under which LibTorch keeps the state of a parameter: up to 1.13 its address as text, later the address.
template <class Key>
Key stateKey(const at::Tensor& parameter) {
    if constexpr (std::is_same_v<Key, std::string>) {
        std::ostringstream text;
        text << parameter.unsafeGetTensorImpl();
        return text.str();
    } else {
        return parameter.unsafeGetTensorImpl();
    }
}
using States = std::decay_t<decltype(std::declval<optim::Optimizer&>().state())>;

// The tensors of one parameter's state by name.
using Named = std::vector<std::pair<const char*, at::Tensor>>;

template <class AdamState>
Named adamTensors(const AdamState& state) {
    return {{"step", at::full({}, state.step(), at::kLong)},
            {"mean", state.exp_avg()},
            {"square", state.exp_avg_sq()}};
}

Named tensorsOf(const optim::OptimizerParamState& state, OptimiserKind kind) {
    if (kind == OptimiserKind::Adam)
        return adamTensors(static_cast<const optim::AdamParamState&>(state));
    if (kind == OptimiserKind::AdamW)
        return adamTensors(static_cast<const optim::AdamWParamState&>(state));
    const at::Tensor& momentum = static_cast<const optim::SGDParamState&>(state).momentum_buffer();
    return momentum.defined() ? Named{{"momentum", momentum}} : Named{};
}

// Finds the tensors of one parameter. In the parameter's own layout: what is added up in another order rounds
// otherwise.
class StoredState {
public:
    explicit StoredState(const WeightState& state) : m_tensors(state.begin(), state.end()) {}

    void select(std::size_t index, const at::Tensor& parameter) {
        m_prefix = std::to_string(index) + ".";
        m_parameter = parameter;
    }
    [[nodiscard]] bool holds(const char* name) const { return m_tensors.contains(m_prefix + name); }
    at::Tensor take(const char* name) {
        const auto found = m_tensors.find(m_prefix + name);
        if (found == m_tensors.end() || found->second.sizes() != m_parameter.sizes()) {
            m_good = false;
            return {};
        }
        ++m_taken;
        return at::empty_like(m_parameter.detach()).copy_(found->second);
    }
    std::int64_t count(const char* name) {
        const auto found = m_tensors.find(m_prefix + name);
        if (found == m_tensors.end() || found->second.numel() != 1) {
            m_good = false;
            return 0;
        }
        ++m_taken;
        return found->second.item<std::int64_t>();
    }
    // Everything was there, and nothing is left over.
    [[nodiscard]] bool fitted() const { return m_good && m_taken == m_tensors.size(); }

private:
    std::map<std::string, at::Tensor> m_tensors;
    std::string m_prefix;
    at::Tensor m_parameter;
    std::size_t m_taken = 0;
    bool m_good = true;
};

template <class AdamState>
std::unique_ptr<optim::OptimizerParamState> adamState(StoredState& stored) {
    auto state = std::make_unique<AdamState>();
    state->step(stored.count("step"));
    state->exp_avg(stored.take("mean"));
    state->exp_avg_sq(stored.take("square"));
    return state;
}

// None: the parameter has not been trained yet.
std::unique_ptr<optim::OptimizerParamState> parameterState(StoredState& stored, OptimiserKind kind) {
    if (kind == OptimiserKind::Sgd) {
        if (!stored.holds("momentum"))
            return nullptr;
        auto state = std::make_unique<optim::SGDParamState>();
        state->momentum_buffer(stored.take("momentum"));
        return state;
    }
    if (!stored.holds("step"))
        return nullptr;
    return kind == OptimiserKind::Adam ? adamState<optim::AdamParamState>(stored)
                                       : adamState<optim::AdamWParamState>(stored);
}

// use(index, parameter), in the order of the groups.
template <class Use>
void forEachParameter(optim::Optimizer& optimiser, const Use& use) {
    std::size_t index = 0;
    for (auto& group : optimiser.param_groups()) {
        for (const at::Tensor& parameter : group.params())
            use(index++, parameter);
    }
}

} // namespace

Optimiser::Optimiser(const Network& network, const OptimiserConfig& config) : m_kind(config.kind) {
    const std::vector<Group> groups = groupsOf(network, config);
    for (const Group& group : groups)
        m_rateFactors.push_back(group.rateFactor);
    m_optimiser = makeOptimiser(groups, config);
}

void Optimiser::clearGradients() {
    for (auto& group : m_optimiser->param_groups()) {
        for (at::Tensor& parameter : group.params())
            parameter.mutable_grad().reset();
    }
}

void Optimiser::setLearningRate(double learningRate) {
    std::size_t index = 0;
    for (auto& group : m_optimiser->param_groups())
        group.options().set_lr(learningRate * m_rateFactors[index++]);
}

void Optimiser::setMomentum(double momentum) {
    for (auto& group : m_optimiser->param_groups()) {
        if (m_kind == OptimiserKind::Sgd) {
            static_cast<optim::SGDOptions&>(group.options()).momentum(momentum);
        } else if (m_kind == OptimiserKind::Adam) {
            auto& options = static_cast<optim::AdamOptions&>(group.options());
            options.betas({momentum, std::get<1>(options.betas())});
        } else {
            auto& options = static_cast<optim::AdamWOptions&>(group.options());
            options.betas({momentum, std::get<1>(options.betas())});
        }
    }
}

WeightState Optimiser::state() const {
    WeightState state;
    auto& states = m_optimiser->state();
    forEachParameter(*m_optimiser, [&](std::size_t index, const at::Tensor& parameter) {
        const auto found = states.find(stateKey<States::key_type>(parameter));
        if (found == states.end())
            return;
        for (const auto& [name, tensor] : tensorsOf(*found->second, m_kind))
            state.emplace_back(std::to_string(index) + "." + name, tensor);
    });
    return state;
}

Result<void> Optimiser::restore(const WeightState& state) {
    const torch::NoGradGuard noGrad;
    StoredState stored(state);
    auto& states = m_optimiser->state();
    forEachParameter(*m_optimiser, [&](std::size_t index, const at::Tensor& parameter) {
        stored.select(index, parameter);
        if (auto own = parameterState(stored, m_kind))
            states[stateKey<States::key_type>(parameter)] = std::move(own);
    });
    if (!stored.fitted())
        return fail(ErrorCode::BadModelFile,
                    "The state of the training belongs to another network or optimiser.");
    return {};
}

} // namespace hilum
