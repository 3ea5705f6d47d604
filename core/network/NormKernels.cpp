#include "core/network/NormKernels.h"

#include <algorithm>
#include <vector>

#include "core/domain/ProcessorClones.h"

namespace hilum {
namespace {

constexpr std::size_t kRowsOfABlock = 64; // summed in fp32 before they go to fp64

inline float widened(float value) { return value; }
inline float widened(Bfloat16 value) { return toFloat(value); }
inline void store(float& target, float value) { target = value; }
inline void store(Bfloat16& target, float value) { target = toBfloat16(value); }

// What is no number stays none.
inline float raised(float value, float floor) { return value < floor ? floor : value; }

// Without a branch, which would end the vectors.
inline float opened(float gradient, float value, float floor) { return value <= floor ? 0.0F : gradient; }

#ifdef _MSC_VER
#define HILUM_SIMD
#else
#define HILUM_SIMD _Pragma("omp simd")
#endif

template <bool Adds, class T>
inline void gradientRowOf(const T* g, const T* x, T* result, const Line& line, const GradientTerms& terms,
                          std::size_t count) {
    const float *scale = line.scale, *shift = line.shift, *a = terms.a, *b = terms.b, *c = terms.c;
    const float floor = line.floor;
    HILUM_SIMD for (std::size_t i = 0; i < count; ++i) {
        const float value = widened(x[i]);
        const float gradient = opened(widened(g[i]), value * scale[i] + shift[i], floor);
        const float first = Adds ? widened(result[i]) + gradient * a[i] : gradient * a[i];
        store(result[i], first + value * b[i] + c[i]);
    }
}

// Attributes do not mix with templates, so every clone is spelled out.
#define HILUM_NORM_KERNELS(T)                                                                                \
    HILUM_CLONES void momentRow(const T* x, const float* origin, float* sums, float* squares,                \
                                std::size_t count) {                                                         \
        HILUM_SIMD for (std::size_t c = 0; c < count; ++c) {                                                 \
            const float value = widened(x[c]) - origin[c];                                                   \
            sums[c] += value;                                                                                \
            squares[c] += value * value;                                                                     \
        }                                                                                                    \
    }                                                                                                        \
    HILUM_CLONES void lineRow(const T* x, T* y, const float* scale, const float* shift, float floor,         \
                              std::size_t count) {                                                           \
        HILUM_SIMD for (std::size_t c = 0; c < count; ++c)                                                   \
            store(y[c], raised(widened(x[c]) * scale[c] + shift[c], floor));                                 \
    }                                                                                                        \
    HILUM_CLONES void lineAndAddRow(const T* x, const T* residual, T* y, const float* scale,                 \
                                    const float* shift, float floor, std::size_t count) {                    \
        HILUM_SIMD for (std::size_t c = 0; c < count; ++c)                                                   \
            store(y[c], raised(widened(x[c]) * scale[c] + shift[c] + widened(residual[c]), floor));          \
    }                                                                                                        \
    HILUM_CLONES void gradientSumRow(const T* g, const T* x, const float* scale, const float* shift,         \
                                     float floor, const float* mean, float* sums, float* products,           \
                                     std::size_t count) {                                                    \
        HILUM_SIMD for (std::size_t c = 0; c < count; ++c) {                                                 \
            const float value = widened(x[c]);                                                               \
            const float gradient = opened(widened(g[c]), value * scale[c] + shift[c], floor);                \
            sums[c] += gradient;                                                                             \
            products[c] += gradient * (value - mean[c]);                                                     \
        }                                                                                                    \
    }                                                                                                        \
    HILUM_CLONES void openGradientRow(const T* g, const T* y, const T* x, T* open, const float* mean,        \
                                      float* sums, float* products, std::size_t count) {                     \
        HILUM_SIMD for (std::size_t c = 0; c < count; ++c) {                                                 \
            const float gradient = opened(widened(g[c]), widened(y[c]), 0.0F);                               \
            store(open[c], gradient);                                                                        \
            sums[c] += gradient;                                                                             \
            products[c] += gradient * (widened(x[c]) - mean[c]);                                             \
        }                                                                                                    \
    }                                                                                                        \
    HILUM_CLONES void setGradientRow(const T* g, const T* x, T* result, const Line& line,                    \
                                     const GradientTerms& terms, std::size_t count) {                        \
        gradientRowOf<false>(g, x, result, line, terms, count);                                              \
    }                                                                                                        \
    HILUM_CLONES void addGradientRow(const T* g, const T* x, T* result, const Line& line,                    \
                                     const GradientTerms& terms, std::size_t count) {                        \
        gradientRowOf<true>(g, x, result, line, terms, count);                                               \
    }
HILUM_NORM_KERNELS(float)
HILUM_NORM_KERNELS(Bfloat16)
#undef HILUM_NORM_KERNELS
#undef HILUM_SIMD

template <class Work>
void forEachRow(RowRange rows, const Work& work) {
    for (std::size_t row = rows.first; row < rows.last; ++row)
        work(row);
}

template <class T>
T* at(PixelRows<T> rows, std::size_t row) {
    return rows.data + row * rows.stride;
}

// Two sums of every channel, block by block.
template <class AddRow>
void addBlocks(RowRange rows, double* first, double* second, const AddRow& addRow) {
    std::vector<float> sums(2 * rows.channels);
    for (std::size_t begin = rows.first; begin < rows.last; begin += kRowsOfABlock) {
        std::ranges::fill(sums, 0.0F);
        forEachRow({begin, std::min(begin + kRowsOfABlock, rows.last), rows.channels},
                   [&](std::size_t row) { addRow(row, sums.data(), sums.data() + rows.channels); });
        for (std::size_t c = 0; c < rows.channels; ++c) {
            first[c] += static_cast<double>(sums[c]);
            second[c] += static_cast<double>(sums[rows.channels + c]);
        }
    }
}

} // namespace

template <class T>
void addMoments(PixelRows<const T> x, RowRange rows, const float* origin, double* sums, double* squares) {
    addBlocks(rows, sums, squares, [&](std::size_t row, float* blockSums, float* blockSquares) {
        momentRow(at(x, row), origin, blockSums, blockSquares, rows.channels);
    });
}

template <class T>
void applyLine(PixelRows<const T> x, PixelRows<T> y, RowRange rows, const Line& line) {
    forEachRow(rows, [&](std::size_t row) {
        lineRow(at(x, row), at(y, row), line.scale, line.shift, line.floor, rows.channels);
    });
}

template <class T>
void applyLineAndAdd(PixelRows<const T> x, PixelRows<const T> residual, PixelRows<T> y, RowRange rows,
                     const Line& line) {
    forEachRow(rows, [&](std::size_t row) {
        lineAndAddRow(at(x, row), at(residual, row), at(y, row), line.scale, line.shift, line.floor,
                      rows.channels);
    });
}

template <class T>
void addGradientSums(PixelRows<const T> g, PixelRows<const T> x, RowRange rows, const Line& line,
                     const float* mean, double* sums, double* products) {
    addBlocks(rows, sums, products, [&](std::size_t row, float* blockSums, float* blockProducts) {
        gradientSumRow(at(g, row), at(x, row), line.scale, line.shift, line.floor, mean, blockSums,
                       blockProducts, rows.channels);
    });
}

template <class T>
void openGradient(PixelRows<const T> g, PixelRows<const T> y, PixelRows<const T> x, PixelRows<T> open,
                  RowRange rows, const float* mean, double* sums, double* products) {
    addBlocks(rows, sums, products, [&](std::size_t row, float* blockSums, float* blockProducts) {
        openGradientRow(at(g, row), at(y, row), at(x, row), at(open, row), mean, blockSums, blockProducts,
                        rows.channels);
    });
}

template <class T>
void writeGradient(PixelRows<const T> g, PixelRows<const T> x, PixelRows<T> result, RowRange rows,
                   const Line& line, const GradientTerms& terms, bool adds) {
    forEachRow(rows, [&](std::size_t row) {
        if (adds)
            addGradientRow(at(g, row), at(x, row), at(result, row), line, terms, rows.channels);
        else
            setGradientRow(at(g, row), at(x, row), at(result, row), line, terms, rows.channels);
    });
}

#define HILUM_INSTANTIATE(T)                                                                                 \
    template void addMoments(PixelRows<const T>, RowRange, const float*, double*, double*);                  \
    template void applyLine(PixelRows<const T>, PixelRows<T>, RowRange, const Line&);                        \
    template void applyLineAndAdd(PixelRows<const T>, PixelRows<const T>, PixelRows<T>, RowRange,            \
                                  const Line&);                                                              \
    template void addGradientSums(PixelRows<const T>, PixelRows<const T>, RowRange, const Line&,             \
                                  const float*, double*, double*);                                           \
    template void openGradient(PixelRows<const T>, PixelRows<const T>, PixelRows<const T>, PixelRows<T>,     \
                               RowRange, const float*, double*, double*);                                    \
    template void writeGradient(PixelRows<const T>, PixelRows<const T>, PixelRows<T>, RowRange, const Line&, \
                                const GradientTerms&, bool);
HILUM_INSTANTIATE(float)
HILUM_INSTANTIATE(Bfloat16)
#undef HILUM_INSTANTIATE

} // namespace hilum
