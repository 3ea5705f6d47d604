#include "core/kernels/PointwiseProducts.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "core/domain/Avx512Bf16.h"
#include "core/kernels/NarrowProducts.h"
#include "core/kernels/Scratch.h"
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

std::size_t panelOf(std::size_t outputs) { return outputs % (2 * kBlock) == 0 ? 2 * kBlock : kBlock; }

// The largest part, as a multiple of an equal share.
double unevenness(std::size_t parts, std::size_t threads) {
    const std::size_t most = (parts + threads - 1) / threads;
    return static_cast<double>(most * threads) / static_cast<double>(parts);
}

#ifdef HILUM_X86_TARGETS
// With a norm: weights of a panel that stay in the nearest cache, and pieces whose normed values and sums
// stay in the second.
constexpr std::size_t kPartBytes = 32'768, kBandPieces = 14;

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

// Sums of some of the inputs, between two parts of them: pixels × outputs.
struct Partial {
    float* sums = nullptr;
    std::size_t stride = 0; // from one pixel to the next
    bool begins = true, ends = true;
};

// One piece, one panel and some inputs: where they begin, and what is fetched meanwhile.
template <class T>
struct Work {
    const T* source = nullptr;
    std::size_t sourcePlane = 0, blocks = 0; // from one block of inputs to the next; how many
    T* target = nullptr;
    Partial partial{};
    std::size_t channel = 0; // of the target
    const T* weights = nullptr;
    const T* next = nullptr;
    std::size_t nextStep = 0; // values, for each step of the sums
};

// Pixels × (W × 16) outputs, summed in registers. IsPart: of the inputs; else partial is nothing.
template <class T, std::size_t Stride, std::size_t W, bool IsPart, std::size_t Pixels>
HILUM_IN_AVX512_BF16 void convolvePiece(Work<T> work, const PointwiseConvolution& convolution) {
    constexpr std::size_t kOnce = kTogether<T>, kSteps = 4, kPixel = Stride * kBlock;
    const std::size_t targetPlane = convolution.rows * convolution.columns * kBlock;
    const ConvolutionEpilogue epilogue = convolution.epilogue; // which the stores leave alone
    const Partial partial = work.partial;
    __m512 sums[Pixels][W];
#pragma GCC unroll 8
    for (std::size_t pixel = 0; pixel < Pixels; ++pixel) {
#pragma GCC unroll 2
        for (std::size_t w = 0; w < W; ++w) {
            sums[pixel][w] = _mm512_loadu_ps(!IsPart || partial.begins
                                                 ? epilogue.bias + work.channel + w * kBlock
                                                 : partial.sums + pixel * partial.stride + w * kBlock);
            if (epilogue.adds)
                __builtin_prefetch(work.target + w * targetPlane + pixel * kBlock);
        }
    }
    for (std::size_t block = 0; block < work.blocks; ++block, work.source += work.sourcePlane) {
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
            if (IsPart && !partial.ends) {
                _mm512_storeu_ps(partial.sums + pixel * partial.stride + w * kBlock, sums[pixel][w]);
                continue;
            }
            T* const to = work.target + w * targetPlane + pixel * kBlock;
            const __m512 sum = epilogue.adds ? _mm512_add_ps(sums[pixel][w], wideOf(to)) : sums[pixel][w];
            store(to, native::within(low, high, sum));
        }
    }
}

