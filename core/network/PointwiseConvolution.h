// A convolution with a 1 × 1 kernel, whose gradients are matrix products. Internal: shows torch.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/graph/Graph.h"

namespace hilum {

// Whether pointwiseConvolution() is the faster way now: while training in bf16 on the processor (oneDNN takes
// up to five times as long for the weights' gradient of a convolution as for the same numbers as a matrix
// product), values pixel by pixel, no padding, groups or bias.
bool isFasterPointwise(const op::Convolution& convolution, const at::Tensor& x);

// x: N × C × H × W, weight: out × C × 1 × 1 -> N × out × h × w in bf16. The same numbers as at::conv2d() of
// both in bf16; gradients differ by what the order of sums makes.
at::Tensor pointwiseConvolution(const at::Tensor& x, const at::Tensor& weight, Extent stride);

} // namespace hilum
