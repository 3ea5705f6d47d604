// A batch norm with its ReLU and the 1 × 1 convolution behind it at once, as every layer of a DenseNet begins
// (Huang et al. 2017, arXiv 1608.06993): what is normed lies in a core's own cache and never in memory.
// Values lie in blocks of 16 channels, C/16 × pixels × 16, in fp32 or bf16; sums are fp32. No library needed.
#pragma once

#include <cstddef>
#include <limits>

#include "core/kernels/Parallel.h"
#include "core/kernels/PointwiseProducts.h"

namespace hilum {

// Behind an affine map; none by default.
struct ValueLimits {
    float low = -std::numeric_limits<float>::infinity();
    float high = std::numeric_limits<float>::infinity();
};

// target[k] = within(outer, bias[k] + Σ_c weights[k][c] × within(inner, source[c] × scale[c] + shift[c])).
struct NormedConvolution {
    std::size_t pixels = 0;
    PointwiseDims dims;
    const float* scale = nullptr; // one a source's channel, and so is
    const float* shift = nullptr;
    ValueLimits inner{};
    const float* bias = nullptr; // one a target's channel
    ValueLimits outer{};
};

// Whether the processor has what makes it worth while.
template <class T>
bool hasNormedProducts();

// packed: as packPointwiseWeights() does.
template <class T>
void convolveNormed(const T* source, const NormedConvolution& convolution, const T* packed, T* target,
                    ParallelFor parallel);

} // namespace hilum
