// Batch normalisation (Ioffe and Szegedy 2015, arXiv 1502.03167) for training on the processor, together with
// the sum and the ReLU behind it: fewer passes over memory than LibTorch's, which take a quarter of a step in
// bf16. Internal: shows torch.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/batchnorm.h>

namespace hilum {

// Whether the functions below may stand for norm.forward(x): while training on the processor, with statistics
// of the batch, values pixel by pixel in the type that the step computes in.
bool isFusible(const torch::nn::BatchNorm2dImpl& norm, const at::Tensor& x);

// Where isFusible(): as norm.forward(x), and relu() of it where asked for; running statistics are updated
// likewise. x: N × C × H × W, float or bf16; sums are taken in fp32 and fp64. Deterministic for a number of
// threads.
at::Tensor fusedNorm(torch::nn::BatchNorm2dImpl& norm, const at::Tensor& x, bool rectifies);
// Likewise relu(norm.forward(x) + residual). residual: as x.
at::Tensor fusedNormAndSum(torch::nn::BatchNorm2dImpl& norm, const at::Tensor& x, const at::Tensor& residual);

} // namespace hilum
