// The heads whose Grad-CAM needs no backward pass.
#pragma once

#include <optional>
#include <vector>

#include "core/graph/Graph.h"

namespace hilum {

// Either [ReLU or max pooling,] adaptive average pooling, flatten, then linear layers with an activation
// between any two; or a 1×1 convolution, ReLU, global average, flatten (SqueezeNet). Dropout anywhere.
struct HeadForm {
    // The head begins with a ReLU. torchvision's is in place, so that a hook on the layer at the cut sees the
    // activations behind it: they are what the maps are made of, while the gradient is the one before it.
    bool rectified = false;
    // Max pooling whose windows do not overlap: it hands the gradient of a cell on to one position, so that
    // the mean over positions is the sum over cells divided by the number of positions. kNoNode: none.
    NodeId maxPool = kNoNode;
    Extent grid = 1;                    // of the average pooling; 1 where rectified
    std::vector<NodeId> linears;        // first to last; none where there is the convolution
    op::Curve hidden = op::Curve::Relu; // between the linear layers
    NodeId convolution = kNoNode;
};

// Empty: the head has another form.
std::optional<HeadForm> closedHeadForm(const Graph& graph);

} // namespace hilum
