#include "core/onednn/Winograd.h"

#include <algorithm>
#include <array>

#include "core/domain/ProcessorClones.h"

namespace hilum {
namespace {

constexpr std::size_t kIn = 6, kOut = 4, kFilter = 3; // sides of a tile of sources, of targets, and of the filter
constexpr std::size_t kCacheBytes = 6'000'000;
constexpr std::size_t kVectorBytes = 64;

// The paper's matrices, section 4: G here, Bᵀ and Aᵀ as sums.
constexpr std::array<std::array<double, kFilter>, kIn> kFilterTransform{{{1 / 4.0, 0, 0},
                                                                          {-1 / 6.0, -1 / 6.0, -1 / 6.0},
                                                                          {-1 / 6.0, 1 / 6.0, -1 / 6.0},
                                                                          {1 / 24.0, 1 / 12.0, 1 / 6.0},
                                                                          {1 / 24.0, -1 / 12.0, 1 / 6.0},
                                                                          {0, 0, 1}}};

// Bᵀ times six vectors of B lanes, `from` apart; into six that are `to` apart.
template <std::size_t B>
HILUM_IN_CLONES void intoSix(const float* in, std::size_t from, float* out, std::size_t to) {
#pragma omp simd
    for (std::size_t lane = 0; lane < B; ++lane) {
        const float a = in[lane], b = in[from + lane], c = in[2 * from + lane], d = in[3 * from + lane],
                    e = in[4 * from + lane], f = in[5 * from + lane];
        const float evens = e - 4 * c, odds = d - 4 * b, nearEvens = e - c, nearOdds = 2 * (d - b);
        out[lane] = 4 * a - 5 * c + e;
        out[to + lane] = evens + odds;
        out[2 * to + lane] = evens - odds;
        out[3 * to + lane] = nearEvens + nearOdds;
        out[4 * to + lane] = nearEvens - nearOdds;
        out[5 * to + lane] = 4 * b - 5 * d + f;
    }
}

// Aᵀ likewise, into four.
template <std::size_t B>
HILUM_IN_CLONES void intoFour(const float* in, std::size_t from, float* out, std::size_t to) {
#pragma omp simd
    for (std::size_t lane = 0; lane < B; ++lane) {
        const float a = in[lane], b = in[from + lane], c = in[2 * from + lane], d = in[3 * from + lane],
                    e = in[4 * from + lane], f = in[5 * from + lane];
        const float near = b + c, nearOdds = b - c, far = d + e, farOdds = d - e;
        out[lane] = a + near + far;
        out[to + lane] = nearOdds + 2 * farOdds;
        out[2 * to + lane] = near + 4 * far;
        out[3 * to + lane] = nearOdds + 8 * farOdds + f;
    }
}

// Row by row in the source, `rowStride` values apart; products are `plane` values apart.
template <std::size_t B>
HILUM_IN_CLONES void tileInto(const float* source, std::size_t rowStride, float* values, std::size_t plane) {
    alignas(kVectorBytes) std::array<float, kWinogradProducts * B> half;
    for (std::size_t x = 0; x < kIn; ++x)
        intoSix<B>(source + x * B, rowStride, half.data() + x * B, kIn * B);
    for (std::size_t y = 0; y < kIn; ++y)
        intoSix<B>(half.data() + y * kIn * B, B, values + y * kIn * plane, plane);
}

// The part of a tile of sources that lies in the film; zero elsewhere.
template <std::size_t B>
HILUM_IN_CLONES void copyTile(const float* source, BlockedExtent extent, std::ptrdiff_t top, std::ptrdiff_t left, float* tile) {
    for (std::ptrdiff_t y = 0; y < std::ptrdiff_t{kIn}; ++y) {
        for (std::ptrdiff_t x = 0; x < std::ptrdiff_t{kIn}; ++x, tile += B) {
            const std::ptrdiff_t row = top + y, column = left + x;
            if (row < 0 || column < 0 || row >= static_cast<std::ptrdiff_t>(extent.rows) ||
                column >= static_cast<std::ptrdiff_t>(extent.columns))
                std::fill_n(tile, B, 0.0F);
            else
                std::copy_n(source + (row * static_cast<std::ptrdiff_t>(extent.columns) + column) * std::ptrdiff_t{B}, B,
                            tile);
        }
    }
}

// All tiles of a row, of one block of channels.
template <std::size_t B>
HILUM_IN_CLONES void rowIntoOf(const float* source, const WinogradTiles& tiles, std::size_t row, float* values) {
    const auto rows = static_cast<std::ptrdiff_t>(tiles.source.rows), columns = static_cast<std::ptrdiff_t>(tiles.source.columns);
    const std::ptrdiff_t top = static_cast<std::ptrdiff_t>(row * kOut) - static_cast<std::ptrdiff_t>(tiles.paddingTop);
    const std::size_t channels = tiles.sourceChannels(), plane = tiles.tilesOfBand() * channels;
    alignas(kVectorBytes) std::array<float, kWinogradProducts * B> padded;
    for (std::size_t column = 0; column < tiles.columns(); ++column, values += channels) {
        const std::ptrdiff_t left = static_cast<std::ptrdiff_t>(column * kOut) - static_cast<std::ptrdiff_t>(tiles.paddingLeft);
        const std::ptrdiff_t side{kIn};
        if (top >= 0 && left >= 0 && top + side <= rows && left + side <= columns) {
            tileInto<B>(source + (top * columns + left) * std::ptrdiff_t{B}, tiles.source.columns * B, values, plane);
        } else {
            copyTile<B>(source, tiles.source, top, left, padded.data());
            tileInto<B>(padded.data(), kIn * B, values, plane);
        }
    }
}

template <std::size_t B>
HILUM_IN_CLONES void rowFromOf(const float* products, const WinogradTiles& tiles, std::size_t row, const float* bias,
                      const WinogradEpilogue& epilogue, float* target) {
    const std::size_t channels = tiles.targetChannels(), plane = tiles.tilesOfBand() * channels;
    const std::size_t rowStride = tiles.target.columns * B, rows = std::min(kOut, tiles.target.rows - row * kOut);
    target += row * kOut * rowStride;
    alignas(kVectorBytes) std::array<float, kOut * kIn * B> half;
    alignas(kVectorBytes) std::array<float, kOut * B> whole;
    for (std::size_t column = 0; column < tiles.columns(); ++column, products += channels, target += kOut * B) {
        for (std::size_t x = 0; x < kIn; ++x)
            intoFour<B>(products + x * plane, kIn * plane, half.data() + x * B, kIn * B);
        const std::size_t columns = std::min(kOut, tiles.target.columns - column * kOut);
        for (std::size_t y = 0; y < rows; ++y) {
            intoFour<B>(half.data() + y * kIn * B, B, whole.data(), B);
            for (std::size_t x = 0; x < columns; ++x) {
                float* to = target + y * rowStride + x * B;
#pragma omp simd
                for (std::size_t lane = 0; lane < B; ++lane) {
                    float value = whole[x * B + lane] + bias[lane];
                    if (epilogue.adds)
                        value += to[lane];
                    value = value < epilogue.clamp.low ? epilogue.clamp.low : value; // what is no number stays so
                    to[lane] = value > epilogue.clamp.high ? epilogue.clamp.high : value;
                }
            }
        }
    }
}

// Attributes do not mix with templates, so every clone is spelled out.
#define HILUM_WINOGRAD_ROWS(B)                                                                                    \
    HILUM_CLONES void rowInto##B(const float* source, const WinogradTiles& tiles, std::size_t row, float* values) { \
        rowIntoOf<B>(source, tiles, row, values);                                                                 \
    }                                                                                                             \
    HILUM_CLONES void rowFrom##B(const float* products, const WinogradTiles& tiles, std::size_t row,              \
                                 const float* bias, const WinogradEpilogue& epilogue, float* target) {            \
        rowFromOf<B>(products, tiles, row, bias, epilogue, target);                                               \
    }
