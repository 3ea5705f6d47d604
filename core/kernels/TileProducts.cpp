#include "core/kernels/TileProducts.h"

#include <algorithm>

#include "core/domain/ProcessorClones.h"

namespace hilum {
namespace {

constexpr std::size_t kLeastPanel = 8; // columns of the right side
constexpr std::size_t kLeftPanel = 8;  // rows of the left side that lie together, in addProductsOfPanels()

// N floats that a processor adds and multiplies at once, wherever they lie.
#if defined(__GNUC__) || defined(__clang__)
template <std::size_t N>
struct LanesOf {
    typedef float Type __attribute__((vector_size(N * sizeof(float)), aligned(alignof(float)), may_alias));
};
#else
template <std::size_t N>
struct LanesOf {
    struct Type {
        float values[N];

        Type& operator+=(const Type& other) {
            for (std::size_t i = 0; i < N; ++i)
                values[i] += other.values[i];
            return *this;
        }
        friend Type operator*(float factor, Type lanes) {
            for (float& value : lanes.values)
                value *= factor;
            return lanes;
        }
    };
};
#endif
template <std::size_t N>
using Lanes = typename LanesOf<N>::Type;

// Where the two sides lie, from one value to the next, in floats.
struct Strides {
    std::size_t leftRow, leftInner, right, next; // next: of what is fetched meanwhile
    bool streams = false;                        // the result
};

// Rows × (W × N) of the result, summed in registers.
template <std::size_t N, std::size_t W, std::size_t Rows, bool Adds>
HILUM_IN_CLONES void block(const float* left, const float* right, const float* next, const Strides& strides,
                           std::size_t inner, float* result, std::size_t columns) {
    Lanes<N> sums[Rows][W], lanes[W];
#pragma GCC unroll 16
    for (std::size_t row = 0; row < Rows; ++row) {
#pragma GCC unroll 2
        for (std::size_t w = 0; w < W; ++w)
            sums[row][w] =
                Adds ? *reinterpret_cast<const Lanes<N>*>(result + row * columns + w * N) : Lanes<N>{};
    }
    for (std::size_t i = 0; i < inner;
         ++i, left += strides.leftInner, right += strides.right, next += strides.next) {
        fetchAhead(next);
#pragma GCC unroll 2
        for (std::size_t w = 0; w < W; ++w)
            lanes[w] = *reinterpret_cast<const Lanes<N>*>(right + w * N);
#pragma GCC unroll 16
        for (std::size_t row = 0; row < Rows; ++row) {
#pragma GCC unroll 2
            for (std::size_t w = 0; w < W; ++w)
                sums[row][w] += left[row * strides.leftRow] * lanes[w];
        }
    }
#pragma GCC unroll 16
    for (std::size_t row = 0; row < Rows; ++row) {
#pragma GCC unroll 2
        for (std::size_t w = 0; w < W; ++w) {
            float* const to = result + row * columns + w * N;
            if (strides.streams)
                stream(reinterpret_cast<const float*>(&sums[row][w]), N, to);
            else
                *reinterpret_cast<Lanes<N>*>(to) = sums[row][w];
        }
    }
}

// With as many rows as are asked for, of at most Most.
template <std::size_t N, std::size_t W, std::size_t Most>
HILUM_IN_CLONES void blockOf(std::size_t rows, const float* left, const float* right, const float* next,
                             const Strides& strides, std::size_t inner, float* result, std::size_t columns) {
    if constexpr (Most > 0) {
        if (rows == Most)
            block<N, W, Most, false>(left, right, next, strides, inner, result, columns);
        else
            blockOf<N, W, Most - 1>(rows, left, right, next, strides, inner, result, columns);
    }
}

// All rows by W × N columns of a panel, in blocks of at most Most rows and of much the same size.
template <std::size_t N, std::size_t W, std::size_t Most>
HILUM_IN_CLONES void rowsBy(const ProductDims& dims, const float* left, const float* right, const float* next,
                            float* result) {
    const std::size_t blocks = (dims.rows + Most - 1) / Most, length = dims.inner * dims.panel;
    const Strides strides{dims.inner, 1, dims.panel, (dims.panel + blocks - 1) / blocks, dims.isBetweenCores};
    for (std::size_t i = 0, row = 0; i < blocks; ++i) {
        const std::size_t end = dims.rows * (i + 1) / blocks;
        blockOf<N, W, Most>(end - row, left + row * dims.inner, right, next + length * i / blocks, strides,
                            dims.inner, result + row * dims.columns, dims.columns);
        row = end;
    }
}

// All rows by a panel. Twice N columns at a time, so that a value of the left side is fetched half as often.
template <std::size_t N, std::size_t Most>
HILUM_IN_CLONES void panelBy(const ProductDims& dims, const float* left, const float* right,
                             const float* next, float* result) {
    if (dims.panel % (2 * N) != 0)
        for (std::size_t column = 0; column < dims.panel; column += N)
            rowsBy<N, 1, Most>(dims, left, right + column, next, result + column);
    else
        for (std::size_t column = 0; column < dims.panel; column += 2 * N)
            rowsBy<N, 2, Most>(dims, left, right + column, next, result + column);
}

// Panels of 8 rows by W × N columns of a panel, Rows of them at a time.
template <std::size_t N, std::size_t W, std::size_t Rows>
HILUM_IN_CLONES void panelsBy(const ProductDims& dims, const float* left, const float* right, float* result) {
    const Strides strides{1, kLeftPanel, dims.panel, kLeftPanel};
    for (std::size_t row = 0; row < dims.rows; row += Rows) {
        const float* from = left + row / kLeftPanel * kLeftPanel * dims.inner + row % kLeftPanel;
        const float* next =
            row / kLeftPanel + 1 < dims.rows / kLeftPanel ? from + kLeftPanel * dims.inner : left;
        block<N, W, Rows, true>(from, right, next, strides, dims.inner, result + row * dims.columns,
                                dims.columns);
    }
}

template <std::size_t N, std::size_t Rows>
HILUM_IN_CLONES void addPanelBy(const ProductDims& dims, const float* left, const float* right, const float*,
                                float* result) {
    if (dims.panel % (2 * N) != 0)
        for (std::size_t column = 0; column < dims.panel; column += N)
            panelsBy<N, 1, Rows>(dims, left, right + column, result + column);
    else
        for (std::size_t column = 0; column < dims.panel; column += 2 * N)
            panelsBy<N, 2, Rows>(dims, left, right + column, result + column);
}

// Lanes and rows by the registers there are. Clones (ProcessorClones.h) cannot ask for two sets of
// instructions at once.
struct PanelProducts {
    std::size_t lanes = 0;
    PanelProduct<float> multiply, addOfPanels;
};
#define HILUM_PANEL_PRODUCTS(NAME, TARGET, LANES, ROWS, ADDED_ROWS)                                          \
    TARGET void multiply##NAME(const ProductDims& dims, const float* left, const float* right,               \
                               const float* next, float* result) {                                           \
        panelBy<LANES, ROWS>(dims, left, right, next, result);                                               \
    }                                                                                                        \
    TARGET void addOfPanels##NAME(const ProductDims& dims, const float* left, const float* right,            \
                                  const float* next, float* result) {                                        \
        addPanelBy<LANES, ADDED_ROWS>(dims, left, right, next, result);                                      \
    }                                                                                                        \
    constexpr PanelProducts k##NAME{LANES, multiply##NAME, addOfPanels##NAME};
