#include "core/onednn/Kernels.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <vector>

#include "core/domain/ProcessorClones.h"
#include "core/onednn/NativeBfloat16.h"

#include <omp.h>

namespace hilum {
namespace {

constexpr std::ptrdiff_t kWorthThreads = 16'384;                // elements
constexpr std::size_t kFewestColumns = 64, kMostColumns = 4096; // of a thread's part of a transposed product

inline float toFloat(float value) { return value; }

template <class T>
inline T fromFloat(float value) {
    if constexpr (std::is_same_v<T, float>)
        return value;
    else
        return toBfloat16(value);
}

// What is no number stays so.
inline float clamped(float value, Clamp clamp) {
    const float raised = value < clamp.low ? clamp.low : value;
    return raised > clamp.high ? clamp.high : raised;
}

template <class T, std::size_t Block>
inline void scaleRowOf(const T* source, T* target, const float* scale, const float* shift, std::size_t pixels,
                       Clamp clamp) {
    for (std::size_t i = 0; i < pixels; ++i) {
#pragma omp simd
        for (std::size_t lane = 0; lane < Block; ++lane)
            target[i * Block + lane] =
                fromFloat<T>(clamped(toFloat(source[i * Block + lane]) * scale[lane] + shift[lane], clamp));
    }
}

template <class T, std::size_t Block>
inline void halveRowsOf(const T* upper, const T* lower, T* target, const float* scale, const float* shift,
                        std::size_t pixels, Clamp clamp) {
    for (std::size_t i = 0; i < pixels; ++i) {
#pragma omp simd
        for (std::size_t lane = 0; lane < Block; ++lane) {
            const std::size_t left = 2 * i * Block + lane;
            const auto at = [&](const T* row, std::size_t index) {
                return clamped(toFloat(row[index]) * scale[lane] + shift[lane], clamp);
            };
            target[i * Block + lane] = fromFloat<T>(0.25F * (at(upper, left) + at(upper, left + Block) +
                                                             at(lower, left) + at(lower, left + Block)));
        }
    }
}

// Attributes do not mix with templates, so every clone is spelled out.
#define HILUM_ROW_KERNELS(T, B)                                                                              \
    HILUM_CLONES void scaleRow(const T* source, T* target, const float* scale, const float* shift,           \
                               std::size_t pixels, Clamp clamp, std::integral_constant<std::size_t, B>) {    \
        scaleRowOf<T, B>(source, target, scale, shift, pixels, clamp);                                       \
    }                                                                                                        \
    HILUM_CLONES void halveRows(const T* upper, const T* lower, T* target, const float* scale,               \
                                const float* shift, std::size_t pixels, Clamp clamp,                         \
                                std::integral_constant<std::size_t, B>) {                                    \
        halveRowsOf<T, B>(upper, lower, target, scale, shift, pixels, clamp);                                \
    }
HILUM_ROW_KERNELS(float, 8)
HILUM_ROW_KERNELS(float, 16)
HILUM_ROW_KERNELS(Bfloat16, 8)
HILUM_ROW_KERNELS(Bfloat16, 16)
#undef HILUM_ROW_KERNELS

template <class T>
inline void addRowOf(const T* a, const T* b, T* target, std::size_t count, Clamp clamp) {
#pragma omp simd
    for (std::size_t i = 0; i < count; ++i)
        target[i] = fromFloat<T>(clamped(toFloat(a[i]) + toFloat(b[i]), clamp));
}

template <class T>
inline float dotOf(const T* row, const float* vector, std::size_t count) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t i = 0; i < count; ++i)
        sum += toFloat(row[i]) * vector[i];
    return sum;
}

// So many at a time read and write the target less often.
constexpr std::size_t kRowsAtOnce = 4;
template <class T>
inline void addScaledOf(const std::array<const T*, kRowsAtOnce>& rows,
                        const std::array<float, kRowsAtOnce>& factors, float* target, std::size_t count) {
    const T *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
    const float e = factors[0], f = factors[1], g = factors[2], h = factors[3];
#pragma omp simd
    for (std::size_t i = 0; i < count; ++i)
        target[i] += e * toFloat(a[i]) + f * toFloat(b[i]) + g * toFloat(c[i]) + h * toFloat(d[i]);
}

