// Passes of batch normalisation over values in bf16 that lie pixel by pixel, rows × C. Each works on rows first … last;
// compiled for several processors, chosen when the program starts. No library needed.
#pragma once

#include <cstddef>

#include "core/domain/Bfloat16.h"

namespace hilum {

struct RowRange {
    std::size_t first = 0;
    std::size_t last = 0; // behind it
    std::size_t channels = 0;
};

// Adds Σ (x − origin) and Σ (x − origin)² of every channel to the sums.
void addMoments(const Bfloat16* x, RowRange rows, const float* origin, double* sums, double* squares);
// y = x · scale + shift per channel, below zero 0 where it rectifies.
void normaliseRows(const Bfloat16* x, Bfloat16* y, RowRange rows, const float* scale, const float* shift,
                   bool rectifies);
// Adds Σ g and Σ g · (x − mean) of every channel, of g where y is above zero; y null: of every g.
void addGradientSums(const Bfloat16* g, const Bfloat16* x, const Bfloat16* y, RowRange rows,
                     const float* mean, double* sums, double* products);
// result = g · a + x · b + c per channel, with such a g.
void gradientRows(const Bfloat16* g, const Bfloat16* x, const Bfloat16* y, Bfloat16* result,
                  RowRange rows, const float* a, const float* b, const float* c);

} // namespace hilum
