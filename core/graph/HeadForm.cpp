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

} // namespace

std::optional<HeadForm> closedHeadForm(const Graph& graph) {
    const std::vector<NodeId> chain = chainBehindCut(graph);
    std::size_t at = 0;
    const auto isPlainRelu = [&](NodeId id) {
        const auto* relu = graph.as<op::Rectify>(id);
        return relu != nullptr && relu->ceiling == 0;
    };
    HeadForm form;
    form.rectified = !chain.empty() && isPlainRelu(chain[0]);
    at += form.rectified ? 1 : 0;
    if (at + 3 > chain.size())
        return std::nullopt;
    const auto* pool = graph.as<op::AdaptiveAveragePool>(chain[at]);
    if (pool == nullptr || graph.as<op::Flatten>(chain[at + 1]) == nullptr)
        return std::nullopt;
    form.grid = pool->grid;
    if (form.rectified && form.grid != Extent(1))
        return std::nullopt;
    for (at += 2; at < chain.size(); at += 2) {
        const bool more = at + 1 < chain.size();
        if (graph.as<op::Linear>(chain[at]) == nullptr || (more && !isPlainRelu(chain[at + 1])))
            return std::nullopt;
        form.linears.push_back(chain[at]);
    }
    return form;
}

} // namespace hilum
