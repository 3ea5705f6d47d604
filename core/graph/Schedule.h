// In which order an engine computes a part of a graph, and what it may forget on the way.
#pragma once

#include <vector>

#include "core/graph/Graph.h"

namespace hilum {

struct Step {
    NodeId node = kNoNode;
    // A ReLU or an Add may write its result over its first input: nobody else needs that value, and
    // neither does the gradient of the operation that made it (where that is the operation alone: what fuses
    // it with others skips the ReLU behind it).
    bool inPlace = false;
    std::vector<NodeId> lastUses; // values that no later step needs
};

// The steps from the value at `from` to the targets, and no others. Values of targets and of `from` are
// neither forgotten nor overwritten. from must lie before every target on every path.
std::vector<Step> schedule(const Graph& graph, NodeId from, const std::vector<NodeId>& targets);

// A part of a network that takes one value and gives one.
struct Stretch {
    NodeId from = kNoNode;
    NodeId to = kNoNode;
    std::vector<Step> steps;
};
Stretch stretch(const Graph& graph, NodeId from, NodeId to);

} // namespace hilum
