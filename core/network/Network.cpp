#include "core/network/Network.h"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/modules/batchnorm.h>

#include "core/network/FusedNorm.h"
#include "core/network/GrowingFeatures.h"
#include "core/network/Initialise.h"
#include "core/network/PointwiseConvolution.h"
#include "core/network/TiledConvolution.h"

namespace hilum {
namespace {

using ModulePtr = std::shared_ptr<torch::nn::Module>;
using Values = std::vector<at::Tensor>;

template <class... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};

std::size_t at(NodeId id) { return static_cast<std::size_t>(id); }

std::array<std::int64_t, 2> sides(const Extent& extent) { return {extent.height, extent.width}; }

// The tree of modules that torchvision's dotted names describe; grows as leaves are added.
class ModuleTree {
public:
    explicit ModuleTree(torch::nn::Module& root) { m_modules[""] = &root; }

    void add(const std::string& name, const ModulePtr& leaf) {
        const std::size_t dot = name.rfind('.');
        parent(dot == std::string::npos ? "" : name.substr(0, dot))
            .register_module(dot == std::string::npos ? name : name.substr(dot + 1), leaf);
        m_modules[name] = leaf.get();
    }

private:
    std::map<std::string, torch::nn::Module*> m_modules;

    torch::nn::Module& parent(const std::string& name) {
        if (!m_modules.contains(name))
            add(name, std::make_shared<torch::nn::Module>());
        return *m_modules.at(name);
    }
};

at::Tensor newParameter(torch::nn::Module& leaf, const std::string& name, at::IntArrayRef shape) {
    return leaf.register_parameter(name, at::empty(shape, at::kFloat));
}

at::Tensor activated(at::Tensor x, const op::Activation& operation, bool inPlace) {
    if (operation.curve == op::Curve::Gelu)
        return at::gelu(x);
    if (operation.curve == op::Curve::Swish)
        return at::silu(x);
    if (operation.ceiling > 0 &&
        x.scalar_type() == at::kBFloat16) // whose gradient LibTorch 1.13 lacks on the processor
        return at::hardtanh(x.to(at::kFloat), 0, operation.ceiling).to(at::kBFloat16);
    if (operation.ceiling > 0)
        return inPlace ? at::hardtanh_(x, 0, operation.ceiling) : at::hardtanh(x, 0, operation.ceiling);
    return inPlace ? at::relu_(x) : at::relu(x);
}

// The derivative.
at::Tensor slope(const at::Tensor& x, op::Curve curve) {
    switch (curve) {
    case op::Curve::Gelu:
        return at::gelu_backward(at::ones_like(x), x);
    case op::Curve::Swish:
        return at::silu_backward(at::ones_like(x), x);
    case op::Curve::Relu:
        break;
    }
    return (x > 0).to(x.scalar_type());
}

at::Tensor maxPooled(const at::Tensor& x, const op::MaxPool& o) {
    return at::max_pool2d(x, sides(o.kernel), sides(o.stride), sides(o.padding), 1, o.ceilMode);
}

} // namespace

Network::Network(Graph graph, Weights weights)
    : m_graph(std::move(graph)), m_layers(m_graph.nodes.size()),
      m_features(stretch(m_graph, kInputNode, m_graph.featureMap)),
      m_head(stretch(m_graph, m_graph.featureMap, m_graph.logits)), m_headForm(closedHeadForm(m_graph)),
      m_roles(trainingRoles(m_graph)) {
    if (m_graph.auxiliaryLogits != kNoNode)
        m_auxiliarySteps = schedule(m_graph, kInputNode, {m_graph.featureMap, m_graph.auxiliaryLogits});
    registerLayers(weights);
}

