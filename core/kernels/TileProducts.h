// Many small products of matrices, between Winograd's transforms (Winograd.h). What is read again and again
// is packed in panels beforehand and fetched ahead, which a general product of matrices of such sizes does
// not do. No library needed.
#pragma once

#include <cstddef>

#include "core/kernels/Parallel.h"

namespace hilum {

struct ProductDims {
    std::size_t count = 0, rows = 0, inner = 0, columns = 0;
    std::size_t panel = 8; // columns that lie together on the right side; divides columns; a multiple of 8
    std::size_t leftPlane = 0, rightPlane = 0,
                resultPlane = 0; // from one product's matrix to the next one's, in floats
};

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

} // namespace hilum
