// First values of weights, drawn from torch's global generator. Internal.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/graph/Graph.h"

namespace hilum {

// weight: out × in/groups (× h × w), float.
void fillWeight(at::Tensor& weight, const Initial& initial);
void fillBias(at::Tensor& bias, Bias kind, const at::Tensor& weight);

} // namespace hilum
