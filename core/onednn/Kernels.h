// The passes over memory that oneDNN has no primitive for, on values blocked by channels (C/block × H × W ×
// block, float or bfloat16). Threaded with OpenMP, as oneDNN is; compiled for several processors, chosen when
// the program starts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/domain/Bfloat16.h"
#include "core/graph/Graph.h"

namespace hilum {

// Limits of an activation; none by default.
struct Clamp {
    float low = -3.4e38F;
    float high = 3.4e38F;
};

Clamp clampOf(const op::Activation& relu);

// Every thread takes a part of the pixels of all blocks, as oneDNN's convolutions do: what it reads and
// writes stays in its core's cache.
struct BlockedExtent {
    std::size_t blocks = 0; // channels / block, rounded up
    std::size_t rows = 0;
    std::size_t columns = 0;
};

// target = clamp(source × scale + shift), scale and shift per channel (blocks × block of them). block: 8
// or 16.
template <class T>
void scaleAndShift(const T* source, T* target, const float* scale, const float* shift, BlockedExtent extent,
                   std::size_t block, Clamp clamp);
// The same, then the mean of every 2 × 2 pixels, stride 2; extent is the source's, an odd last row or column
// is left out.
template <class T>
void scaleShiftAndHalve(const T* source, T* target, const float* scale, const float* shift,
                        BlockedExtent extent, std::size_t block, Clamp clamp);
// target = clamp(a + b).
template <class T>
void addValues(const T* a, const T* b, T* target, std::size_t count, Clamp clamp);

// The same on values that lie pixel by pixel, H × W × C.
struct PixelView {
    Bfloat16* data = nullptr;
    std::size_t stride = 0; // from one pixel to the next; above C in a part of a concatenation
};
struct PixelExtent {
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::size_t channels = 0;
};
void scaleAndShift(PixelView source, PixelView target, const float* scale, const float* shift,
                   PixelExtent extent, Clamp clamp);
void scaleShiftAndHalve(PixelView source, PixelView target, const float* scale, const float* shift,
                        PixelExtent extent, Clamp clamp);
void addValues(PixelView a, PixelView b, PixelView target, PixelExtent extent, Clamp clamp);
void copyValues(PixelView source, PixelView target, PixelExtent extent);
// C × H × W.
void toPlanes(PixelView source, float* target, PixelExtent extent);

// C × H × W × float from blocked values.
template <class T>
void unblock(const T* source, float* target, std::size_t channels, std::size_t pixels, std::size_t block);

// Per channel of C × pixels, the part of the values that is above zero; what is below becomes zero.
std::vector<float> rectify(std::span<float> map, std::size_t pixels);

// Rounded to the nearest, halves to even.
void narrow(std::span<const float> values, Bfloat16* target);

// result[r] = bias[r] + Σ_c matrix[r][c] × vector[c]; matrix rows × columns, row-major, read once. bias may
// be empty.
template <class T>
void multiply(const T* matrix, std::span<const float> vector, std::span<const float> bias,
              std::span<float> result);
// result[k][c] = Σ_r left[k][r] × matrix[r][c]: left count × rows, result count × columns; rows in which left
// is zero for every k are not read, so that behind a ReLU this is the faster product.
template <class T>
void multiplyTransposed(const T* matrix, std::span<const float> left, std::size_t rows, std::size_t columns,
                        std::span<float> result);

// rows × columns -> columns × rows.
template <class T>
std::vector<T> turned(std::span<const T> matrix, std::size_t columns);

} // namespace hilum
