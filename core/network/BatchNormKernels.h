// Passes of batch normalisation over values that lie pixel by pixel, rows × C, in fp32 or bf16. Each works on rows first …
// last; compiled for several processors, chosen when the program starts. No library needed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hilum {

struct RowRange {
    std::size_t first = 0;
    std::size_t last = 0; // behind it
    std::size_t channels = 0;
};

// T: float, or std::uint16_t for the bits of a bf16.

// Adds Σ (x − origin) and Σ (x − origin)² of every channel to the sums.
template <class T>
void addMoments(const T* x, RowRange rows, const float* origin, double* sums, double* squares);
// y = x · scale + shift per channel, below zero 0 where it rectifies.
template <class T>
void normaliseRows(const T* x, T* y, RowRange rows, const float* scale, const float* shift, bool rectifies);
// Adds Σ g and Σ g · (x − mean) of every channel, of g where y is not zero; y null: of every g.
template <class T>
void addGradientSums(const T* g, const T* x, const T* y, RowRange rows, const float* mean, double* sums, double* products);
// result = g · a + x · b + c per channel, with such a g.
template <class T>
void gradientRows(const T* g, const T* x, const T* y, T* result, RowRange rows, const float* a, const float* b,
                  const float* c);

} // namespace hilum
