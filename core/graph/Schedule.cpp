#include "core/graph/Schedule.h"

#include <algorithm>

namespace hilum {
namespace {

bool keepsNoOutput(const Operation& operation) {
    return std::holds_alternative<op::Convolution>(operation) ||
           std::holds_alternative<op::BatchNorm>(operation) ||
           std::holds_alternative<op::Linear>(operation) || std::holds_alternative<op::Concat>(operation) ||
           std::holds_alternative<op::Add>(operation);
}

bool mayOverwrite(const Graph& graph, const Node& node, const std::vector<int>& users) {
    const auto* activation = std::get_if<op::Activation>(&node.operation);
    // The gradient of a smooth curve needs its input.
    const bool suits = (activation != nullptr && activation->curve == op::Curve::Relu) ||
                       std::holds_alternative<op::Add>(node.operation);
    return suits && users[static_cast<std::size_t>(node.inputs[0])] == 1 &&
           keepsNoOutput(graph.node(node.inputs[0]).operation);
}

} // namespace

std::vector<Step> schedule(const Graph& graph, NodeId from, const std::vector<NodeId>& targets) {
    // How many steps need each value; targets and the start have one user more, outside.
    std::vector<int> users(graph.nodes.size(), 0);
    const auto use = [&users](NodeId id) -> int& { return users[static_cast<std::size_t>(id)]; };
    for (const NodeId target : targets)
        ++use(target);
    use(from) += 1;
    for (NodeId id = static_cast<NodeId>(graph.nodes.size()) - 1; id > from; --id) {
        if (use(id) == 0)
            continue;
        for (const NodeId input : graph.node(id).inputs)
            ++use(input);
    }
    std::vector<Step> steps;
    std::vector<int> left = users;
    for (NodeId id = from + 1; id < static_cast<NodeId>(graph.nodes.size()); ++id) {
        if (use(id) == 0)
            continue;
        const Node& node = graph.node(id);
        Step step{id, mayOverwrite(graph, node, users), {}};
        for (const NodeId input : node.inputs) {
            if (--left[static_cast<std::size_t>(input)] == 0)
                step.lastUses.push_back(input);
        }
        steps.push_back(std::move(step));
    }
    return steps;
}

Stretch stretch(const Graph& graph, NodeId from, NodeId to) {
    return {from, to, schedule(graph, from, {to})};
}

} // namespace hilum
