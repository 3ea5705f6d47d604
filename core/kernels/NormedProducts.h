// A batch norm with its ReLU and the 1 × 1 convolution behind it at once, as every layer of a DenseNet begins
// (Huang et al. 2017, arXiv 1608.06993): what is normed lies in a core's own cache and never in memory.
// Values lie in blocks of 16 channels, C/16 × pixels × 16, in fp32 or bf16; sums are fp32. No library needed.
#pragma once

#include <cstddef>
#include <limits>

#include "core/domain/Bfloat16.h"
#include "core/kernels/Parallel.h"

namespace hilum {

constexpr std::size_t kNormedBlock = 16; // channels

// Behind an affine map; none by default.
struct ValueLimits {
    float low = -std::numeric_limits<float>::infinity();
    float high = std::numeric_limits<float>::infinity();
};

struct NormedDims {
    std::size_t pixels = 0, inputs = 0, outputs = 0; // inputs and outputs: multiples of 16
};

// target[k] = within(outer, bias[k] + Σ_c weights[k][c] × within(inner, source[c] × scale[c] + shift[c])).
struct NormedConvolution {
    NormedDims dims;
    const float* scale = nullptr; // one a source's channel, and so is
    const float* shift = nullptr;
    ValueLimits inner{};
    const float* bias = nullptr; // one a target's channel
    ValueLimits outer{};
};

// Whether the processor has what makes it worth while.
template <class T>
bool hasNormedProducts();

// weights: outputs × inputs, row-major -> as convolveNormed() takes them, as many values.
template <class T>
void packNormedWeights(const float* weights, const NormedDims& dims, T* packed);

template <class T>
void convolveNormed(const T* source, const NormedConvolution& convolution, const T* packed, T* target,
                    ParallelFor parallel);

} // namespace hilum
