#include "core/kernels/NarrowProducts.h"

#include <cassert>
#include <cstring>

#include "core/domain/Avx512Bf16.h"
#include "core/domain/Precision.h"

namespace hilum {

#ifdef HILUM_X86_TARGETS
namespace {

constexpr std::size_t kLanes = 16, kMostRows = 8;

// Columns of a panel, and what is fetched meanwhile; from one pair of rows to the next, in numbers.
struct Right {
    const Bfloat16* pairs;
    std::size_t stride;
    const Bfloat16* next;
    std::size_t nextStride;
};

// Rows × (W × 16) of the result, summed in registers.
template <std::size_t W, std::size_t Rows>
HILUM_IN_AVX512_BF16 void block(const Bfloat16* left, const ProductDims& dims, Right right, float* result) {
    const std::size_t inner = dims.inner, columns = dims.columns;
    __m512 sums[Rows][W];
#pragma GCC unroll 8
    for (std::size_t row = 0; row < Rows; ++row) {
#pragma GCC unroll 2
        for (std::size_t w = 0; w < W; ++w)
            sums[row][w] = _mm512_setzero_ps();
    }
    for (std::size_t i = 0; i < inner; i += 2, right.pairs += right.stride, right.next += right.nextStride) {
#pragma GCC unroll 2
        for (std::size_t w = 0; w < W; ++w)
            fetchAhead(right.next + w * right.nextStride / W);
        __m512bh lanes[W];
#pragma GCC unroll 2
        for (std::size_t w = 0; w < W; ++w)
            lanes[w] = reinterpret_cast<__m512bh>(_mm512_loadu_si512(right.pairs + w * 2 * kLanes));
#pragma GCC unroll 8
        for (std::size_t row = 0; row < Rows; ++row) {
            int pair = 0;
            std::memcpy(&pair, left + row * inner + i, sizeof pair);
            const auto both = reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair));
#pragma GCC unroll 2
            for (std::size_t w = 0; w < W; ++w)
                sums[row][w] = _mm512_dpbf16_ps(sums[row][w], both, lanes[w]);
        }
    }
#pragma GCC unroll 8
    for (std::size_t row = 0; row < Rows; ++row) {
#pragma GCC unroll 2
        for (std::size_t w = 0; w < W; ++w) {
            float* const to = result + row * columns + w * kLanes;
            if (dims.isBetweenCores)
                _mm512_stream_ps(to, sums[row][w]);
            else
                _mm512_storeu_ps(to, sums[row][w]);
        }
    }
}

// With as many rows as are asked for, of at most Most.
template <std::size_t W, std::size_t Most>
HILUM_IN_AVX512_BF16 void blockOf(std::size_t rows, const Bfloat16* left, const ProductDims& dims,
                                  Right right, float* result) {
    if constexpr (Most > 0) {
        if (rows == Most)
            block<W, Most>(left, dims, right, result);
        else
            blockOf<W, Most - 1>(rows, left, dims, right, result);
    }
}

// All rows by W × 16 columns of a panel, in blocks of much the same size.
template <std::size_t W>
HILUM_AVX512_BF16 void rowsBy(const ProductDims& dims, const Bfloat16* left, const Bfloat16* right,
                              const Bfloat16* next, float* result) {
    const std::size_t blocks = (dims.rows + kMostRows - 1) / kMostRows, length = dims.inner * dims.panel,
                      stride = 2 * dims.panel, nextStride = (stride + blocks - 1) / blocks;
    for (std::size_t i = 0, row = 0; i < blocks; ++i) {
        const std::size_t end = dims.rows * (i + 1) / blocks;
        blockOf<W, kMostRows>(end - row, left + row * dims.inner, dims,
                              {right, stride, next + length * i / blocks, nextStride},
                              result + row * dims.columns);
        row = end;
    }
}

void multiplyPanel(const ProductDims& dims, const Bfloat16* left, const Bfloat16* right, const Bfloat16* next,
                   float* result) {
    const std::size_t wide = dims.panel % (2 * kLanes) == 0 ? 2 : 1;
    for (std::size_t column = 0; column < dims.panel; column += wide * kLanes)
        (wide == 2 ? rowsBy<2> : rowsBy<1>)(dims, left, right + 2 * column, next, result + column);
}

HILUM_AVX512_BF16 void narrowRowsHere(const float* rows, std::size_t count, Bfloat16* narrow,
                                      std::size_t stride) {
    for (std::size_t i = 0; i < count; ++i)
        native::store(narrow + i * stride, _mm512_loadu_ps(rows + i * kLanes));
}

} // namespace

bool hasNarrowProducts() { return processorHasBf16(); }
#else
namespace {

void multiplyPanel(const ProductDims&, const Bfloat16*, const Bfloat16*, const Bfloat16*, float*) {}
void narrowRowsHere(const float*, std::size_t, Bfloat16*, std::size_t) {}

} // namespace

bool hasNarrowProducts() { return false; }
#endif

void multiply(const ProductDims& dims, const Bfloat16* left, const Bfloat16* right, float* result,
              ParallelFor parallel) {
    assert(hasNarrowProducts() && dims.inner % 2 == 0 && dims.panel % kNarrowPanel == 0);
    forEachPanel<Bfloat16>(multiplyPanel, dims, left, right, result, parallel);
}

void narrowRows(const float* rows, std::size_t count, Bfloat16* narrow, std::size_t stride) {
    assert(hasNarrowProducts());
    narrowRowsHere(rows, count, narrow, stride);
}

} // namespace hilum
