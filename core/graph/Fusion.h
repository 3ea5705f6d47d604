// A graph's feature part as the passes over memory that an engine for reading makes: batch norms folded into
// convolutions, sums and activations done on the way out.
#pragma once

#include <vector>

#include "core/graph/Graph.h"

namespace hilum {

struct FusedPass {
    NodeId main = kNoNode;       // a convolution, a batch norm, a pooling, an addition or an activation
    NodeId norm = kNoNode;       // batch norm behind a convolution
    NodeId residual = kNoNode;   // value that is added, before the activation
    NodeId activation = kNoNode; // behind all of these; a smooth one only behind a convolution
    NodeId halving = kNoNode;    // 2×2 average pooling with stride 2 behind a batch norm
    NodeId output = kNoNode;     // the value that the pass makes: its last node
};

// Batch norms, additions, activations and halvings are taken into the pass before them wherever nobody else
// needs the value in between. In an order in which the passes can run; concatenations are no passes.
std::vector<FusedPass> fusedFeatures(const Graph& graph);

// Average pooling moved before the 1×1 convolution that it follows, where nobody else needs that one's
// output: the same result for a fraction of the multiplications. Node ids keep their places; parameters keep
// theirs.
Graph withPoolingFirst(Graph graph);

} // namespace hilum
