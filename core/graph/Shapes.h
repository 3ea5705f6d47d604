// Sizes of what a graph computes and of the parameters that it needs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/graph/Graph.h"

namespace hilum {

// Rows and columns of every node's output for an input of that size, by node; pooled vectors are 1 × 1. An
// extent of 0 × 0: the input is too small for the network.
std::vector<Extent> extentsOf(const Graph& graph, Extent input);

struct ParameterShape {
    std::string name; // as in the state dict, e.g. "layer1.0.bn1.running_mean"
    std::vector<std::int64_t> shape;
    bool isCounter = false; // num_batches_tracked: an integer, and older files lack it
};
// Every parameter and buffer, in the order of the nodes.
std::vector<ParameterShape> parametersOf(const Graph& graph);

} // namespace hilum
