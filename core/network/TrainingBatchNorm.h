// Batch normalisation (Ioffe and Szegedy 2015, arXiv 1502.03167) for training on the processor, together with the ReLU
// behind it: LibTorch's own passes over memory take a fifth to a quarter of a step. Internal: shows torch.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/batchnorm.h>

namespace hilum {

// Whether trainingBatchNorm() may stand for norm.forward(x): while training on the processor, with statistics of the batch,
// values pixel by pixel in fp32 or bf16.
bool isTrainingNorm(const torch::nn::BatchNorm2dImpl& norm, const at::Tensor& x);

// As norm.forward(x), and relu() of it where asked for; running statistics are updated likewise. x: N × C × H × W; sums are
// taken in fp32 and fp64. Deterministic for a number of threads.
at::Tensor trainingBatchNorm(torch::nn::BatchNorm2dImpl& norm, const at::Tensor& x, bool rectifies);

} // namespace hilum
