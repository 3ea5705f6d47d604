#include "core/network/BatchNormKernels.h"

#include <algorithm>
#include <bit>
#include <type_traits>
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

inline float wide(float value) { return value; }
inline float wide(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

template <class T>
inline T narrow(float value) {
    if constexpr (std::is_same_v<T, float>) {
        return value;
    } else { // to the nearest, halves to even
        const auto bits = std::bit_cast<std::uint32_t>(value);
        return static_cast<std::uint16_t>((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16);
    }
}

// The gradient where the ReLU's output is above zero, else zero; without a branch, which would end the vectors.
inline float opened(std::uint16_t gradient, std::uint16_t output) {
    return wide(static_cast<std::uint16_t>(gradient & -static_cast<int>(output != 0)));
}
inline float opened(float gradient, float output) {
    const auto mask = static_cast<std::uint32_t>(-static_cast<std::int32_t>(output > 0));
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(gradient) & mask);
}

// Attributes do not mix with templates, so every clone is spelled out.
#define HILUM_ROW_KERNELS(T)                                                                                      \
    HILUM_CLONES void momentRow(const T* x, const float* origin, float* sums, float* squares, std::size_t count) { \
        _Pragma("omp simd") for (std::size_t c = 0; c < count; ++c) {                                             \
            const float value = wide(x[c]) - origin[c];                                                           \
            sums[c] += value;                                                                                     \
            squares[c] += value * value;                                                                          \
        }                                                                                                         \
    }                                                                                                             \
    HILUM_CLONES void normaliseRow(const T* x, T* y, const float* scale, const float* shift, float floor,         \
                                   std::size_t count) {                                                           \
        _Pragma("omp simd") for (std::size_t c = 0; c < count; ++c) {                                             \
            const float value = wide(x[c]) * scale[c] + shift[c];                                                 \
            y[c] = narrow<T>(value < floor ? floor : value); /* what is no number stays none */                 \
        }                                                                                                         \
    }                                                                                                             \
    HILUM_CLONES void gradientSumRow(const T* g, const T* x, const float* mean, float* sums, float* products,     \
                                     std::size_t count) {                                                         \
        _Pragma("omp simd") for (std::size_t c = 0; c < count; ++c) {                                             \
            const float value = wide(g[c]);                                                                       \
            sums[c] += value;                                                                                     \
            products[c] += value * (wide(x[c]) - mean[c]);                                                        \
        }                                                                                                         \
    }                                                                                                             \
    HILUM_CLONES void openGradientSumRow(const T* g, const T* x, const T* y, const float* mean, float* sums,      \
                                         float* products, std::size_t count) {                                    \
        _Pragma("omp simd") for (std::size_t c = 0; c < count; ++c) {                                             \
            const float value = opened(g[c], y[c]);                                                               \
            sums[c] += value;                                                                                     \
            products[c] += value * (wide(x[c]) - mean[c]);                                                        \
        }                                                                                                         \
    }                                                                                                             \
    HILUM_CLONES void gradientRow(const T* g, const T* x, T* result, const float* a, const float* b,              \
                                  const float* c, std::size_t count) {                                            \
        _Pragma("omp simd") for (std::size_t i = 0; i < count; ++i)                                               \
            result[i] = narrow<T>(wide(g[i]) * a[i] + wide(x[i]) * b[i] + c[i]);                                  \
    }                                                                                                             \
    HILUM_CLONES void openGradientRow(const T* g, const T* x, const T* y, T* result, const float* a,              \
                                      const float* b, const float* c, std::size_t count) {                        \
        _Pragma("omp simd") for (std::size_t i = 0; i < count; ++i)                                               \
            result[i] = narrow<T>(opened(g[i], y[i]) * a[i] + wide(x[i]) * b[i] + c[i]);                          \
    }
HILUM_ROW_KERNELS(float)
HILUM_ROW_KERNELS(std::uint16_t)
#undef HILUM_ROW_KERNELS

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

template <class T>
void addMoments(const T* x, RowRange rows, const float* origin, double* sums, double* squares) {
    addBlocks(rows, sums, squares, [&](std::size_t at, float* blockSums, float* blockSquares) {
        momentRow(x + at, origin, blockSums, blockSquares, rows.channels);
    });
}

template <class T>
void normaliseRows(const T* x, T* y, RowRange rows, const float* scale, const float* shift, bool rectifies) {
    const float floor = rectifies ? 0.0F : -3.4e38F;
    for (std::size_t row = rows.first; row < rows.last; ++row)
        normaliseRow(x + row * rows.channels, y + row * rows.channels, scale, shift, floor, rows.channels);
}

template <class T>
void addGradientSums(const T* g, const T* x, const T* y, RowRange rows, const float* mean, double* sums,
                     double* products) {
    addBlocks(rows, sums, products, [&](std::size_t at, float* blockSums, float* blockProducts) {
        if (y == nullptr)
            gradientSumRow(g + at, x + at, mean, blockSums, blockProducts, rows.channels);
        else
            openGradientSumRow(g + at, x + at, y + at, mean, blockSums, blockProducts, rows.channels);
    });
}

template <class T>
void gradientRows(const T* g, const T* x, const T* y, T* result, RowRange rows, const float* a, const float* b,
                  const float* c) {
    for (std::size_t row = rows.first; row < rows.last; ++row) {
        const std::size_t at = row * rows.channels;
        if (y == nullptr)
            gradientRow(g + at, x + at, result + at, a, b, c, rows.channels);
        else
            openGradientRow(g + at, x + at, y + at, result + at, a, b, c, rows.channels);
    }
}

#define HILUM_INSTANTIATE(T)                                                                                      \
    template void addMoments(const T*, RowRange, const float*, double*, double*);                                 \
    template void normaliseRows(const T*, T*, RowRange, const float*, const float*, bool);                        \
    template void addGradientSums(const T*, const T*, const T*, RowRange, const float*, double*, double*);        \
    template void gradientRows(const T*, const T*, const T*, T*, RowRange, const float*, const float*, const float*);
HILUM_INSTANTIATE(float)
HILUM_INSTANTIATE(std::uint16_t)
#undef HILUM_INSTANTIATE

} // namespace hilum