void Network::registerLayers(Weights weights) {
    ModuleTree tree(*this);
    const auto makeWeights = [&](Layer& target, const auto& operation,
                                 const std::vector<std::int64_t>& shape) {
        const ModulePtr leaf = std::make_shared<torch::nn::Module>();
        tree.add(operation.name, leaf);
        target.weight = newParameter(*leaf, "weight", shape);
        if (operation.bias != Bias::None)
            target.bias = newParameter(*leaf, "bias", {operation.out});
        if (weights == Weights::Undefined)
            return;
        const c10::AutoGradMode noGradients(false);
        fillWeight(target.weight, operation.weight);
        if (target.bias.defined())
            fillBias(target.bias, operation.bias, target.weight);
    };
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        const Operation& operation = m_graph.nodes[i].operation;
        Layer& target = m_layers[i];
        if (const auto* conv = std::get_if<op::Convolution>(&operation)) {
            makeWeights(target, *conv,
                        {conv->out, conv->in / conv->groups, conv->kernel.height, conv->kernel.width});
        } else if (const auto* linear = std::get_if<op::Linear>(&operation)) {
            makeWeights(target, *linear, {linear->out, linear->in});
        } else if (const auto* norm = std::get_if<op::BatchNorm>(&operation)) {
            const auto made = std::make_shared<torch::nn::BatchNorm2dImpl>(
                torch::nn::BatchNorm2dOptions(norm->channels).eps(norm->epsilon));
            const c10::AutoGradMode noGradients(false);
            made->weight.fill_(norm->initialWeight);
            tree.add(norm->name, made);
            target.norm = made;
        }
    }
}

// One forward pass through some steps.
class Network::Pass {
public:
    Pass(const Network& network, const std::vector<Step>& steps, Values& values)
        : m_network(network), m_graph(network.m_graph), m_steps(steps), m_values(values),
          m_isStep(m_graph.nodes.size()), m_isRectified(m_graph.nodes.size()),
          m_isUnnormalised(m_graph.nodes.size()) {
        for (const Step& step : steps)
            m_isStep[at(step.node)] = true;
    }

    void run() {
        for (const Step& step : m_steps) {
            m_values[at(step.node)] = compute(step);
            for (const NodeId used : step.lastUses)
                m_values[at(used)].reset();
        }
    }

private:
    const Network& m_network;
    const Graph& m_graph;
    const std::vector<Step>& m_steps;
    Values& m_values;
    std::vector<bool> m_isStep;
    std::vector<bool> m_isRectified;             // values to which the ReLU behind them has been applied
    std::vector<bool> m_isUnnormalised;          // batch norms that the sum behind them will apply
    std::map<NodeId, GrowingFeatures> m_growing; // by concatenation

    [[nodiscard]] const TrainingRole& role(NodeId id) const { return m_network.m_roles[at(id)]; }
    [[nodiscard]] bool comes(NodeId id) const { return id != kNoNode && m_isStep[at(id)]; }
    [[nodiscard]] torch::nn::BatchNorm2dImpl& normOf(NodeId id) const {
        return *m_network.layer(id).norm->as<torch::nn::BatchNorm2d>();
    }
    [[nodiscard]] const at::Tensor& input(const Node& node, std::size_t i) const {
        return m_values[at(node.inputs[i])];
    }

    at::Tensor compute(const Step& step) {
        const Node& node = m_graph.node(step.node);
        const Layer& own = m_network.layer(step.node);
        const auto first = [&]() -> const at::Tensor& { return input(node, 0); };
        return std::visit(Overloaded{
                              [&](const op::Input&) { return m_values[kInputNode]; },
                              [&](const op::Convolution& o) {
                                  if (isFasterPointwise(o, first()))
                                      return pointwiseConvolution(first(), own.weight, o.stride);
                                  if (isFasterInTiles(o, first()))
                                      return tiledConvolution(first(), own.weight, own.bias, o.padding);
                                  return at::conv2d(first(), own.weight, own.bias, sides(o.stride),
                                                    sides(o.padding), 1, o.groups);
                              },
                              [&](const op::BatchNorm&) { return normalised(step.node); },
                              [&](const op::Activation& o) {
                                  return m_isRectified[at(node.inputs[0])]
                                             ? first()
                                             : activated(first(), o, step.inPlace);
                              },
                              [&](const op::MaxPool& o) { return maxPooled(first(), o); },
                              [&](const op::AveragePool& o) {
                                  return at::avg_pool2d(first(), sides(o.kernel), sides(o.stride),
                                                        sides(o.padding), o.ceilMode, o.countPadding);
                              },
                              [&](const op::AdaptiveAveragePool& o) {
                                  return at::adaptive_avg_pool2d(first(), sides(o.grid));
                              },
                              [&](const op::Concat&) { return concatenated(step.node); },
                              [&](const op::Add&) { return sum(step); },
                              [&](const op::Flatten&) { return first().flatten(1); },
                              [&](const op::Linear&) { return at::linear(first(), own.weight, own.bias); },
                              [&](const op::Dropout& o) {
                                  return at::dropout(first(), o.probability, m_network.is_training());
                              },
                          },
                          node.operation);
    }

