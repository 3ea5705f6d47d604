#include "core/kernels/NormedProducts.h"

#include <algorithm>
#include <cassert>
#include <type_traits>

#include "core/domain/Avx512Bf16.h"
#include "core/domain/ProcessorClones.h"
#include "core/kernels/NarrowProducts.h"
#include "core/kernels/Scratch.h"
#include "core/kernels/TileProducts.h"

namespace hilum {
namespace {

constexpr std::size_t kBlock = kPointwiseBlock;
// Of inputs at a time: a panel of their weights stays in the nearest cache. Odd numbers of blocks, so that
// the rows of what is normed do not fall upon the same lines of a cache.
constexpr std::size_t kChunkBlocks = 15;
constexpr std::size_t kBandPixels = 128; // at a time: what is normed, and the sums, stay in the second cache

// A block's pixels, normed, into rows that are `stride` apart.
HILUM_CLONES void normInto(const float* source, const NormedConvolution& norm, std::size_t channel,
                           std::size_t pixels, float* rows, std::size_t stride) {
    const float *scale = norm.scale + channel, *shift = norm.shift + channel;
    const float low = norm.inner.low, high = norm.inner.high;
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
#pragma omp simd
        for (std::size_t lane = 0; lane < kBlock; ++lane) {
            const float value = source[pixel * kBlock + lane] * scale[lane] + shift[lane];
            const float raised = value < low ? low : value;
            rows[pixel * stride + lane] = raised > high ? high : raised;
        }
    }
}

// A block's sums, from rows that are `stride` apart.
HILUM_CLONES void finish(const float* sums, const NormedConvolution& convolution, std::size_t channel,
                         std::size_t pixels, std::size_t stride, float* target) {
    const float* bias = convolution.bias + channel;
    const float low = convolution.outer.low, high = convolution.outer.high;
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
#pragma omp simd
        for (std::size_t lane = 0; lane < kBlock; ++lane) {
            const float value = sums[pixel * stride + lane] + bias[lane];
            const float raised = value < low ? low : value;
            target[pixel * kBlock + lane] = raised > high ? high : raised;
        }
    }
}

#ifdef HILUM_X86_TARGETS
HILUM_AVX512_BF16 inline __m512 limited(__m512 values, const ValueLimits& limits) {
    return native::within(_mm512_set1_ps(limits.low), _mm512_set1_ps(limits.high), values);
}

HILUM_AVX512_BF16 void normInto(const Bfloat16* source, const NormedConvolution& norm, std::size_t channel,
                                std::size_t pixels, Bfloat16* rows, std::size_t stride) {
    const __m512 scale = _mm512_loadu_ps(norm.scale + channel), shift = _mm512_loadu_ps(norm.shift + channel);
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
        native::store(
            rows + pixel * stride,
            limited(_mm512_fmadd_ps(native::wideOf(source + pixel * kBlock), scale, shift), norm.inner));
    }
}

HILUM_AVX512_BF16 void finish(const float* sums, const NormedConvolution& convolution, std::size_t channel,
                              std::size_t pixels, std::size_t stride, Bfloat16* target) {
    const __m512 bias = _mm512_loadu_ps(convolution.bias + channel);
    for (std::size_t pixel = 0; pixel < pixels; ++pixel)
        native::store(
            target + pixel * kBlock,
            limited(_mm512_add_ps(_mm512_loadu_ps(sums + pixel * stride), bias), convolution.outer));
}
#else
void normInto(const Bfloat16*, const NormedConvolution&, std::size_t, std::size_t, Bfloat16*, std::size_t) {}
void finish(const float*, const NormedConvolution&, std::size_t, std::size_t, std::size_t, Bfloat16*) {}
#endif

template <class T>
PanelProduct<T> productOf(std::size_t panel, bool adds) {
    if constexpr (std::is_same_v<T, float>)
        return panelProduct(panel, adds);
    else
        return narrowPanelProduct(adds);
}

