#include "core/network/NarrowKernels.h"

#include <algorithm>
#include <vector>

#include "core/domain/ProcessorClones.h"

namespace hilum {
namespace {

constexpr std::size_t kRowsOfABlock = 64; // summed in fp32 before they go to fp64

// The gradient where the ReLU's output is above zero, else zero; without a branch, which would end the vectors.
inline Bfloat16 opened(Bfloat16 gradient, Bfloat16 output) {
    return {static_cast<std::uint16_t>(gradient.bits & -static_cast<int>(output.bits != 0))};
}

HILUM_CLONES void momentRow(const Bfloat16* x, const float* origin, float* sums, float* squares, std::size_t count) {
#pragma omp simd
    for (std::size_t c = 0; c < count; ++c) {
        const float value = toFloat(x[c]) - origin[c];
        sums[c] += value;
        squares[c] += value * value;
    }
}

HILUM_CLONES void normaliseRow(const Bfloat16* x, Bfloat16* y, const float* scale, const float* shift, float floor,
                               std::size_t count) {
#pragma omp simd
    for (std::size_t c = 0; c < count; ++c) {
        const float value = toFloat(x[c]) * scale[c] + shift[c];
        y[c] = toBfloat16(value < floor ? floor : value); // what is no number stays none
    }
}

HILUM_CLONES void gradientSumRow(const Bfloat16* g, const Bfloat16* x, const float* mean, float* sums,
                                 float* products, std::size_t count) {
#pragma omp simd
    for (std::size_t c = 0; c < count; ++c) {
        const float value = toFloat(g[c]);
        sums[c] += value;
        products[c] += value * (toFloat(x[c]) - mean[c]);
    }
}

HILUM_CLONES void openGradientSumRow(const Bfloat16* g, const Bfloat16* x, const Bfloat16* y,
                                     const float* mean, float* sums, float* products, std::size_t count) {
#pragma omp simd
    for (std::size_t c = 0; c < count; ++c) {
        const float value = toFloat(opened(g[c], y[c]));
        sums[c] += value;
        products[c] += value * (toFloat(x[c]) - mean[c]);
    }
}

HILUM_CLONES void gradientRow(const Bfloat16* g, const Bfloat16* x, Bfloat16* result, const float* a,
                              const float* b, const float* c, std::size_t count) {
#pragma omp simd
    for (std::size_t i = 0; i < count; ++i)
        result[i] = toBfloat16(toFloat(g[i]) * a[i] + toFloat(x[i]) * b[i] + c[i]);
}

HILUM_CLONES void openGradientRow(const Bfloat16* g, const Bfloat16* x, const Bfloat16* y,
                                  Bfloat16* result, const float* a, const float* b, const float* c, std::size_t count) {
#pragma omp simd
    for (std::size_t i = 0; i < count; ++i) {
        const float value = toFloat(opened(g[i], y[i]));
        result[i] = toBfloat16(value * a[i] + toFloat(x[i]) * b[i] + c[i]);
    }
}

// Two sums of every channel, block by block.
template <class AddRow>
void addBlocks(RowRange rows, double* first, double* second, const AddRow& addRow) {
    std::vector<float> sums(2 * rows.channels);
    for (std::size_t begin = rows.first; begin < rows.last; begin += kRowsOfABlock) {
        std::ranges::fill(sums, 0.0F);
        for (std::size_t row = begin; row < std::min(begin + kRowsOfABlock, rows.last); ++row)
            addRow(row * rows.channels, sums.data(), sums.data() + rows.channels);
        for (std::size_t c = 0; c < rows.channels; ++c) {
            first[c] += static_cast<double>(sums[c]);
            second[c] += static_cast<double>(sums[rows.channels + c]);
        }
    }
}

} // namespace

void addMoments(const Bfloat16* x, RowRange rows, const float* origin, double* sums, double* squares) {
    addBlocks(rows, sums, squares, [&](std::size_t at, float* blockSums, float* blockSquares) {
        momentRow(x + at, origin, blockSums, blockSquares, rows.channels);
    });
}

void normaliseRows(const Bfloat16* x, Bfloat16* y, RowRange rows, const float* scale, const float* shift,
                   bool rectifies) {
    const float floor = rectifies ? 0.0F : -3.4e38F;
    for (std::size_t row = rows.first; row < rows.last; ++row)
        normaliseRow(x + row * rows.channels, y + row * rows.channels, scale, shift, floor, rows.channels);
}

void addGradientSums(const Bfloat16* g, const Bfloat16* x, const Bfloat16* y, RowRange rows,
                     const float* mean, double* sums, double* products) {
    addBlocks(rows, sums, products, [&](std::size_t at, float* blockSums, float* blockProducts) {
        if (y == nullptr)
            gradientSumRow(g + at, x + at, mean, blockSums, blockProducts, rows.channels);
        else
            openGradientSumRow(g + at, x + at, y + at, mean, blockSums, blockProducts, rows.channels);
    });
}

void gradientRows(const Bfloat16* g, const Bfloat16* x, const Bfloat16* y, Bfloat16* result,
                  RowRange rows, const float* a, const float* b, const float* c) {
    for (std::size_t row = rows.first; row < rows.last; ++row) {
        const std::size_t at = row * rows.channels;
        if (y == nullptr)
            gradientRow(g + at, x + at, result + at, a, b, c, rows.channels);
        else
            openGradientRow(g + at, x + at, y + at, result + at, a, b, c, rows.channels);
    }
}

} // namespace hilum