HILUM_PANEL_PRODUCTS(Anywhere, , 4, 6, 4)
#ifdef HILUM_X86_TARGETS
HILUM_PANEL_PRODUCTS(Avx2, __attribute__((target("avx2,fma"))), 8, 6, 4)
HILUM_PANEL_PRODUCTS(Avx512, __attribute__((target("avx512f"))), 16, 8, 8)
#endif
#undef HILUM_PANEL_PRODUCTS

const PanelProducts& productsHere() {
#ifdef HILUM_X86_TARGETS
    if (__builtin_cpu_supports("avx512f"))
        return kAvx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return kAvx2;
#endif
    return kAnywhere;
}

const PanelProducts& productsFor([[maybe_unused]] std::size_t panel) {
    const PanelProducts& best = productsHere();
#ifdef HILUM_X86_TARGETS
    if (panel % best.lanes != 0)
        return kAvx2; // which AVX-512 comes with
#endif
    return best;
}

} // namespace

bool hasWideProducts() { return &productsHere() != &kAnywhere; }

std::size_t panelFor(std::size_t columns) {
    std::size_t panel = std::max<std::size_t>(2 * productsHere().lanes, kLeastPanel);
    while (columns % panel != 0)
        panel /= 2;
    return panel;
}

void multiply(const ProductDims& dims, const float* left, const float* right, float* result,
              ParallelFor parallel) {
    forEachPanel(productsFor(dims.panel).multiply, dims, left, right, result, parallel);
}

void addProductsOfPanels(const ProductDims& dims, const float* left, const float* right, float* result,
                         ParallelFor parallel) {
    forEachPanel(productsFor(dims.panel).addOfPanels, dims, left, right, result, parallel);
}

} // namespace hilum
