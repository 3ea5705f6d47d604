// A 3 × 3 convolution and its gradients as Winograd's products (core/kernels/Winograd.h), for training on the
// processor in fp32. Internal: shows torch.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/graph/Graph.h"

namespace hilum {

// Whether tiledConvolution() can do it and is the faster way: 3 × 3 with stride 1 in fp32 on the processor,
// values pixel by pixel, whole blocks of 8 channels, enough tiles, and few that stick out.
bool isFasterInTiles(const op::Convolution& convolution, const at::Tensor& x);

// x: N × C × H × W, weight: K × C × 3 × 3, bias: K or undefined -> N × K × h × w. As at::conv2d(), but for
// the rounding of the transforms: some 1e-5 of the largest value. The same on every run and for every number
// of threads. First derivatives only.
at::Tensor tiledConvolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            Extent padding);

} // namespace hilum