// With as many pixels as are asked for, of at most Most.
template <class T, std::size_t Stride, std::size_t W, bool IsPart, std::size_t Most>
HILUM_IN_AVX512_BF16 void convolvePieceOf(std::size_t pixels, const Work<T>& work,
                                          const PointwiseConvolution& convolution) {
    if constexpr (Most > 0) {
        if (pixels == Most)
            convolvePiece<T, Stride, W, IsPart, Most>(work, convolution);
        else
            convolvePieceOf<T, Stride, W, IsPart, Most - 1>(pixels, work, convolution);
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

// Pixels of a block, normed.
template <class T>
HILUM_AVX512_BF16 void normInto(const T* source, std::size_t pixels, const PointwiseNorm& norm,
                                std::size_t channel, T* normed) {
    const __m512 scale = _mm512_loadu_ps(norm.scale + channel), shift = _mm512_loadu_ps(norm.shift + channel),
                 low = _mm512_set1_ps(norm.low), high = _mm512_set1_ps(norm.high);
    for (std::size_t i = 0; i < pixels * kBlock; i += kBlock)
        store(normed + i, native::within(low, high, _mm512_fmadd_ps(wideOf(source + i), scale, shift)));
}

// Some pieces of some panels of W × 16 outputs, and some inputs: one panel after the other.
template <class T, std::size_t Stride, std::size_t W, bool IsPart>
HILUM_AVX512_BF16 void convolvePanels(const PointwiseConvolution& convolution, std::span<const Piece> pieces,
                                      const T* packed, Range panels, const T* next, Work<T> work) {
    work.nextStep = (W * kBlock * kTogether<T> + pieces.size() - 1) / pieces.size();
    const std::size_t share = work.blocks * kBlock * W * kBlock / pieces.size(),
                      length = convolution.dims.inputs * W * kBlock,
                      targetPlane = convolution.rows * convolution.columns * kBlock;
    const Work<T> first = work;
    for (std::size_t panel = panels.first; panel < panels.last; ++panel, packed += length) {
        work.weights = packed;
        work.channel = panel * W * kBlock;
        work.next = panel + 1 < panels.last ? packed + length : next;
        for (const Piece& piece : pieces) {
            work.source = first.source + piece.source * kBlock;
            work.target = first.target + work.channel / kBlock * targetPlane + piece.target * kBlock;
            if constexpr (IsPart)
                work.partial.sums = first.partial.sums + piece.source * first.partial.stride +
                                    (panel - panels.first) * W * kBlock;
            convolvePieceOf<T, Stride, W, IsPart, kMostPixels>(piece.pixels, work, convolution);
            work.next += share;
        }
    }
}

// With a norm: some pieces that follow each other, which stay in the core's cache with their sums.
template <class T, std::size_t W>
void convolveNormed(const T* source, const PointwiseConvolution& convolution, std::vector<Piece> pieces,
                    const T* packed, Range panels, const T* next, T* target) {
    constexpr std::size_t kPanel = W * kBlock, kMostBlocks = kPartBytes / (kBlock * kPanel * sizeof(T));
    const std::size_t first = pieces.front().source,
                      pixels = pieces.back().source + pieces.back().pixels - first,
                      blocks = convolution.dims.inputs / kBlock,
                      plane = convolution.sourceRows * convolution.sourceColumns * kBlock,
                      parts = (blocks + kMostBlocks - 1) / kMostBlocks, outputs = panels.count() * kPanel;
    for (Piece& piece : pieces)
        piece.source -= first;
    thread_local Scratch normedMemory, sumMemory;
    T* const normed = normedMemory.of<T>(pixels * std::min(blocks, kMostBlocks) * kBlock);
    float* const sums = sumMemory.of(pixels * outputs);
    for (std::size_t part = 0, block = 0; part < parts; ++part) {
        const std::size_t end = blocks * (part + 1) / parts, count = end - block;
        for (std::size_t i = 0; i < count; ++i)
            normInto(source + (block + i) * plane + first * kBlock, pixels, convolution.norm,
                     (block + i) * kBlock, normed + i * pixels * kBlock);
        const bool isLast = part + 1 == parts;
        convolvePanels<T, 1, W, true>(convolution, pieces, packed + block * kBlock * kPanel, panels,
                                      isLast ? next : packed + end * kBlock * kPanel,
                                      {.source = normed,
                                       .sourcePlane = pixels * kBlock,
                                       .blocks = count,
                                       .target = target,
                                       .partial = {sums, outputs, part == 0, isLast}});
        block = end;
    }
}

// Some pieces of some panels.
template <class T, std::size_t Stride, std::size_t W>
void convolvePart(const T* source, const PointwiseConvolution& convolution, const T* packed, Range part,
                  Range panels, T* target) {
    const std::size_t length = convolution.dims.inputs * W * kBlock;
    const T* const weights = packed + panels.first * length;
    // Behind all of them most often lie the next convolution's.
    const T* const behind =
        convolution.byOutputs ? weights : packed + convolution.dims.outputs * convolution.dims.inputs;
    const std::vector<Piece> pieces = piecesOf(convolution, part);
    if (convolution.norm.scale == nullptr)
        return convolvePanels<T, Stride, W, false>(
            convolution, pieces, weights, panels, behind,
            {.source = source,
             .sourcePlane = convolution.sourceRows * convolution.sourceColumns * kBlock,
             .blocks = convolution.dims.inputs / kBlock,
             .target = target});
    const std::size_t bands = (pieces.size() + kBandPieces - 1) / kBandPieces;
    for (std::size_t band = 0; band < bands; ++band) {
        const auto at = [&](std::size_t index) {
            return pieces.begin() + static_cast<std::ptrdiff_t>(pieces.size() * index / bands);
        };
        convolveNormed<T, W>(source, convolution, {at(band), at(band + 1)}, weights, panels,
                             band + 1 < bands ? weights : behind, target);
    }
}
#else
template <class T, std::size_t Stride, std::size_t W>
void convolvePart(const T*, const PointwiseConvolution&, const T*, Range, Range, T*) {}
#endif

template <class T>
using ConvolvePart = void (*)(const T*, const PointwiseConvolution&, const T*, Range, Range, T*);

} // namespace

template <class T>
void packPointwiseWeights(const float* weights, const PointwiseDims& dims, T* packed) {
    const std::size_t panel = panelOf(dims.outputs);
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

bool hasPointwiseProducts() { return hasNarrowProducts(); }

bool isBetterByOutputs(const PointwiseConvolution& convolution, std::size_t threads) {
    const std::size_t panels = convolution.dims.outputs / panelOf(convolution.dims.outputs);
    return unevenness(panels, threads) < unevenness(Pieces(convolution).count, threads);
}

template <class T>
void convolvePointwise(const T* source, const PointwiseConvolution& convolution, const T* packed, T* target,
                       ParallelFor parallel) {
    const PointwiseDims& dims = convolution.dims;
    assert(hasPointwiseProducts() && dims.inputs % kBlock == 0 && dims.outputs % kBlock == 0);
    assert(convolution.stride == 1 || (convolution.stride == 2 && convolution.norm.scale == nullptr));
    const std::size_t panel = panelOf(dims.outputs), panels = dims.outputs / panel,
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
