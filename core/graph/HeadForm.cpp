#include "core/graph/HeadForm.h"

#include <algorithm>
#include <cstddef>

namespace hilum {
namespace {

// What stands behind the cut, first to last, without dropout; empty where it is no chain.
std::vector<NodeId> chainBehindCut(const Graph& graph) {
    std::vector<NodeId> chain;
    for (NodeId id = graph.logits; id != graph.featureMap; id = graph.node(id).inputs[0]) {
        if (id < graph.featureMap || graph.node(id).inputs.size() != 1)
            return {};
        if (graph.as<op::Dropout>(id) == nullptr)
            chain.push_back(id);
    }
    std::ranges::reverse(chain);
    return chain;
}

bool isTiling(const Graph& graph, NodeId id) {
    const auto* pool = graph.as<op::MaxPool>(id);
    return pool != nullptr && pool->kernel == pool->stride && pool->padding == Extent(0) && !pool->ceilMode;
}

bool isGlobalAverage(const Graph& graph, NodeId pool, NodeId flatten) {
    const auto* average = graph.as<op::AdaptiveAveragePool>(pool);
    return average != nullptr && average->grid == Extent(1) && graph.as<op::Flatten>(flatten) != nullptr;
}

std::optional<HeadForm> convolutionForm(const Graph& graph, const std::vector<NodeId>& chain) {
    const auto* conv = chain.size() == 4 ? graph.as<op::Convolution>(chain[0]) : nullptr;
    if (conv == nullptr || conv->kernel != Extent(1) || conv->stride != Extent(1) ||
        conv->padding != Extent(0) || conv->groups != 1 || !isPlainRelu(graph, chain[1]) ||
        !isGlobalAverage(graph, chain[2], chain[3]))
        return std::nullopt;
    return HeadForm{.linears = {}, .convolution = chain[0]};
}

} // namespace

std::optional<HeadForm> closedHeadForm(const Graph& graph) {
    const std::vector<NodeId> chain = chainBehindCut(graph);
    if (const auto form = convolutionForm(graph, chain))
        return form;
    std::size_t at = 0;
    HeadForm form;
    form.rectified = !chain.empty() && isPlainRelu(graph, chain[0]);
    if (!chain.empty() && isTiling(graph, chain[0]))
        form.maxPool = chain[0];
    at += form.rectified || form.maxPool != kNoNode ? 1 : 0;
    if (at + 3 > chain.size())
        return std::nullopt;
    const auto* pool = graph.as<op::AdaptiveAveragePool>(chain[at]);
    if (pool == nullptr || graph.as<op::Flatten>(chain[at + 1]) == nullptr)
        return std::nullopt;
    form.grid = pool->grid;
    if (form.rectified && form.grid != Extent(1))
        return std::nullopt;
    for (at += 2; at < chain.size(); at += 2) {
        if (graph.as<op::Linear>(chain[at]) == nullptr)
            return std::nullopt;
        form.linears.push_back(chain[at]);
        if (at + 1 == chain.size())
            break;
        const auto* hidden = graph.as<op::Activation>(chain[at + 1]);
        const bool isFirst = form.linears.size() == 1;
        if (hidden == nullptr || hidden->ceiling > 0 || (!isFirst && hidden->curve != form.hidden))
            return std::nullopt;
        form.hidden = hidden->curve;
    }
    return form;
}

} // namespace hilum
