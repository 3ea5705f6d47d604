// LibTorch's optimisers as the configuration describes them. Internal: shows torch.
#pragma once

#include <memory>

#include <torch/optim/optimizer.h>

#include "core/network/Network.h"
#include "training/TrainingConfig.h"

namespace hilum {

// Over the parameters that have gradients; weight decay only on those with two dimensions or more, that is
// not on biases and batch norms.
std::unique_ptr<torch::optim::Optimizer> makeOptimiser(const Network& network, const OptimiserConfig& config);

void setLearningRate(torch::optim::Optimizer& optimiser, double learningRate);
// Momentum of SGD, beta 1 of Adam and AdamW.
void setMomentum(torch::optim::Optimizer& optimiser, OptimiserKind kind, double momentum);

} // namespace hilum
