// The layers of a network in blocks, from the head backwards: what is unfrozen together, and learns at one
// rate. Pure.
#pragma once

#include <map>
#include <string>

#include "core/graph/Graph.h"

namespace hilum {

// The block of every parameter, by name: 0 the head, 1 the last block (Graph::lastBlockPrefixes), and so on
// to the first layers. Before the last block, layers with the same first word of their names (behind
// "features.") are a block, e.g. "layer2"; a batch norm that stands alone belongs to the block before it.
std::map<std::string, int> blocksOf(const Graph& graph);

} // namespace hilum
