#include "core/graph/Fusion.h"

#include <algorithm>

#include "core/graph/Schedule.h"

namespace hilum {
namespace {

// The nodes behind features() and who uses whom.
class FeatureUse {
public:
    explicit FeatureUse(const Graph& graph) : m_graph(graph), m_users(graph.nodes.size()) {
        for (const Step& step : schedule(graph, kInputNode, {graph.featureMap})) {
            m_nodes.push_back(step.node);
            for (const NodeId input : graph.node(step.node).inputs)
                m_users[static_cast<std::size_t>(input)].push_back(step.node);
        }
    }

    [[nodiscard]] const std::vector<NodeId>& nodes() const { return m_nodes; }
    // The only user of a value, where it is an Op; else kNoNode. The feature map is needed outside, too.
    template <class Op>
    [[nodiscard]] NodeId soleUser(NodeId value) const {
        const std::vector<NodeId>& users = m_users[static_cast<std::size_t>(value)];
        const bool sole = users.size() == 1 && value != m_graph.featureMap;
        return sole && m_graph.as<Op>(users[0]) != nullptr ? users[0] : kNoNode;
    }

private:
    const Graph& m_graph;
    std::vector<NodeId> m_nodes;
    std::vector<std::vector<NodeId>> m_users;
};

bool halves(const op::AveragePool& pool) {
    return pool.kernel == Extent(2) && pool.stride == Extent(2) && pool.padding == Extent(0) &&
           !pool.ceilMode;
}

} // namespace

std::vector<FusedPass> fusedFeatures(const Graph& graph) {
    const FeatureUse use(graph);
    std::vector<bool> taken(graph.nodes.size(), false);
    std::vector<FusedPass> passes;
    for (const NodeId node : use.nodes()) {
        if (taken[static_cast<std::size_t>(node)] || graph.as<op::Concat>(node) != nullptr)
            continue;
        FusedPass pass{.main = node, .output = node};
        const auto extend = [&](NodeId next) {
            if (next == kNoNode || taken[static_cast<std::size_t>(next)])
                return false;
            taken[static_cast<std::size_t>(next)] = true;
            pass.output = next;
            return true;
        };
        if (graph.as<op::Convolution>(node) != nullptr) {
            if (const NodeId norm = use.soleUser<op::BatchNorm>(node); extend(norm))
                pass.norm = norm;
            const NodeId before = pass.output;
            if (const NodeId sum = use.soleUser<op::Add>(before); extend(sum)) {
                const std::vector<NodeId>& terms = graph.node(sum).inputs;
                pass.residual = terms[0] == before ? terms[1] : terms[0];
            }
        }
        const bool mayActivate = graph.as<op::Convolution>(node) != nullptr ||
                                 graph.as<op::BatchNorm>(node) != nullptr ||
                                 graph.as<op::Add>(node) != nullptr;
        if (const NodeId next = use.soleUser<op::Activation>(pass.output); mayActivate && next != kNoNode) {
            const bool suits = graph.as<op::Convolution>(node) != nullptr ||
                               graph.as<op::Activation>(next)->curve == op::Curve::Relu;
            if (suits && extend(next))
                pass.activation = next;
        }
        if (graph.as<op::BatchNorm>(node) != nullptr) {
            const NodeId pool = use.soleUser<op::AveragePool>(pass.output);
            if (pool != kNoNode && halves(*graph.as<op::AveragePool>(pool)) && extend(pool))
                pass.halving = pool;
        }
        passes.push_back(pass);
    }
    std::ranges::sort(passes, {}, &FusedPass::output);
    return passes;
}

Graph withPoolingFirst(Graph graph) {
    const Graph original = graph;
    const FeatureUse use(original);
    for (const NodeId id : use.nodes()) {
        const auto* conv = original.as<op::Convolution>(id);
        const NodeId poolId = use.soleUser<op::AveragePool>(id);
        if (conv == nullptr || poolId == kNoNode || conv->kernel != Extent(1) || conv->stride != Extent(1) ||
            conv->padding != Extent(0) || conv->bias != Bias::None)
            continue;
        const auto* pool = original.as<op::AveragePool>(poolId);
        if (pool->padding != Extent(0) || pool->ceilMode)
            continue;
        Node& first = graph.nodes[static_cast<std::size_t>(id)];
        Node& second = graph.nodes[static_cast<std::size_t>(poolId)];
        first = {*pool, original.node(id).inputs, conv->in};
        second = {*conv, {id}, conv->out};
    }
    return graph;
}

} // namespace hilum
