// Winograd's minimal filtering F(4 × 4, 3 × 3) (Lavin and Gray 2015, arXiv 1509.09308): what comes before and behind the
// products. 4 × 4 outputs of a 3 × 3 convolution with stride 1 take 36 multiplications a channel instead of 144.
// Threaded with OpenMP, as oneDNN is.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/onednn/Kernels.h"

namespace hilum {

constexpr std::size_t kWinogradProducts = 36; // of a tile and a pair of channels

// How a convolution falls into tiles of 4 × 4 outputs; done in bands of tile rows, so that what lies between the
// transforms stays in the caches.
struct WinogradTiles {
    BlockedExtent source, target;
    std::size_t block = 8; // channels that lie together: 8 or 16
    std::size_t paddingTop = 0, paddingLeft = 0;
    std::size_t bandRows = 0;

    [[nodiscard]] std::size_t rows() const { return (target.rows + 3) / 4; }
    [[nodiscard]] std::size_t columns() const { return (target.columns + 3) / 4; }
    [[nodiscard]] std::size_t bands() const { return rows() / bandRows; }
    [[nodiscard]] std::size_t tilesOfBand() const { return bandRows * columns(); }
    [[nodiscard]] std::size_t sourceChannels() const { return source.blocks * block; }
    [[nodiscard]] std::size_t targetChannels() const { return target.blocks * block; }
};
// bandRows divides the rows: as many as keep a band's values within the size of the caches, or of the weights.
WinogradTiles winogradTiles(WinogradTiles tiles);

// 36 × K × C from K × C × 3 × 3.
std::vector<float> winogradWeights(std::span<const float> weights);
// One band of a source blocked by channels -> 36 × tiles × C.
void intoWinogradTiles(const float* source, const WinogradTiles& tiles, std::size_t band, float* values);

struct WinogradEpilogue {
    const float* bias = nullptr; // a channel
    bool adds = false;           // to what the target holds
    Clamp clamp;
};
// 36 × tiles × K -> one band of a target blocked by channels.
void fromWinogradTiles(const float* products, const WinogradTiles& tiles, std::size_t band,
                       const WinogradEpilogue& epilogue, float* target);

} // namespace hilum
