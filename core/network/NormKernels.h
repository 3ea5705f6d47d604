// Passes of batch normalisation over values (float or bf16) that lie pixel by pixel, rows × C. Each works on
// rows first … last; compiled for several processors, chosen when the program starts. No library needed.
#pragma once

#include <cstddef>
#include <limits>

#include "core/domain/Bfloat16.h"

namespace hilum {

struct RowRange {
    std::size_t first = 0;
    std::size_t last = 0; // behind it
    std::size_t channels = 0;
};

template <class T>
struct PixelRows {
    T* data = nullptr;
    std::size_t stride = 0; // from one row to the next; above the channels in a part of something wider
};

// y = x · scale + shift per channel, below the floor the floor: 0 for a ReLU, else kNoFloor.
struct Line {
    const float* scale = nullptr;
    const float* shift = nullptr;
    float floor = 0;
};
inline constexpr float kNoFloor = -std::numeric_limits<float>::infinity();

// Adds Σ (x − origin) and Σ (x − origin)² of every channel to the sums.
template <class T>
void addMoments(PixelRows<const T> x, RowRange rows, const float* origin, double* sums, double* squares);

template <class T>
void applyLine(PixelRows<const T> x, PixelRows<T> y, RowRange rows, const Line& line);
// y = x · scale + shift + residual, with the floor behind the sum.
template <class T>
void applyLineAndAdd(PixelRows<const T> x, PixelRows<const T> residual, PixelRows<T> y, RowRange rows,
                     const Line& line);

// Adds Σ g and Σ g · (x − mean) of every channel, of g where the line of x is above its floor.
template <class T>
void addGradientSums(PixelRows<const T> g, PixelRows<const T> x, RowRange rows, const Line& line,
                     const float* mean, double* sums, double* products);
// open = g where y is above zero, else 0; adds the sums of that.
template <class T>
void openGradient(PixelRows<const T> g, PixelRows<const T> y, PixelRows<const T> x, PixelRows<T> open,
                  RowRange rows, const float* mean, double* sums, double* products);

// g · a + x · b + c per channel, of g where the line of x is above its floor.
struct GradientTerms {
    const float* a = nullptr;
    const float* b = nullptr;
    const float* c = nullptr;
};
// adds: to what the result holds.
template <class T>
void writeGradient(PixelRows<const T> g, PixelRows<const T> x, PixelRows<T> result, RowRange rows,
                   const Line& line, const GradientTerms& terms, bool adds);

} // namespace hilum
