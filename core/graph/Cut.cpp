#include "core/graph/Cut.h"

#include <algorithm>

#include "core/graph/Schedule.h"

namespace hilum {
namespace {

// As the names of its parameters begin; "." for an operation without any.
std::string parameterPrefix(const Operation& operation) {
    return std::visit(
        [](const auto& o) {
            if constexpr (requires { o.name; })
                return o.name + ".";
            else
                return std::string(".");
        },
        operation);
}

} // namespace

NodeId cutBefore(const Graph& graph, const std::vector<std::string>& prefixes) {
    const auto isNamed = [&](NodeId id) {
        const std::string own = parameterPrefix(graph.node(id).operation);
        return std::ranges::any_of(prefixes,
                                   [&](const std::string& prefix) { return own.starts_with(prefix); });
    };
    const std::vector<Step> steps = schedule(graph, kInputNode, {graph.logits});
    const auto firstNamed = std::ranges::find_if(steps, isNamed, &Step::node);
    const NodeId end = firstNamed == steps.end() ? graph.logits : firstNamed->node;
    NodeId earliest = graph.logits; // that a node behind the current one needs
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        if (step->node < end && earliest >= step->node)
            return step->node;
        for (const NodeId input : graph.node(step->node).inputs)
            earliest = std::min(earliest, input);
    }
    return kInputNode;
}

} // namespace hilum