#define HILUM_VECTOR_KERNELS(T)                                                                              \
    HILUM_CLONES void addRow(const T* a, const T* b, T* target, std::size_t count, Clamp clamp) {            \
        addRowOf(a, b, target, count, clamp);                                                                \
    }                                                                                                        \
    HILUM_CLONES float dot(const T* row, const float* vector, std::size_t count) {                           \
        return dotOf(row, vector, count);                                                                    \
    }                                                                                                        \
    HILUM_CLONES void addScaled(const std::array<const T*, kRowsAtOnce>& rows,                               \
                                const std::array<float, kRowsAtOnce>& factors, float* target,                \
                                std::size_t count) {                                                         \
        addScaledOf(rows, factors, target, count);                                                           \
    }
HILUM_VECTOR_KERNELS(float)
HILUM_VECTOR_KERNELS(Bfloat16)
#undef HILUM_VECTOR_KERNELS

// work(block, first, count) for parts of the pixels, or rows, of all blocks; of few pixels the threads share
// the blocks, too. elements: how many values it is all in all.
template <class Work>
void forEachBlock(std::size_t blocks, std::size_t pixels, std::size_t elements, const Work& work) {
    const bool isWorthThreads = elements > static_cast<std::size_t>(kWorthThreads);
    const auto threads = isWorthThreads ? static_cast<std::size_t>(omp_get_max_threads()) : 1;
    const std::size_t parts = std::clamp<std::size_t>(pixels, 1, threads), groups = threads / parts;
    const auto tasks = static_cast<std::ptrdiff_t>(parts * groups);
#pragma omp parallel for schedule(static) if (isWorthThreads)
    for (std::ptrdiff_t task = 0; task < tasks; ++task) {
        const std::size_t part = static_cast<std::size_t>(task) / groups,
                          group = static_cast<std::size_t>(task) % groups;
        const std::size_t first = pixels * part / parts, last = pixels * (part + 1) / parts;
        for (std::size_t block = blocks * group / groups; block < blocks * (group + 1) / groups; ++block)
            work(block, first, last - first);
    }
}

template <class T, std::size_t B>
void scaleAndShiftBlocks(const T* source, T* target, const float* scale, const float* shift,
                         BlockedExtent extent, Clamp clamp) {
    const std::size_t pixels = extent.rows * extent.columns;
    const std::size_t elements = extent.blocks * pixels * B;
    forEachBlock(extent.blocks, pixels, elements,
                 [&](std::size_t block, std::size_t first, std::size_t count) {
                     const std::size_t at = (block * pixels + first) * B, channel = block * B;
                     if constexpr (B == 16 && std::is_same_v<T, Bfloat16>) {
                         if (native::scalePixels(source + at, target + at, scale + channel, shift + channel,
                                                 count, clamp))
                             return;
                     }
                     scaleRow(source + at, target + at, scale + channel, shift + channel, count, clamp,
                              std::integral_constant<std::size_t, B>{});
                 });
}

template <class T, std::size_t B>
void scaleShiftAndHalveBlocks(const T* source, T* target, const float* scale, const float* shift,
                              BlockedExtent extent, Clamp clamp) {
    const std::size_t halfRows = extent.rows / 2, halfColumns = extent.columns / 2;
    const std::size_t rowSize = extent.columns * B;
    forEachBlock(extent.blocks, halfRows, extent.blocks * extent.rows * rowSize,
                 [&](std::size_t block, std::size_t first, std::size_t count) {
                     for (std::size_t y = first; y < first + count; ++y) {
                         const T* upper = source + (block * extent.rows + 2 * y) * rowSize;
                         T* to = target + (block * halfRows + y) * halfColumns * B;
                         if constexpr (B == 16 && std::is_same_v<T, Bfloat16>) {
                             if (native::halvePixels(upper, upper + rowSize, to, scale + block * B,
                                                     shift + block * B, halfColumns, clamp))
                                 continue;
                         }
                         halveRows(upper, upper + rowSize, to, scale + block * B, shift + block * B,
                                   halfColumns, clamp, std::integral_constant<std::size_t, B>{});
                     }
                 });
}