struct Range {
    std::size_t first = 0, last = 0;
    [[nodiscard]] std::size_t count() const { return last - first; }
};

// A band of pixels of some panels of outputs.
template <class T>
void convolveBand(const T* source, const NormedConvolution& convolution, const T* packed, Range pixels,
                  Range panels, T* target) {
    const PointwiseDims& dims = convolution.dims;
    const std::size_t panel = pointwisePanel<T>(dims.outputs), blocks = dims.inputs / kBlock,
                      outputs = panels.count() * panel;
    thread_local Scratch normedMemory, sumMemory;
    T* normed = normedMemory.of<T>(pixels.count() * kChunkBlocks * kBlock);
    float* sums = sumMemory.of(pixels.count() * outputs);
    for (std::size_t first = 0; first < blocks; first += kChunkBlocks) {
        const std::size_t count = std::min(kChunkBlocks, blocks - first), inputs = count * kBlock,
                          nextFirst = first + count < blocks ? first + count : 0; // then of the next band
        for (std::size_t block = 0; block < count; ++block)
            normInto(source + ((first + block) * convolution.pixels + pixels.first) * kBlock, convolution,
                     (first + block) * kBlock, pixels.count(), normed + block * kBlock, inputs);
        const ProductDims product{
            .count = 1, .rows = pixels.count(), .inner = inputs, .columns = outputs, .panel = panel};
        const PanelProduct<T> multiply = productOf<T>(panel, first > 0);
        for (std::size_t i = panels.first; i < panels.last; ++i) {
            const T* weights = packed + (i * dims.inputs + first * kBlock) * panel;
            const T* next = i + 1 < panels.last
                                ? weights + dims.inputs * panel
                                : packed + (panels.first * dims.inputs + nextFirst * kBlock) * panel;
            multiply(product, normed, weights, next, sums + (i - panels.first) * panel);
        }
    }
    for (std::size_t channel = 0; channel < outputs; channel += kBlock) {
        const std::size_t of = panels.first * panel + channel;
        finish(sums + channel, convolution, of, pixels.count(), outputs,
               target + (of / kBlock * convolution.pixels + pixels.first) * kBlock);
    }
}

template <class T>
void convolvePart(const T* source, const NormedConvolution& convolution, const T* packed, Range pixels,
                  Range panels, T* target) {
    const std::size_t bands = (pixels.count() + kBandPixels - 1) / kBandPixels;
    for (std::size_t i = 0; i < bands; ++i)
        convolveBand(
            source, convolution, packed,
            {pixels.first + pixels.count() * i / bands, pixels.first + pixels.count() * (i + 1) / bands},
            panels, target);
}

} // namespace

template <>
bool hasNormedProducts<float>() {
    return hasWideProducts();
}
template <>
bool hasNormedProducts<Bfloat16>() {
    return hasNarrowProducts();
}

template <class T>
void convolveNormed(const T* source, const NormedConvolution& convolution, const T* packed, T* target,
                    ParallelFor parallel) {
    const PointwiseDims& dims = convolution.dims;
    assert(hasNormedProducts<T>() && dims.inputs % kBlock == 0 && dims.outputs % kBlock == 0);
    const std::size_t panels = dims.outputs / pointwisePanel<T>(dims.outputs);
    // Every thread reads all of the smaller of the two, weights or source, and its part of the other.
    if (convolution.pixels > dims.outputs) {
        parallel(convolution.pixels, [&](std::size_t first, std::size_t last) {
            convolvePart(source, convolution, packed, {first, last}, {0, panels}, target);
        });
    } else {
        parallel(panels, [&](std::size_t first, std::size_t last) {
            convolvePart(source, convolution, packed, {0, convolution.pixels}, {first, last}, target);
        });
    }
}

template void convolveNormed(const float*, const NormedConvolution&, const float*, float*, ParallelFor);
template void convolveNormed(const Bfloat16*, const NormedConvolution&, const Bfloat16*, Bfloat16*,
                             ParallelFor);

} // namespace hilum
