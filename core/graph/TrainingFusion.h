// What an engine for training may do in one pass over memory: where nobody else needs the values in between.
#pragma once

#include <vector>

#include "core/graph/Graph.h"

namespace hilum {

struct TrainingRole {
    // Of a batch norm: its value is used by a ReLU alone.
    bool rectifies = false;
    // Of a batch norm: the sum, with a ReLU behind it, that alone uses its value; and of that sum: this batch norm, its
    // first input. Else kNoNode.
    NodeId sum = kNoNode;
    NodeId summedNorm = kNoNode;
    // Of a concatenation in a dense block: the batch norm that alone uses its value (else kNoNode), the concatenation
    // that it repeats and adds to (the first of a block: kNoNode), and the channels of the block's last one.
    NodeId readingNorm = kNoNode;
    NodeId grownFrom = kNoNode;
    int grownChannels = 0;
};

// By node.
std::vector<TrainingRole> trainingRoles(const Graph& graph);

} // namespace hilum