HILUM_CLONES void scalePixel(const Bfloat16* source, Bfloat16* target, const float* scale, const float* shift,
                             std::size_t channels, Clamp clamp) {
#pragma omp simd
    for (std::size_t c = 0; c < channels; ++c)
        target[c] = fromFloat<Bfloat16>(clamped(toFloat(source[c]) * scale[c] + shift[c], clamp));
}

HILUM_CLONES void halvePixels(const Bfloat16* upper, const Bfloat16* lower, std::size_t stride,
                              Bfloat16* target, const float* scale, const float* shift, std::size_t channels,
                              Clamp clamp) {
#pragma omp simd
    for (std::size_t c = 0; c < channels; ++c) {
        const auto at = [&](const Bfloat16* pixel) {
            return clamped(toFloat(pixel[c]) * scale[c] + shift[c], clamp);
        };
        target[c] =
            fromFloat<Bfloat16>(0.25F * (at(upper) + at(upper + stride) + at(lower) + at(lower + stride)));
    }
}

HILUM_CLONES void narrowRow(const float* values, Bfloat16* target, std::size_t count) {
#pragma omp simd
    for (std::size_t i = 0; i < count; ++i)
        target[i] = toBfloat16(values[i]);
}

// How many values are above zero; the others become zero.
HILUM_CLONES int rectifyRow(float* values, std::size_t count) {
    int open = 0;
#pragma omp simd reduction(+ : open)
    for (std::size_t i = 0; i < count; ++i) {
        open += values[i] > 0 ? 1 : 0;
        values[i] = values[i] < 0 ? 0 : values[i]; // what is no number stays so
    }
    return open;
}

// work(pixel) for every pixel, rows on all threads where it is worth it.
template <class Work>
void forEachPixel(PixelExtent extent, const Work& work) {
    const auto rows = static_cast<std::ptrdiff_t>(extent.rows);
    const auto values = static_cast<std::ptrdiff_t>(extent.rows * extent.columns * extent.channels);
#pragma omp parallel for schedule(static) if (values > kWorthThreads)
    for (std::ptrdiff_t row = 0; row < rows; ++row) {
        const std::size_t first = static_cast<std::size_t>(row) * extent.columns;
        for (std::size_t pixel = first; pixel < first + extent.columns; ++pixel)
            work(pixel);
    }
}

} // namespace

Clamp clampOf(const op::Activation& relu) {
    return {0.0F, relu.ceiling > 0 ? static_cast<float>(relu.ceiling) : Clamp().high};
}

void scaleAndShift(PixelView source, PixelView target, const float* scale, const float* shift,
                   PixelExtent extent, Clamp clamp) {
    forEachPixel(extent, [&](std::size_t pixel) {
        const Bfloat16* from = source.data + pixel * source.stride;
        Bfloat16* to = target.data + pixel * target.stride;
        const std::size_t done = native::scaleChannels(from, to, scale, shift, extent.channels, clamp);
        scalePixel(from + done, to + done, scale + done, shift + done, extent.channels - done, clamp);
    });
}

void scaleShiftAndHalve(PixelView source, PixelView target, const float* scale, const float* shift,
                        PixelExtent extent, Clamp clamp) {
    const PixelExtent half{extent.rows / 2, extent.columns / 2, extent.channels};
    forEachPixel(half, [&](std::size_t pixel) {
        const std::size_t row = pixel / half.columns, column = pixel % half.columns;
        const Bfloat16* upper = source.data + (2 * row * extent.columns + 2 * column) * source.stride;
        halvePixels(upper, upper + extent.columns * source.stride, source.stride,
                    target.data + pixel * target.stride, scale, shift, extent.channels, clamp);
    });
}

