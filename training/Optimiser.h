// LibTorch's optimisers as the configuration describes them. Internal: shows torch.
#pragma once

#include <memory>

#include <torch/optim/optimizer.h>

#include "core/domain/Result.h"
#include "core/network/Network.h"
#include "training/NetworkState.h"
#include "training/TrainingConfig.h"

namespace hilum {

// Over the parameters that have gradients when it is made; weight decay only on those with two dimensions or
// more, that is not on biases and batch norms. Blocks of layers before the head learn slower where
// config.layerDecay says so.
class Optimiser {
public:
    Optimiser(const Network& network, const OptimiserConfig& config);

    // There are none until the next backward pass, which then has nothing to add to.
    void clearGradients();
    void step() { m_optimiser->step(); }
    void setLearningRate(double learningRate); // the head's
    // Momentum of SGD, beta 1 of Adam and AdamW.
    void setMomentum(double momentum);

    // What it remembers of its steps: running means of the gradients, and how many there were. Shares the
    // tensors.
    [[nodiscard]] WeightState state() const;
    // From an optimiser of the same network and configuration. Errors: BadModelFile (it is of another one).
    Result<void> restore(const WeightState& state);

private:
    OptimiserKind m_kind;
    std::vector<double> m_rateFactors; // of the groups
    std::unique_ptr<torch::optim::Optimizer> m_optimiser;
};

} // namespace hilum