    at::Tensor normalised(NodeId id) {
        const NodeId source = m_graph.node(id).inputs[0];
        const at::Tensor& x = m_values[at(source)];
        auto& norm = normOf(id);
        if (const auto growing = m_growing.find(source); growing != m_growing.end()) {
            m_isRectified[at(id)] = comes(role(id).relu);
            return growing->second.normalised(norm, m_isRectified[at(id)]);
        }
        if (x.scalar_type() != at::kBFloat16 || !isFusible(norm, x)) // in fp32 LibTorch's is as fast
            return norm.forward(x);
        if (comes(role(id).sum) && comes(role(role(id).sum).relu)) {
            m_isUnnormalised[at(id)] = true;
            return x;
        }
        m_isRectified[at(id)] = comes(role(id).relu);
        return fusedNorm(norm, x, m_isRectified[at(id)]);
    }

    at::Tensor sum(const Step& step) {
        const Node& node = m_graph.node(step.node);
        const NodeId norm = role(step.node).summedNorm;
        if (norm != kNoNode && m_isUnnormalised[at(norm)]) {
            m_isRectified[at(step.node)] = true;
            return fusedNormAndSum(normOf(norm), input(node, 0), input(node, 1));
        }
        return step.inPlace ? input(node, 0).add_(input(node, 1)) : input(node, 0) + input(node, 1);
    }

    at::Tensor concatenated(NodeId id) {
        const std::vector<NodeId>& inputs = m_graph.node(id).inputs;
        std::vector<at::Tensor> parts;
        for (const NodeId part : inputs)
            parts.push_back(m_values[at(part)]);
        const TrainingRole& own = role(id);
        const auto isOfType = [&](const at::Tensor& part) {
            return part.scalar_type() == parts[0].scalar_type();
        };
        if (own.grownChannels == 0 || !comes(own.readingNorm) ||
            !isFusible(normOf(own.readingNorm), parts[0]) || !std::ranges::all_of(parts, isOfType))
            return at::cat(parts, 1);
        std::size_t known = 1;
        auto before = m_growing.extract(own.grownFrom);
        if (before)
            known = m_graph.node(own.grownFrom).inputs.size();
        GrowingFeatures features =
            before ? std::move(before.mapped()) : GrowingFeatures(parts[0], own.grownChannels);
        for (std::size_t i = known; i < parts.size(); ++i)
            features.append(parts[i]);
        return m_growing.emplace(id, std::move(features)).first->second.value();
    }
};

void Network::run(const std::vector<Step>& steps, Values& values) const { Pass(*this, steps, values).run(); }

at::Tensor Network::run(const Stretch& part, const at::Tensor& value) const {
    Values values(m_graph.nodes.size());
    values[static_cast<std::size_t>(part.from)] = value;
    run(part.steps, values);
    return values[static_cast<std::size_t>(part.to)];
}

torch::Device Network::device() const {
    for (const Layer& layer : m_layers) {
        if (layer.weight.defined())
            return layer.weight.device();
    }
    return at::kCPU;
}

at::Tensor Network::features(const at::Tensor& images) { return run(m_features, images); }

at::Tensor Network::head(const at::Tensor& featureMap) { return run(m_head, featureMap); }

TrainingPass Network::forwardWithAuxiliary(const at::Tensor& images) {
    if (m_graph.auxiliaryLogits == kNoNode)
        return {forward(images), {}};
    Values values(m_graph.nodes.size());
    values[kInputNode] = images;
    run(m_auxiliarySteps, values);
    return {head(values[static_cast<std::size_t>(m_graph.featureMap)]),
            values[static_cast<std::size_t>(m_graph.auxiliaryLogits)]};
}

HeadPass Network::headWithCam(const at::Tensor& featureMap) {
    if (!m_headForm)
        return throughAutograd(featureMap);
    return m_headForm->convolution == kNoNode ? closedForm(*m_headForm, featureMap)
                                              : perCellForm(*m_headForm, featureMap);
}

