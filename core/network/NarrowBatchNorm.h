// Batch normalisation (Ioffe and Szegedy 2015, arXiv 1502.03167) for training in bf16 on the processor, together with the
// ReLU behind it: fewer passes over memory than LibTorch's, which
// take a quarter of such a step. In fp32 that gains nothing. Internal: shows torch.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/batchnorm.h>

namespace hilum {

// Whether narrowBatchNorm() may stand for norm.forward(x): while training in bf16 on the processor, with statistics of the
// batch, values in bf16.
bool isFasterNarrow(const torch::nn::BatchNorm2dImpl& norm, const at::Tensor& x);

// As norm.forward(x), and relu() of it where asked for; running statistics are updated likewise. x: N × C × H × W, bf16;
// sums are taken in fp32 and fp64. Deterministic for a number of threads.
at::Tensor narrowBatchNorm(torch::nn::BatchNorm2dImpl& norm, const at::Tensor& x, bool rectifies);

} // namespace hilum
