// The heads whose Grad-CAM needs no backward pass.
#pragma once

#include <optional>
#include <vector>

#include "core/graph/Graph.h"

namespace hilum {

// Either [ReLU,] adaptive average pooling, flatten, then linear layers with a ReLU between any two; or a 1×1
// convolution, ReLU, global average, flatten (SqueezeNet). Dropout anywhere.
struct HeadForm {
    // The head begins with a ReLU. torchvision's is in place, so that a hook on the layer at the cut sees the
    // activations behind it: they are what the maps are made of, while the gradient is the one before it.
    bool rectified = false;
    Extent grid = 1;             // of the pooling; 1 where rectified
    std::vector<NodeId> linears; // first to last; none where there is the convolution
    NodeId convolution = kNoNode;
};

// Empty: the head has another form.
std::optional<HeadForm> closedHeadForm(const Graph& graph);

} // namespace hilum
