// What an engine for training may do in one pass over memory: where nobody else needs the values in between.
#pragma once

#include <vector>

#include "core/graph/Graph.h"

namespace hilum {

struct TrainingRole {
    // Of a batch norm or a sum: the ReLU that alone uses its value. Else kNoNode.
    NodeId relu = kNoNode;
    // Of a batch norm: the sum, with a ReLU behind it, that alone uses its value; and of that sum: this batch
    // norm, its first input. Else kNoNode.
    NodeId sum = kNoNode;
    NodeId summedNorm = kNoNode;
    // Of a concatenation: the batch norm that alone uses its value. Else kNoNode.
    NodeId readingNorm = kNoNode;
    // Of such concatenations in a dense block: the one that it repeats and adds to (the first of a block:
    // kNoNode), and the channels of the block's last one. 0: it is in no such block.
    NodeId grownFrom = kNoNode;
    int grownChannels = 0;
};

// By node.
std::vector<TrainingRole> trainingRoles(const Graph& graph);

} // namespace hilum
