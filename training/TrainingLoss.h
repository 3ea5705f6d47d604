// What a training step minimises. Internal: shows tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/network/Network.h"

namespace hilum {

// Of an auxiliary head's loss (Szegedy et al. 2015, arXiv 1512.00567, as in torchvision's reference
// training).
inline constexpr double kAuxiliaryWeight = 0.4;

// Mean cross-entropy of the logits, plus that of the auxiliary logits where there are any, in float. labels:
// N, 64-bit. With class weights, the mean is weighted by those of the films' classes, as PyTorch has it.
struct LossOptions {
    double labelSmoothing = 0;
    at::Tensor classWeights = {}; // K floats; undefined: all alike
};
at::Tensor trainingLoss(const TrainingPass& pass, const at::Tensor& labels, const LossOptions& options);

} // namespace hilum