void addValues(PixelView a, PixelView b, PixelView target, PixelExtent extent, Clamp clamp) {
    forEachPixel(extent, [&](std::size_t pixel) {
        addRow(a.data + pixel * a.stride, b.data + pixel * b.stride, target.data + pixel * target.stride,
               extent.channels, clamp);
    });
}

void copyValues(PixelView source, PixelView target, PixelExtent extent) {
    forEachPixel(extent, [&](std::size_t pixel) {
        std::copy_n(source.data + pixel * source.stride, extent.channels,
                    target.data + pixel * target.stride);
    });
}

void toPlanes(PixelView source, float* target, PixelExtent extent) {
    const std::size_t pixels = extent.rows * extent.columns;
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
        for (std::size_t c = 0; c < extent.channels; ++c)
            target[c * pixels + pixel] = toFloat(source.data[pixel * source.stride + c]);
    }
}

template <class T>
void scaleAndShift(const T* source, T* target, const float* scale, const float* shift, BlockedExtent extent,
                   std::size_t block, Clamp clamp) {
    if (block == 16)
        scaleAndShiftBlocks<T, 16>(source, target, scale, shift, extent, clamp);
    else
        scaleAndShiftBlocks<T, 8>(source, target, scale, shift, extent, clamp);
}

template <class T>
void scaleShiftAndHalve(const T* source, T* target, const float* scale, const float* shift,
                        BlockedExtent extent, std::size_t block, Clamp clamp) {
    if (block == 16)
        scaleShiftAndHalveBlocks<T, 16>(source, target, scale, shift, extent, clamp);
    else
        scaleShiftAndHalveBlocks<T, 8>(source, target, scale, shift, extent, clamp);
}

template <class T>
void addValues(const T* a, const T* b, T* target, std::size_t count, Clamp clamp) {
    forEachBlock(1, count, count, [&](std::size_t, std::size_t first, std::size_t some) {
        addRow(a + first, b + first, target + first, some, clamp);
    });
}

template <class T>
void unblock(const T* source, float* target, std::size_t channels, std::size_t pixels, std::size_t block) {
    const auto all = static_cast<std::ptrdiff_t>(channels);
#pragma omp parallel for schedule(static) if (all * static_cast <std::ptrdiff_t>(pixels) > kWorthThreads)
    for (std::ptrdiff_t of = 0; of < all; ++of) {
        const auto channel = static_cast<std::size_t>(of);
        const T* first = source + channel / block * pixels * block + channel % block;
        for (std::size_t i = 0; i < pixels; ++i)
            target[channel * pixels + i] = toFloat(first[i * block]);
    }
}

std::vector<float> rectify(std::span<float> map, std::size_t pixels) {
    std::vector<float> open;
    for (; !map.empty(); map = map.subspan(pixels))
        open.push_back(static_cast<float>(rectifyRow(map.data(), pixels)) / static_cast<float>(pixels));
    return open;
}

void narrow(std::span<const float> values, Bfloat16* target) {
    forEachBlock(1, values.size(), values.size(), [&](std::size_t, std::size_t first, std::size_t count) {
        const std::size_t done = native::narrow(values.data() + first, target + first, count);
        narrowRow(values.data() + first + done, target + first + done, count - done);
    });
}

template <class T>
void multiply(const T* matrix, std::span<const float> vector, std::span<const float> bias,
              std::span<float> result) {
    const auto rows = static_cast<std::ptrdiff_t>(result.size());
    const std::size_t columns = vector.size();
#pragma omp parallel for schedule(static) if (rows * static_cast <std::ptrdiff_t>(columns) > kWorthThreads)
    for (std::ptrdiff_t row = 0; row < rows; ++row) {
        const auto r = static_cast<std::size_t>(row);
        result[r] = dot(matrix + r * columns, vector.data(), columns) + (bias.empty() ? 0 : bias[r]);
    }
}

