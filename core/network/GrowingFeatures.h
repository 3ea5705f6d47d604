// The feature maps of a dense block (Huang et al. 2016, arXiv 1608.06993) for training on the processor.
// Internal: shows torch.
#pragma once

#include <memory>

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/batchnorm.h>

namespace hilum {

// What the layers of a block have made so far, in one buffer to which each appends: no layer copies what came
// before it or takes its moments again, and gradients are summed in one buffer, in place. First derivatives
// only.
class GrowingFeatures {
public:
    // first: N × C × H × W, float or bf16. channels: of the whole block.
    GrowingFeatures(const at::Tensor& first, std::int64_t channels);
    GrowingFeatures(GrowingFeatures&&) = default;
    GrowingFeatures& operator=(GrowingFeatures&&) = default;
    GrowingFeatures(const GrowingFeatures&) = delete; // both would write to one buffer
    GrowingFeatures& operator=(const GrowingFeatures&) = delete;
    ~GrowingFeatures() = default;

    // More channels: N × C' × H × W.
    void append(const at::Tensor& part);
    // All so far, N × C × H × W; a view that lies in rows of the whole block. To be looked at: what is
    // computed from it otherwise than below has no gradient that holds behind the next call.
    [[nodiscard]] const at::Tensor& value() const { return m_value; }
    // As fusedNorm() of value().
    at::Tensor normalised(torch::nn::BatchNorm2dImpl& norm, bool rectifies);

    struct State;

private:
    std::shared_ptr<State> m_state;
    at::Tensor m_value; // as the last call left it: gradients come back through the calls in turn
};

} // namespace hilum