HILUM_WINOGRAD_ROWS(8)
HILUM_WINOGRAD_ROWS(16)
#undef HILUM_WINOGRAD_ROWS

// work(row, block) for every row of the band and block of channels.
template <class Work>
void forEachRow(std::size_t bandRows, std::size_t blocks, const Work& work) {
    const auto count = static_cast<std::ptrdiff_t>(bandRows * blocks);
#pragma omp parallel for schedule(static)
    for (std::ptrdiff_t i = 0; i < count; ++i)
        work(static_cast<std::size_t>(i) / blocks, static_cast<std::size_t>(i) % blocks);
}

} // namespace

WinogradTiles winogradTiles(WinogradTiles tiles) {
    const std::size_t in = tiles.sourceChannels(), out = tiles.targetChannels();
    const std::size_t most = std::max(kCacheBytes, kWinogradProducts * in * out * sizeof(float));
    tiles.bandRows = 1;
    for (std::size_t rows = 2; rows <= tiles.rows(); ++rows) {
        if (tiles.rows() % rows == 0 && kWinogradProducts * (in + out) * rows * tiles.columns() * sizeof(float) <= most)
            tiles.bandRows = rows;
    }
    return tiles;
}

std::vector<float> winogradWeights(std::span<const float> weights) {
    constexpr std::size_t kEach = kFilter * kFilter;
    const std::size_t filters = weights.size() / kEach;
    std::vector<float> products(kWinogradProducts * filters);
#pragma omp parallel for schedule(static)
    for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(filters); ++i) {
        const auto filter = static_cast<std::size_t>(i);
        std::array<std::array<double, kFilter>, kIn> half{};
        for (std::size_t y = 0; y < kIn; ++y) {
            for (std::size_t x = 0; x < kFilter; ++x) {
                for (std::size_t k = 0; k < kFilter; ++k)
                    half[y][x] += kFilterTransform[y][k] * static_cast<double>(weights[filter * kEach + k * kFilter + x]);
            }
        }
        for (std::size_t y = 0; y < kIn; ++y) {
            for (std::size_t x = 0; x < kIn; ++x) {
                double sum = 0;
                for (std::size_t k = 0; k < kFilter; ++k)
                    sum += half[y][k] * kFilterTransform[x][k];
                products[(y * kIn + x) * filters + filter] = static_cast<float>(sum);
            }
        }
    }
    return products;
}

void intoWinogradTiles(const float* source, const WinogradTiles& tiles, std::size_t band, float* values) {
    const auto work = tiles.block == 16 ? rowInto16 : rowInto8;
    const std::size_t blockSize = tiles.source.rows * tiles.source.columns * tiles.block;
    forEachRow(tiles.bandRows, tiles.source.blocks, [&](std::size_t row, std::size_t block) {
        work(source + block * blockSize, tiles, band * tiles.bandRows + row,
             values + row * tiles.columns() * tiles.sourceChannels() + block * tiles.block);
    });
}

void fromWinogradTiles(const float* products, const WinogradTiles& tiles, std::size_t band,
                       const WinogradEpilogue& epilogue, float* target) {
    const auto work = tiles.block == 16 ? rowFrom16 : rowFrom8;
    const std::size_t blockSize = tiles.target.rows * tiles.target.columns * tiles.block;
    forEachRow(tiles.bandRows, tiles.target.blocks, [&](std::size_t row, std::size_t block) {
        work(products + row * tiles.columns() * tiles.targetChannels() + block * tiles.block, tiles,
             band * tiles.bandRows + row, epilogue.bias + block * tiles.block, epilogue, target + block * blockSize);
    });
}

} // namespace hilum