template <class T>
void multiplyTransposed(const T* matrix, std::span<const float> left, std::size_t rows, std::size_t columns,
                        std::span<float> result) {
    const std::size_t count = left.size() / rows;
    std::vector<std::size_t> used; // rows; filled up with repetitions that are multiplied by zero
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t k = 0; k < count; ++k) {
            if (left[k * rows + row] != 0) {
                used.push_back(row);
                break;
            }
        }
    }
    const std::size_t real = used.size();
    while (used.size() % kRowsAtOnce != 0)
        used.push_back(used.back());
    std::ranges::fill(result, 0.0F);
    // What one thread adds to stays in its nearest cache.
    const std::size_t each = columns / static_cast<std::size_t>(omp_get_max_threads());
    const std::size_t width = std::max(std::min(each, kMostColumns / count), kFewestColumns);
    const auto parts = static_cast<std::ptrdiff_t>((columns + width - 1) / width);
#pragma omp parallel for schedule(static) if (static_cast <std::ptrdiff_t>(rows * columns) > kWorthThreads)
    for (std::ptrdiff_t part = 0; part < parts; ++part) {
        const std::size_t first = static_cast<std::size_t>(part) * width;
        for (std::size_t i = 0; i < used.size(); i += kRowsAtOnce) {
            std::array<const T*, kRowsAtOnce> from;
            for (std::size_t n = 0; n < kRowsAtOnce; ++n)
                from[n] = matrix + used[i + n] * columns + first;
            for (std::size_t k = 0; k < count; ++k) {
                std::array<float, kRowsAtOnce> factors;
                for (std::size_t n = 0; n < kRowsAtOnce; ++n)
                    factors[n] = i + n < real ? left[k * rows + used[i + n]] : 0;
                addScaled(from, factors, result.data() + k * columns + first,
                          std::min(width, columns - first));
            }
        }
    }
}

template <class T>
std::vector<T> turned(std::span<const T> matrix, std::size_t columns) {
    constexpr std::size_t kSide = 32; // of blocks that stay in the nearest cache
    const std::size_t rows = matrix.size() / columns;
    std::vector<T> result(matrix.size());
    const auto parts = static_cast<std::ptrdiff_t>((columns + kSide - 1) / kSide);
#pragma omp parallel for schedule(static)
    for (std::ptrdiff_t part = 0; part < parts; ++part) {
        const std::size_t first = static_cast<std::size_t>(part) * kSide,
                          last = std::min(first + kSide, columns);
        for (std::size_t top = 0; top < rows; top += kSide) {
            const std::size_t bottom = std::min(top + kSide, rows);
            for (std::size_t column = first; column < last; ++column) {
                for (std::size_t row = top; row < bottom; ++row)
                    result[column * rows + row] = matrix[row * columns + column];
            }
        }
    }
    return result;
}

#define HILUM_INSTANTIATE(T)                                                                                 \
    template void scaleAndShift(const T*, T*, const float*, const float*, BlockedExtent, std::size_t,        \
                                Clamp);                                                                      \
    template void scaleShiftAndHalve(const T*, T*, const float*, const float*, BlockedExtent, std::size_t,   \
                                     Clamp);                                                                 \
    template void addValues(const T*, const T*, T*, std::size_t, Clamp);                                     \
    template void unblock(const T*, float*, std::size_t, std::size_t, std::size_t);                          \
    template void multiply(const T*, std::span<const float>, std::span<const float>, std::span<float>);      \
    template void multiplyTransposed(const T*, std::span<const float>, std::size_t, std::size_t,             \
                                     std::span<float>);                                                      \
    template std::vector<T> turned(std::span<const T>, std::size_t);
HILUM_INSTANTIATE(float)
HILUM_INSTANTIATE(Bfloat16)
#undef HILUM_INSTANTIATE

} // namespace hilum
