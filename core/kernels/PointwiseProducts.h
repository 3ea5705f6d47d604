// 1 × 1 convolutions on values in blocks of 16 channels, C/16 × H × W × 16, in fp32 or bf16 with sums in
// fp32: as products whose right side, the weights, is packed in panels and fetched ahead. No library needed.
#pragma once

#include <cstddef>
#include <limits>

#include "core/domain/Bfloat16.h"
#include "core/kernels/ConvolutionEpilogue.h"
#include "core/kernels/Parallel.h"

namespace hilum {

constexpr std::size_t kPointwiseBlock = 16; // channels

struct PointwiseDims {
    std::size_t inputs = 0, outputs = 0; // multiples of 16
};

// weights: outputs × inputs, row-major -> (outputs / panel) × inputs × panel; in bf16 with pairs of inputs
// together, (outputs / panel) × (inputs / 2) × panel × 2. As many values. panel: 32, or 16 where that does
// not divide the outputs.
template <class T>
void packPointwiseWeights(const float* weights, const PointwiseDims& dims, T* packed);

// What a source's values go through first, as every layer of a DenseNet begins (Huang et al. 2017, arXiv
// 1608.06993): within(low, high, source[c] × scale[c] + shift[c]). What is normed lies in a core's own cache
// and never in memory.
struct PointwiseNorm {
    const float* scale = nullptr; // one a channel, and so is shift; null: no norm
    const float* shift = nullptr;
    float low = -std::numeric_limits<float>::infinity();
    float high = std::numeric_limits<float>::infinity();
};

// Of every stride-th pixel of every stride-th row of the source.
struct PointwiseConvolution {
    PointwiseDims dims;
    std::size_t rows = 0, columns = 0;             // of the target
    std::size_t sourceRows = 0, sourceColumns = 0; // at least (rows - 1) × stride + 1
    std::size_t stride = 1;                        // 1 or 2; 1 with a norm
    PointwiseNorm norm{};
    ConvolutionEpilogue epilogue{}; // with a bias
    // Whether every thread takes some outputs, not some pixels.
    bool byOutputs = false;
};
// What leaves so many threads with parts of much the same size.
bool isBetterByOutputs(const PointwiseConvolution& convolution, std::size_t threads);

// Whether the processor has what it takes: AVX-512 with products in bf16.
bool hasPointwiseProducts();

template <class T>
void convolvePointwise(const T* source, const PointwiseConvolution& convolution, const T* packed, T* target,
                       ParallelFor parallel);

} // namespace hilum
