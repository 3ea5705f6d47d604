#include "core/kernels/PointwiseProducts.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <type_traits>
#include <vector>

#include "core/domain/Avx512Bf16.h"
#include "core/domain/Precision.h"
#include "core/kernels/NarrowProducts.h"
#include "core/kernels/TileProducts.h"

namespace hilum {
namespace {

constexpr std::size_t kBlock = kPointwiseBlock;
constexpr std::size_t kMostPixels = 7; // at a time; sides of films of 224 pixels are multiples, down to 7

struct Range {
    std::size_t first = 0, last = 0;
    [[nodiscard]] std::size_t count() const { return last - first; }
};

// How pixels that follow each other in a row of the target are grouped. Without a stride all rows are one.
struct Pieces {
    std::size_t columns, ofRow, count;

    explicit Pieces(const PointwiseConvolution& convolution)
        : columns(convolution.stride == 1 ? convolution.rows * convolution.columns : convolution.columns),
          ofRow((columns + kMostPixels - 1) / kMostPixels),
          count(convolution.stride == 1 ? ofRow : convolution.rows * ofRow) {}
};

// The largest part, as a multiple of an equal share.
double unevenness(std::size_t parts, std::size_t threads) {
    const std::size_t most = (parts + threads - 1) / threads;
    return static_cast<double>(most * threads) / static_cast<double>(parts);
}

#ifdef HILUM_X86_TARGETS
#define HILUM_IN_AVX512_BF16 HILUM_AVX512_BF16 __attribute__((always_inline)) inline

// Channels that are multiplied at once.
template <class T>
constexpr std::size_t kTogether = sizeof(float) / sizeof(T);

HILUM_IN_AVX512_BF16 __m512 lanesAt(const float* values) { return _mm512_loadu_ps(values); }
HILUM_IN_AVX512_BF16 __m512bh lanesAt(const Bfloat16* pairs) {
    return reinterpret_cast<__m512bh>(_mm512_loadu_si512(pairs));
}
HILUM_IN_AVX512_BF16 __m512 inEveryLane(const float* value) { return _mm512_set1_ps(*value); }
HILUM_IN_AVX512_BF16 __m512bh inEveryLane(const Bfloat16* pair) {
    int both = 0;
    std::memcpy(&both, pair, sizeof both);
    return reinterpret_cast<__m512bh>(_mm512_set1_epi32(both));
}
HILUM_IN_AVX512_BF16 __m512 plusProduct(__m512 sum, __m512 a, __m512 b) { return _mm512_fmadd_ps(a, b, sum); }
HILUM_IN_AVX512_BF16 __m512 plusProduct(__m512 sum, __m512bh a, __m512bh b) {
    return _mm512_dpbf16_ps(sum, a, b);
}
HILUM_IN_AVX512_BF16 __m512 wideOf(const float* values) { return _mm512_loadu_ps(values); }
HILUM_IN_AVX512_BF16 __m512 wideOf(const Bfloat16* values) { return native::wideOf(values); }
HILUM_IN_AVX512_BF16 void store(float* target, __m512 values) { _mm512_storeu_ps(target, values); }
HILUM_IN_AVX512_BF16 void store(Bfloat16* target, __m512 values) { native::store(target, values); }

// One piece and one panel: where they begin, and what is fetched meanwhile.
template <class T>
struct Work {
    const T* source;
    const T* weights;
    T* target;
    std::size_t channel; // of the target
    const T* next;
    std::size_t nextStep; // values, for each step of the sums
};

// Pixels × (W × 16) outputs, summed in registers.
template <class T, std::size_t Stride, std::size_t W, std::size_t Pixels>
HILUM_IN_AVX512_BF16 void convolvePiece(Work<T> work, const PointwiseConvolution& convolution) {
    constexpr std::size_t kOnce = kTogether<T>, kSteps = 4, kPixel = Stride * kBlock;
    const std::size_t sourcePlane = convolution.sourceRows * convolution.sourceColumns * kBlock,
                      targetPlane = convolution.rows * convolution.columns * kBlock;
    const ConvolutionEpilogue epilogue = convolution.epilogue; // which the stores leave alone
    __m512 sums[Pixels][W];
#pragma GCC unroll 8
    for (std::size_t pixel = 0; pixel < Pixels; ++pixel) {
#pragma GCC unroll 2
        for (std::size_t w = 0; w < W; ++w) {
            sums[pixel][w] = _mm512_loadu_ps(epilogue.bias + work.channel + w * kBlock);
            if (epilogue.adds)
                __builtin_prefetch(work.target + w * targetPlane + pixel * kBlock);
        }
    }
    const std::size_t blocks = convolution.dims.inputs / kBlock;
    for (std::size_t block = 0; block < blocks; ++block, work.source += sourcePlane) {
        for (std::size_t first = 0; first < kBlock; first += kSteps * kOnce) {
#pragma GCC unroll 4
            for (std::size_t i = first; i < first + kSteps * kOnce; i += kOnce) {
                fetchAhead(work.next); // a line again and again, which is faster than every line once
                work.next += work.nextStep;
                decltype(lanesAt(work.weights)) lanes[W];
#pragma GCC unroll 2
                for (std::size_t w = 0; w < W; ++w)
                    lanes[w] = lanesAt(work.weights + w * kBlock * kOnce);
                work.weights += W * kBlock * kOnce;
#pragma GCC unroll 8
                for (std::size_t pixel = 0; pixel < Pixels; ++pixel) {
                    const auto value = inEveryLane(work.source + pixel * kPixel + i);
#pragma GCC unroll 2
                    for (std::size_t w = 0; w < W; ++w)
                        sums[pixel][w] = plusProduct(sums[pixel][w], value, lanes[w]);
                }
            }
        }
    }
    const __m512 low = _mm512_set1_ps(epilogue.low), high = _mm512_set1_ps(epilogue.high);
#pragma GCC unroll 8
    for (std::size_t pixel = 0; pixel < Pixels; ++pixel) {
#pragma GCC unroll 2
        for (std::size_t w = 0; w < W; ++w) {
            T* const to = work.target + w * targetPlane + pixel * kBlock;
            const __m512 sum = epilogue.adds ? _mm512_add_ps(sums[pixel][w], wideOf(to)) : sums[pixel][w];
            store(to, native::within(low, high, sum));
        }
    }
}

// With as many pixels as are asked for, of at most Most.
template <class T, std::size_t Stride, std::size_t W, std::size_t Most>
HILUM_IN_AVX512_BF16 void convolvePieceOf(std::size_t pixels, const Work<T>& work,
                                          const PointwiseConvolution& convolution) {
    if constexpr (Most > 0) {
        if (pixels == Most)
            convolvePiece<T, Stride, W, Most>(work, convolution);
        else
            convolvePieceOf<T, Stride, W, Most - 1>(pixels, work, convolution);
    }
}

// In pixels.
struct Piece {
    std::size_t source, target, pixels;
};
std::vector<Piece> piecesOf(const PointwiseConvolution& convolution, Range part) {
    const Pieces all(convolution);
    std::vector<Piece> pieces;
    pieces.reserve(part.count());
    for (std::size_t i = part.first; i < part.last; ++i) {
        const std::size_t row = i / all.ofRow, first = all.columns * (i % all.ofRow) / all.ofRow,
                          last = all.columns * (i % all.ofRow + 1) / all.ofRow;
        pieces.push_back({(row * convolution.sourceColumns + first) * convolution.stride,
                          row * convolution.columns + first, last - first});
    }
    return pieces;
}

// Some pieces of some panels of W × 16 outputs.
template <class T, std::size_t Stride, std::size_t W>
HILUM_AVX512_BF16 void convolvePart(const T* source, const PointwiseConvolution& convolution, const T* packed,
                                    Range part, Range panels, T* target) {
    const std::vector<Piece> pieces = piecesOf(convolution, part);
    const std::size_t length = convolution.dims.inputs * W * kBlock, share = length / pieces.size(),
                      step = (W * kBlock * kTogether<T> + pieces.size() - 1) / pieces.size(),
                      targetPlane = convolution.rows * convolution.columns * kBlock;
    target += panels.first * W * targetPlane;
    for (std::size_t panel = panels.first; panel < panels.last; ++panel) {
        const T* const weights = packed + panel * length;
        // Behind the last one most often lie the next convolution's weights.
        const T* next = weights + length;
        for (const Piece& piece : pieces) {
            convolvePieceOf<T, Stride, W, kMostPixels>(piece.pixels,
                                                       {.source = source + piece.source * kBlock,
                                                        .weights = weights,
                                                        .target = target + piece.target * kBlock,
                                                        .channel = panel * W * kBlock,
                                                        .next = next,
                                                        .nextStep = step},
                                                       convolution);
            next += share;
        }
        target += W * targetPlane;
    }
}
#else
template <class T, std::size_t Stride, std::size_t W>
void convolvePart(const T*, const PointwiseConvolution&, const T*, Range, Range, T*) {}
#endif

template <class T>
using ConvolvePart = void (*)(const T*, const PointwiseConvolution&, const T*, Range, Range, T*);

} // namespace

template <>
std::size_t pointwisePanel<float>(std::size_t outputs) {
    return panelFor(outputs);
}
template <>
std::size_t pointwisePanel<Bfloat16>(std::size_t outputs) {
    return outputs % (2 * kNarrowPanel) == 0 ? 2 * kNarrowPanel : kNarrowPanel;
}

template <class T>
void packPointwiseWeights(const float* weights, const PointwiseDims& dims, T* packed) {
    const std::size_t panel = pointwisePanel<T>(dims.outputs);
    for (std::size_t output = 0; output < dims.outputs; ++output) {
        T* to = packed + output / panel * dims.inputs * panel;
        const std::size_t column = output % panel;
        for (std::size_t input = 0; input < dims.inputs; ++input) {
            const float value = weights[output * dims.inputs + input];
            if constexpr (std::is_same_v<T, float>)
                to[input * panel + column] = value;
            else
                to[(input / 2 * panel + column) * 2 + input % 2] = toBfloat16(value);
        }
    }
}

#ifdef HILUM_X86_TARGETS
bool hasPointwiseProducts() { return processorHasBf16(); }
#else
bool hasPointwiseProducts() { return false; }
#endif

bool isBetterByOutputs(const PointwiseConvolution& convolution, std::size_t threads) {
    const std::size_t panels = convolution.dims.outputs / pointwisePanel<float>(convolution.dims.outputs);
    return unevenness(panels, threads) < unevenness(Pieces(convolution).count, threads);
}

template <class T>
void convolvePointwise(const T* source, const PointwiseConvolution& convolution, const T* packed, T* target,
                       ParallelFor parallel) {
    const PointwiseDims& dims = convolution.dims;
    assert(hasPointwiseProducts() && dims.inputs % kBlock == 0 && dims.outputs % kBlock == 0);
    assert(convolution.stride == 1 || convolution.stride == 2);
    const std::size_t panel = pointwisePanel<T>(dims.outputs), panels = dims.outputs / panel,
                      pieces = Pieces(convolution).count;
    const bool isWide = panel == 2 * kBlock;
    const ConvolvePart<T> work = convolution.stride == 1
                                     ? (isWide ? convolvePart<T, 1, 2> : convolvePart<T, 1, 1>)
                                     : (isWide ? convolvePart<T, 2, 2> : convolvePart<T, 2, 1>);
    parallel(convolution.byOutputs ? panels : pieces, [&](std::size_t first, std::size_t last) {
        if (convolution.byOutputs)
            work(source, convolution, packed, {0, pieces}, {first, last}, target);
        else
            work(source, convolution, packed, {first, last}, {0, panels}, target);
    });
}

template void packPointwiseWeights(const float*, const PointwiseDims&, float*);
template void packPointwiseWeights(const float*, const PointwiseDims&, Bfloat16*);
template void convolvePointwise(const float*, const PointwiseConvolution&, const float*, float*, ParallelFor);
template void convolvePointwise(const Bfloat16*, const PointwiseConvolution&, const Bfloat16*, Bfloat16*,
                                ParallelFor);

} // namespace hilum
