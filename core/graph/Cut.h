// Where a network is cut into a frozen and a trained part.
#pragma once

#include <string>
#include <vector>

#include "core/graph/Graph.h"

namespace hilum {

// The last node before every layer whose parameters' names begin with one of prefixes, such that the logits
// follow from its value alone. kInputNode where nothing else will do.
NodeId cutBefore(const Graph& graph, const std::vector<std::string>& prefixes);

} // namespace hilum
