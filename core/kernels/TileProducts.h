// Many small products of matrices, between Winograd's transforms (Winograd.h). What is read again and again
// is packed in panels beforehand and fetched ahead, which a general product of matrices of such sizes does
// not do. No library needed.
#pragma once

#include <algorithm>
#include <cstddef>

#include "core/domain/ProcessorClones.h"
#include "core/kernels/LargePages.h"
#include "core/kernels/Parallel.h"
#include "core/kernels/Streams.h"

namespace hilum {

// Of __builtin_prefetch(): into a core's second cache, as two panels would leave no room for the rest in the
// nearest.
constexpr int kSecondCache = 2;

struct ProductDims {
    std::size_t count = 0, rows = 0, inner = 0, columns = 0;
    std::size_t panel = 8; // columns that lie together on the right side; divides columns; a multiple of 8
    // From one product's matrix to the next one's, in numbers.
    std::size_t leftPlane = 0, rightPlane = 0, resultPlane = 0;
    // Of multiply(): the left side comes from other cores and is fetched ahead, too; the result is for other
    // cores and goes past the caches.
    bool isBetweenCores = false;
};

template <class T>
HILUM_IN_CLONES void fetchAhead([[maybe_unused]] const T* at) {
#if defined(__GNUC__) || defined(__clang__)
    __builtin_prefetch(at, 0, kSecondCache);
#endif
}

// Whether the products use the processor's wide vectors: AVX2 with FMA, or AVX-512. Without them they save
// nothing.
bool hasWideProducts();
// The panel that suits the processor's vectors; columns are a multiple of 8.
std::size_t panelFor(std::size_t columns);

// Of count products: left is rows × inner, right is (columns / panel) × inner × panel, result is rows ×
// columns.
void multiply(const ProductDims& dims, const float* left, const float* right, float* result,
              ParallelFor parallel);

// Added to what the result holds, rows × columns. Both sides are in panels: left is (rows / 8) × inner × 8,
// rows a multiple of 8.
void addProductsOfPanels(const ProductDims& dims, const float* left, const float* right, float* result,
                         ParallelFor parallel);

// All rows by a panel; next: the panel that is read after this one, to be fetched meanwhile.
template <class T>
using PanelProduct = void (*)(const ProductDims&, const T* left, const T* right, const T* next,
                              float* result);
// Every thread takes panels that follow each other.
template <class T>
void forEachPanel(PanelProduct<T> product, const ProductDims& dims, const T* left, const T* right,
                  float* result, ParallelFor parallel) {
    const std::size_t panels = dims.columns / dims.panel, length = dims.inner * dims.panel,
                      count = dims.count * panels, side = dims.rows * dims.inner;
    parallel(count, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
            const std::size_t of = i / panels;
            if (dims.isBetweenCores && of + 1 < dims.count) // a share of the next left side
                for (std::size_t value = side * (i % panels) / panels;
                     value < side * (i % panels + 1) / panels; value += kLineBytes / sizeof(T))
                    fetchAhead(left + (of + 1) * dims.leftPlane + value);
            const auto at = [&](std::size_t index) {
                return right + index / panels * dims.rightPlane + index % panels * length;
            };
            product(dims, left + of * dims.leftPlane, at(i), at(std::min(i + 1, count - 1)),
                    result + of * dims.resultPlane + i % panels * dims.panel);
        }
        if (dims.isBetweenCores)
            finishStreams();
    });
}

} // namespace hilum
