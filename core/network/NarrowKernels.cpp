#include "core/network/NarrowKernels.h"

#include <algorithm>
#include <bit>
#include <vector>

// One function, compiled for each of these; the dynamic linker takes the best that the processor has.
#if defined(__x86_64__) && defined(__linux__) && (defined(__GNUC__) || defined(__clang__))
#define HILUM_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define HILUM_CLONES
#endif

namespace hilum {
namespace {

constexpr std::size_t kRowsOfABlock = 64; // summed in fp32 before they go to fp64

inline float wide(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
inline std::uint16_t narrow(float value) { // to the nearest, halves to even
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<std::uint16_t>((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16);
}

// The gradient where the ReLU's output is above zero, else zero; without a branch, which would end the vectors.
inline std::uint16_t opened(std::uint16_t gradient, std::uint16_t output) {
    return static_cast<std::uint16_t>(gradient & -static_cast<int>(output != 0));
}

HILUM_CLONES void momentRow(const std::uint16_t* x, const float* origin, float* sums, float* squares, std::size_t count) {
#pragma omp simd
    for (std::size_t c = 0; c < count; ++c) {
        const float value = wide(x[c]) - origin[c];
        sums[c] += value;
        squares[c] += value * value;
    }
}

HILUM_CLONES void normaliseRow(const std::uint16_t* x, std::uint16_t* y, const float* scale, const float* shift, float floor,
                               std::size_t count) {
#pragma omp simd
    for (std::size_t c = 0; c < count; ++c) {
        const float value = wide(x[c]) * scale[c] + shift[c];
        y[c] = narrow(value < floor ? floor : value); // what is no number stays none
    }
}

HILUM_CLONES void gradientSumRow(const std::uint16_t* g, const std::uint16_t* x, const float* mean, float* sums,
                                 float* products, std::size_t count) {
#pragma omp simd
    for (std::size_t c = 0; c < count; ++c) {
        const float value = wide(g[c]);
        sums[c] += value;
        products[c] += value * (wide(x[c]) - mean[c]);
    }
}

HILUM_CLONES void openGradientSumRow(const std::uint16_t* g, const std::uint16_t* x, const std::uint16_t* y,
                                     const float* mean, float* sums, float* products, std::size_t count) {
#pragma omp simd
    for (std::size_t c = 0; c < count; ++c) {
        const float value = wide(opened(g[c], y[c]));
        sums[c] += value;
        products[c] += value * (wide(x[c]) - mean[c]);
    }
}

HILUM_CLONES void gradientRow(const std::uint16_t* g, const std::uint16_t* x, std::uint16_t* result, const float* a,
                              const float* b, const float* c, std::size_t count) {
#pragma omp simd
    for (std::size_t i = 0; i < count; ++i)
        result[i] = narrow(wide(g[i]) * a[i] + wide(x[i]) * b[i] + c[i]);
}

HILUM_CLONES void openGradientRow(const std::uint16_t* g, const std::uint16_t* x, const std::uint16_t* y,
                                  std::uint16_t* result, const float* a, const float* b, const float* c, std::size_t count) {
#pragma omp simd
    for (std::size_t i = 0; i < count; ++i) {
        const float value = wide(opened(g[i], y[i]));
        result[i] = narrow(value * a[i] + wide(x[i]) * b[i] + c[i]);
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

void addMoments(const std::uint16_t* x, RowRange rows, const float* origin, double* sums, double* squares) {
    addBlocks(rows, sums, squares, [&](std::size_t at, float* blockSums, float* blockSquares) {
        momentRow(x + at, origin, blockSums, blockSquares, rows.channels);
    });
}

void normaliseRows(const std::uint16_t* x, std::uint16_t* y, RowRange rows, const float* scale, const float* shift,
                   bool rectifies) {
    const float floor = rectifies ? 0.0F : -3.4e38F;
    for (std::size_t row = rows.first; row < rows.last; ++row)
        normaliseRow(x + row * rows.channels, y + row * rows.channels, scale, shift, floor, rows.channels);
}

void addGradientSums(const std::uint16_t* g, const std::uint16_t* x, const std::uint16_t* y, RowRange rows,
                     const float* mean, double* sums, double* products) {
    addBlocks(rows, sums, products, [&](std::size_t at, float* blockSums, float* blockProducts) {
        if (y == nullptr)
            gradientSumRow(g + at, x + at, mean, blockSums, blockProducts, rows.channels);
        else
            openGradientSumRow(g + at, x + at, y + at, mean, blockSums, blockProducts, rows.channels);
    });
}

void gradientRows(const std::uint16_t* g, const std::uint16_t* x, const std::uint16_t* y, std::uint16_t* result,
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
