// The feature maps of a dense block (Huang et al. 2016, arXiv 1608.06993) for training on the processor. Internal: shows
// torch.
#pragma once

#include <memory>

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/batchnorm.h>

namespace hilum {

// What the layers of a block have made so far, in one buffer to which each appends: no layer copies what came before it,
// moments are taken once per channel, and gradients are summed in one buffer, in place.
class GrowingFeatures {
public:
    // first: N × C × H × W, float or bf16. channels: of the whole block.
    GrowingFeatures(const at::Tensor& first, std::int64_t channels);

    // More channels: N × C' × H × W.
    void append(const at::Tensor& part);
    // All so far, N × C × H × W; a view that lies in rows of the whole block.
    [[nodiscard]] const at::Tensor& value() const { return m_value; }
    // As fusedNorm() of value().
    at::Tensor normalised(torch::nn::BatchNorm2dImpl& norm, bool rectifies);

    struct State;

private:
    std::shared_ptr<State> m_state;
    at::Tensor m_value; // the last use of the buffer, in the order that the gradients go back
};

} // namespace hilum
