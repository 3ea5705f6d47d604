// Winograd's minimal filtering (Lavin and Gray 2015, arXiv 1509.09308) of 3 × 3 convolutions with stride 1,
// F(4 × 4, 3 × 3) and F(3 × 3, 3 × 3), and of their weights' gradient, F(3 × 3, 4 × 4): what comes before and
// behind the products (TileProducts.h). 4 × 4 outputs take 36 multiplications a channel instead of 144; 3 × 3
// take 25 instead of 81, with fewer weights to read. The gradient of a source is such a convolution of the
// target's. In fp32, or values and products in bf16 and the transforms and sums in fp32. No library needed.
#pragma once

#include <cstddef>

#include "core/domain/Bfloat16.h"
#include "core/kernels/ConvolutionEpilogue.h"
#include "core/kernels/Parallel.h"

namespace hilum {

constexpr std::size_t kWinogradTaps = 9;
// Of a tile of side × side outputs and a pair of channels; side: 3 or 4.
constexpr std::size_t winogradProducts(std::size_t side) { return (side + 2) * (side + 2); }

// Where the values of films lie, in numbers from one to the next: of pixels of a row, of blocks of channels,
// of films. Channels of a block lie together, rows of pixels follow each other.
struct ChannelLayout {
    std::size_t rows = 0, columns = 0, channels = 0;
    std::size_t pixel = 0, block = 0, film = 0;
};
// C / block × H × W × block for a film; block: 8 or 16, a divisor of the channels.
ChannelLayout inBlocks(std::size_t rows, std::size_t columns, std::size_t channels, std::size_t block);
// H × W × C for a film.
ChannelLayout byPixels(std::size_t rows, std::size_t columns, std::size_t channels, std::size_t block);

// How a convolution falls into tiles of side × side outputs, film by film, row by row.
struct WinogradTiles {
    ChannelLayout source, target;
    std::size_t side = 4; // 3 or 4; of the weights' gradient 4
    std::size_t films = 1;
    // Channels that are transformed together: 8 or 16, a divisor of both sides' channels.
    std::size_t block = 8;
    std::size_t paddingTop = 0, paddingLeft = 0;
    // What one core makes for others goes past the caches (Streams.h), where areFew().
    bool streams = false;

    [[nodiscard]] std::size_t rows() const { return (target.rows + side - 1) / side; }
    [[nodiscard]] std::size_t columns() const { return (target.columns + side - 1) / side; }
    [[nodiscard]] std::size_t count() const { return films * rows() * columns(); }
    [[nodiscard]] std::size_t products() const { return winogradProducts(side); }
    // For the channels: every step is shared out for itself. Of more tiles every thread takes its own.
    [[nodiscard]] bool areFew() const { return 2 * count() < target.channels; }
};

// From one product's matrix of weights to the next one's: some more, as strides of powers of two would put
// all of a tile into the same few lines of the caches.
constexpr std::size_t winogradPlane(std::size_t values) { return values + 32; }

// Weights by output, input and tap (3 rows of 3), in floats from one to the next. Both channels are multiples
// of 8.
struct WeightStrides {
    std::size_t output = 0, input = 0, tap = 0;
};
// (outputs / panel) × inputs × panel, panel as panelFor() says, in each plane of a product, `plane` apart.
// side: of the tiles. isTurned: of filters turned by 180°, as the gradient of a source takes them.
void packWinogradWeights(const float* weights, const WeightStrides& strides, std::size_t outputs,
                         std::size_t inputs, std::size_t side, bool isTurned, float* packed,
                         std::size_t plane, ParallelFor parallel);

// In bf16, pairs of inputs together, as NarrowProducts.h asks: (outputs / panel) × (inputs / 2) × panel × 2.
void packWinogradWeights(const float* weights, const WeightStrides& strides, std::size_t outputs,
                         std::size_t inputs, std::size_t side, bool isTurned, Bfloat16* packed,
                         std::size_t plane, ParallelFor parallel);

// Packed as packWinogradWeights() does.
template <class T>
struct WinogradFilters {
    const T* values = nullptr;
    std::size_t plane = 0;
};
// The convolution.
void convolveInTiles(const float* source, const WinogradTiles& tiles, const WinogradFilters<float>& filters,
                     const ConvolutionEpilogue& epilogue, float* target, ParallelFor parallel);
// Only where canNarrow(). The transforms are fp32.
void convolveInTiles(const Bfloat16* source, const WinogradTiles& tiles,
                     const WinogradFilters<Bfloat16>& filters, const ConvolutionEpilogue& epilogue,
                     Bfloat16* target, ParallelFor parallel);
// The processor multiplies numbers in bf16, and channels are transformed 16 at a time.
bool canNarrow(const WinogradTiles& tiles);

// The weights' gradient, K × C × 3 × 3 as the strides say, from the source and the target's gradient, both
// byPixels(); blocks are its own.
void weightGradientInTiles(const float* source, const float* gradient, const WinogradTiles& tiles,
                           const WeightStrides& strides, float* weightGradient, ParallelFor parallel);

} // namespace hilum