// With δ the gradient behind a layer and f' the activation's slope: δ_last = W_last, δ_i = (δ_(i+1) f'(h))
// W_i. Adaptive pooling spreads every pooled cell's gradient over cells that sum to one, so that the mean
// over positions needs only the first matrix summed over its cells (VGG: 8 MB to read instead of 411). Where
// the head begins with a ReLU, the gradient is zero where that is closed.
HeadPass Network::closedForm(const HeadForm& form, const at::Tensor& featureMap) {
    const at::Tensor activations = form.rectified ? at::relu(featureMap) : featureMap;
    const at::Tensor tiles = form.maxPool == kNoNode
                                 ? activations
                                 : maxPooled(activations, *m_graph.as<op::MaxPool>(form.maxPool));
    at::Tensor x = at::adaptive_avg_pool2d(tiles, sides(form.grid)).flatten(1);
    const op::Activation hidden{form.hidden};
    std::vector<at::Tensor> slopes; // of the hidden layers
    for (std::size_t i = 0; i < form.linears.size(); ++i) {
        const Layer& linear = layer(form.linears[i]);
        x = at::linear(x, linear.weight, linear.bias);
        if (i + 1 < form.linears.size()) {
            slopes.push_back(slope(x, form.hidden));
            x = activated(x, hidden, true);
        }
    }
    const auto linears = static_cast<std::ptrdiff_t>(form.linears.size());
    const auto weightOf = [&](std::ptrdiff_t i) -> at::Tensor {
        return i == 0 ? firstWeightPerChannel(form) : layer(form.linears[static_cast<std::size_t>(i)]).weight;
    };
    at::Tensor delta = weightOf(linears - 1).unsqueeze(0); // 1 or N × K × units
    for (std::ptrdiff_t i = linears - 2; i >= 0; --i)
        delta = at::matmul(delta * slopes[static_cast<std::size_t>(i)].unsqueeze(1), weightOf(i));
    const double cells = static_cast<double>(featureMap.size(2) * featureMap.size(3));
    at::Tensor camWeights = (delta / cells).expand({featureMap.size(0), -1, -1});
    if (form.rectified) {
        const at::Tensor openFraction = (featureMap > 0).to(featureMap.scalar_type()).mean({2, 3}); // N × C
        camWeights = camWeights * openFraction.unsqueeze(1);
    }
    return {x, camWeights, activations};
}

// Every logit is the mean over the cells of relu(w A + b): its gradient is w over the number of cells where
// that is above zero.
HeadPass Network::perCellForm(const HeadForm& form, const at::Tensor& featureMap) {
    const Layer& conv = layer(form.convolution);
    const at::Tensor perCell = at::conv2d(featureMap, conv.weight, conv.bias);
    const at::Tensor openFraction = (perCell > 0).to(perCell.scalar_type()).mean({2, 3}); // N × K
    const double cells = static_cast<double>(featureMap.size(2) * featureMap.size(3));
    const at::Tensor weights = conv.weight.flatten(1).unsqueeze(0) * openFraction.unsqueeze(2) / cells;
    return {at::relu(perCell).mean({2, 3}), weights, featureMap};
}

at::Tensor Network::firstWeightPerChannel(const HeadForm& form) {
    const at::Tensor& weight = layer(form.linears.front()).weight;
    if (form.grid == Extent(1))
        return weight;
    const auto version = static_cast<std::int64_t>(weight._version());
    if (!m_summedFrom.defined() || !m_summedFrom.is_same(weight) || m_summedVersion != version ||
        m_summedWeight.device() != weight.device()) {
        m_summedWeight = weight.view({weight.size(0), -1, form.grid.area()}).sum(2);
        m_summedFrom = weight;
        m_summedVersion = version;
    }
    return m_summedWeight;
}

HeadPass Network::throughAutograd(const at::Tensor& featureMap) {
    const c10::InferenceMode normalTensors(false);
    const c10::AutoGradMode gradients(true);
    const at::Tensor leaf = featureMap.clone().set_requires_grad(true);
    const at::Tensor logits = head(leaf);
    std::vector<at::Tensor> weights; // N × C each
    for (std::int64_t label = 0; label < logits.size(1); ++label) {
        const at::Tensor sum = logits.select(1, label).sum(); // films do not depend on each other
        weights.push_back(torch::autograd::grad({sum}, {leaf}, {}, /*retain_graph=*/true)[0].mean({2, 3}));
    }
    return {logits.detach(), at::stack(weights, 1), leaf.detach()};
}

Result<std::shared_ptr<Network>> makeNetwork(std::string_view name, int labelCount, int inputPlanes,
                                             Weights weights) {
    return describeNetwork(name, labelCount, inputPlanes).map([&](Graph graph) {
        return std::make_shared<Network>(std::move(graph), weights);
    });
}

} // namespace hilum
