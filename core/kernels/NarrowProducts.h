// As TileProducts.h, of numbers in bf16 whose products and sums are fp32, with the processor's own
// instructions for that (AVX-512 BF16): twice as many multiplications at a time, and half as many bytes to
// read. No library needed.
#pragma once

#include <cstddef>

#include "core/domain/Bfloat16.h"
#include "core/kernels/Parallel.h"
#include "core/kernels/TileProducts.h"

namespace hilum {

constexpr std::size_t kNarrowPanel = 16; // panels are multiples of it

// Without them nothing else here may be called.
bool hasNarrowProducts();

// Of dims.count products: left is rows × inner, inner even; right is (columns / panel) × (inner / 2) × panel
// × 2, so that pairs along inner lie together; result is rows × columns.
void multiply(const ProductDims& dims, const Bfloat16* left, const Bfloat16* right, float* result,
              ParallelFor parallel);

// Rows of 16 numbers that follow each other, to the nearest of bf16, subnormal ones to zero; stride: from one
// row of the result to the next.
void narrowRows(const float* rows, std::size_t count, Bfloat16* narrow, std::size_t stride);

} // namespace hilum
