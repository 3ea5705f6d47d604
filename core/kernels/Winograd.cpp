#include "core/kernels/Winograd.h"

#include <algorithm>
#include <array>

#include "core/domain/ProcessorClones.h"
#include "core/kernels/Scratch.h"
#include "core/kernels/TileProducts.h"

namespace hilum {
namespace {

constexpr std::size_t kIn = 6, kOut = 4, kFilter = 3; // sides of a tile of sources, of targets, and of the filter
constexpr std::size_t kVectorBytes = 64;
// Of a core's own cache, for what a thread transforms, and for the products of it. But of few tiles at a time the weights
// would be read too often.
constexpr std::size_t kSourceValues = 150'000, kProductValues = 100'000, kFewestTiles = 32;
constexpr std::size_t kGradientTiles = 256; // a band of them; so that a panel of them stays in the nearest cache
constexpr std::size_t kGradientBlock = 8;   // of the target's channels, as addProductsOfPanels() takes them

// The matrices of section 4 as sums: each takes vectors of B lanes that are `from` apart, and gives some that are
// `to` apart. Of the points 0, ±5/8, ±3/2 and infinity instead of the paper's 0, ±1, ±2 and infinity: the results round
// half as much (how points are found: Barabasz et al. 2018, arXiv 1803.10986), and the constants are exact.
constexpr float kNear = 5 / 8.0F, kFar = 3 / 2.0F;
constexpr float kNear2 = kNear * kNear, kFar2 = kFar * kFar, kBoth2 = kNear2 * kFar2;
// The products of a point's distances to the others.
constexpr float kFromNear = 2 * kNear2 * (kNear2 - kFar2), kFromFar = 2 * kFar2 * (kFar2 - kNear2);

// Bᵀ: six into six.
template <std::size_t B>
HILUM_IN_CLONES void intoSix(const float* in, std::size_t from, float* out, std::size_t to) {
#pragma omp simd
    for (std::size_t lane = 0; lane < B; ++lane) {
        const float a = in[lane], b = in[from + lane], c = in[2 * from + lane], d = in[3 * from + lane],
                    e = in[4 * from + lane], f = in[5 * from + lane];
        const float nearEvens = e - kFar2 * c, nearOdds = kNear * (d - kFar2 * b);
        const float farEvens = e - kNear2 * c, farOdds = kFar * (d - kNear2 * b);
        out[lane] = kBoth2 * a - (kNear2 + kFar2) * c + e;
        out[to + lane] = nearEvens + nearOdds;
        out[2 * to + lane] = nearEvens - nearOdds;
        out[3 * to + lane] = farEvens + farOdds;
        out[4 * to + lane] = farEvens - farOdds;
        out[5 * to + lane] = kBoth2 * b - (kNear2 + kFar2) * d + f;
    }
}

// G: three, or with Taps 4 four, into six.
template <std::size_t Taps, std::size_t B>
HILUM_IN_CLONES void filterIntoSix(const float* in, std::size_t from, float* out, std::size_t to) {
#pragma omp simd
    for (std::size_t lane = 0; lane < B; ++lane) {
        const float a = in[lane], b = in[from + lane], c = in[2 * from + lane], d = Taps == 4 ? in[3 * from + lane] : 0;
        const float near = (a + kNear2 * c) * (1 / kFromNear), nearOdds = (b + kNear2 * d) * (kNear / kFromNear);
        const float far = (a + kFar2 * c) * (1 / kFromFar), farOdds = (b + kFar2 * d) * (kFar / kFromFar);
        out[lane] = a * (1 / kBoth2);
        out[to + lane] = near + nearOdds;
        out[2 * to + lane] = near - nearOdds;
        out[3 * to + lane] = far + farOdds;
        out[4 * to + lane] = far - farOdds;
        out[5 * to + lane] = Taps == 4 ? d : c;
    }
}

// Aᵀ: six into four, or with Outputs 3 into three.
template <std::size_t Outputs, std::size_t B>
HILUM_IN_CLONES void fromSix(const float* in, std::size_t from, float* out, std::size_t to) {
#pragma omp simd
    for (std::size_t lane = 0; lane < B; ++lane) {
        const float a = in[lane], b = in[from + lane], c = in[2 * from + lane], d = in[3 * from + lane],
                    e = in[4 * from + lane], f = in[5 * from + lane];
        const float near = b + c, nearOdds = kNear * (b - c), far = d + e, farOdds = kFar * (d - e);
        out[lane] = a + near + far;
        out[to + lane] = nearOdds + farOdds;
        if constexpr (Outputs == 4) {
            out[2 * to + lane] = kNear2 * near + kFar2 * far;
            out[3 * to + lane] = kNear2 * nearOdds + kFar2 * farOdds + f;
        } else {
            out[2 * to + lane] = kNear2 * near + kFar2 * far + f;
        }
    }
}

// Rows of Side vectors, `pixel` apart in a row and `row` from row to row; products are `plane` apart.
template <std::size_t B>
HILUM_IN_CLONES void sourceTile(const float* source, std::size_t pixel, std::size_t row, float* values, std::size_t plane) {
    alignas(kVectorBytes) std::array<float, kWinogradProducts * B> half;
    for (std::size_t x = 0; x < kIn; ++x)
        intoSix<B>(source + x * pixel, row, half.data() + x * B, kIn * B);
    for (std::size_t y = 0; y < kIn; ++y)
        intoSix<B>(half.data() + y * kIn * B, B, values + y * kIn * plane, plane);
}

template <std::size_t Taps, std::size_t B>
HILUM_IN_CLONES void filterTile(const float* filter, std::size_t pixel, std::size_t row, float* values, std::size_t plane) {
    alignas(kVectorBytes) std::array<float, kIn * Taps * B> half;
    for (std::size_t x = 0; x < Taps; ++x)
        filterIntoSix<Taps, B>(filter + x * pixel, row, half.data() + x * B, Taps * B);
    for (std::size_t y = 0; y < kIn; ++y)
        filterIntoSix<Taps, B>(half.data() + y * Taps * B, B, values + y * kIn * plane, plane);
}

// Side × Side pixels from a place that may lie outside; zero there.
template <std::size_t Side, std::size_t B>
HILUM_IN_CLONES void copyTile(const float* film, const ChannelLayout& layout, std::ptrdiff_t top, std::ptrdiff_t left,
                              float* tile) {
    for (std::ptrdiff_t y = top; y < top + std::ptrdiff_t{Side}; ++y) {
        for (std::ptrdiff_t x = left; x < left + std::ptrdiff_t{Side}; ++x, tile += B) {
            if (y < 0 || x < 0 || y >= static_cast<std::ptrdiff_t>(layout.rows) || x >= static_cast<std::ptrdiff_t>(layout.columns))
                std::fill_n(tile, B, 0.0F);
            else
                std::copy_n(film + (static_cast<std::size_t>(y) * layout.columns + static_cast<std::size_t>(x)) * layout.pixel, B,
                            tile);
        }
    }
}

// One tile, of all channels: what lies together is written together.
struct TilePlace {
    std::size_t film = 0, row = 0, column = 0;  // of tiles
    std::size_t block = 0, plane = 0;           // of its values, from one to the next
};

template <std::size_t B, bool IsGradient>
HILUM_IN_CLONES void intoOf(const float* films, const WinogradTiles& tiles, const TilePlace& place, float* values) {
    constexpr std::size_t kSide = IsGradient ? kOut : kIn;
    const ChannelLayout& layout = IsGradient ? tiles.target : tiles.source;
    const std::size_t paddingTop = IsGradient ? 0 : tiles.paddingTop, paddingLeft = IsGradient ? 0 : tiles.paddingLeft;
    const auto top = static_cast<std::ptrdiff_t>(place.row * kOut) - static_cast<std::ptrdiff_t>(paddingTop);
    const auto left = static_cast<std::ptrdiff_t>(place.column * kOut) - static_cast<std::ptrdiff_t>(paddingLeft);
    const std::ptrdiff_t side{kSide};
    const bool isInside = top >= 0 && left >= 0 && top + side <= static_cast<std::ptrdiff_t>(layout.rows) &&
                          left + side <= static_cast<std::ptrdiff_t>(layout.columns);
    const float* film = films + place.film * layout.film;
    alignas(kVectorBytes) std::array<float, kSide * kSide * B> padded;
    for (std::size_t channel = 0; channel < layout.channels; channel += B, film += layout.block, values += place.block) {
        const float* tile = padded.data();
        std::size_t pixel = B, row = kSide * B;
        if (isInside) {
            pixel = layout.pixel;
            row = layout.columns * layout.pixel;
            tile = film + static_cast<std::size_t>(top) * row + static_cast<std::size_t>(left) * pixel;
        } else {
            copyTile<kSide, B>(film, layout, top, left, padded.data());
        }
        if constexpr (IsGradient)
            filterTile<kOut, B>(tile, pixel, row, values, place.plane);
        else
            sourceTile<B>(tile, pixel, row, values, place.plane);
    }
}

struct ChannelRange {
    std::size_t first = 0, count = 0;
};

// products: of the channels of the range alone.
template <std::size_t B>
HILUM_IN_CLONES void fromOf(const float* products, const WinogradTiles& tiles, const TilePlace& place, ChannelRange channels,
                            const WinogradEpilogue& epilogue, float* films) {
    const ChannelLayout& layout = tiles.target;
    const std::size_t rowStride = layout.columns * layout.pixel;
    const std::size_t rows = std::min(kOut, layout.rows - place.row * kOut);
    const std::size_t columns = std::min(kOut, layout.columns - place.column * kOut);
    float* target = films + place.film * layout.film + channels.first / B * layout.block + place.row * kOut * rowStride +
                    place.column * kOut * layout.pixel;
    alignas(kVectorBytes) std::array<float, kOut * kIn * B> half;
    alignas(kVectorBytes) std::array<float, kOut * B> whole;
    alignas(kVectorBytes) std::array<float, B> bias{};
    const std::size_t end = channels.first + channels.count;
    for (std::size_t channel = channels.first; channel < end; channel += B, target += layout.block, products += B) {
        if (epilogue.bias != nullptr)
            std::copy_n(epilogue.bias + channel, B, bias.data());
        for (std::size_t x = 0; x < kIn; ++x)
            fromSix<kOut, B>(products + x * place.plane, kIn * place.plane, half.data() + x * B, kIn * B);
        for (std::size_t y = 0; y < rows; ++y) {
            fromSix<kOut, B>(half.data() + y * kIn * B, B, whole.data(), B);
            for (std::size_t x = 0; x < columns; ++x) {
                float* to = target + y * rowStride + x * layout.pixel;
#pragma omp simd
                for (std::size_t lane = 0; lane < B; ++lane) {
                    float value = whole[x * B + lane] + bias[lane];
                    if (epilogue.adds)
                        value += to[lane];
                    value = value < epilogue.low ? epilogue.low : value; // what is no number stays so
                    to[lane] = value > epilogue.high ? epilogue.high : value;
                }
            }
        }
    }
}

// B outputs of one input.
template <std::size_t B>
HILUM_IN_CLONES void weightsOf(const float* weights, const WeightStrides& strides, bool isTurned, float* packed, std::size_t plane) {
    alignas(kVectorBytes) std::array<float, kWinogradTaps * B> filter;
    for (std::size_t tap = 0; tap < kWinogradTaps; ++tap) {
        const float* from = weights + (isTurned ? kWinogradTaps - 1 - tap : tap) * strides.tap;
        for (std::size_t lane = 0; lane < B; ++lane)
            filter[tap * B + lane] = from[lane * strides.output];
    }
    filterTile<kFilter, B>(filter.data(), B, kFilter * B, packed, plane);
}

// B inputs of one output.
template <std::size_t B>
HILUM_IN_CLONES void weightGradientOf(const float* products, std::size_t plane, const WeightStrides& strides, float* gradient) {
    alignas(kVectorBytes) std::array<float, kFilter * kIn * B> half;
    alignas(kVectorBytes) std::array<float, kFilter * B> row;
    for (std::size_t x = 0; x < kIn; ++x)
        fromSix<kFilter, B>(products + x * plane, kIn * plane, half.data() + x * B, kIn * B);
    for (std::size_t y = 0; y < kFilter; ++y) {
        fromSix<kFilter, B>(half.data() + y * kIn * B, B, row.data(), B);
        for (std::size_t x = 0; x < kFilter; ++x) {
            float* to = gradient + (y * kFilter + x) * strides.tap;
            for (std::size_t lane = 0; lane < B; ++lane)
                to[lane * strides.input] = row[x * B + lane];
        }
    }
}

// Attributes do not mix with templates, so every clone is spelled out.
#define HILUM_WINOGRAD(B)                                                                                              \
    HILUM_CLONES void sourceInto##B(const float* films, const WinogradTiles& tiles, const TilePlace& place, float* values) { \
        intoOf<B, false>(films, tiles, place, values);                                                                 \
    }                                                                                                                  \
    HILUM_CLONES void targetFrom##B(const float* products, const WinogradTiles& tiles, const TilePlace& place,           \
                                    ChannelRange channels, const WinogradEpilogue& epilogue, float* films) {           \
        fromOf<B>(products, tiles, place, channels, epilogue, films);                                                  \
    }
HILUM_WINOGRAD(8)
HILUM_WINOGRAD(16)
#undef HILUM_WINOGRAD
HILUM_CLONES void gradientIntoBlocks(const float* films, const WinogradTiles& tiles, const TilePlace& place, float* values) {
    intoOf<kGradientBlock, true>(films, tiles, place, values);
}

constexpr std::size_t kWeightLanes = 8;
// A panel of outputs, of all inputs.
HILUM_CLONES void packPanel(const float* weights, const WeightStrides& strides, std::size_t inputs, std::size_t panel,
                            bool isTurned, float* packed, std::size_t plane) {
    for (std::size_t input = 0; input < inputs; ++input) {
        for (std::size_t lane = 0; lane < panel; lane += kWeightLanes)
            weightsOf<kWeightLanes>(weights + input * strides.input + lane * strides.output, strides, isTurned,
                                    packed + input * panel + lane, plane);
    }
}
HILUM_CLONES void gradientOfOutput(const float* products, std::size_t inputs, std::size_t plane, const WeightStrides& strides,
                                   float* gradient) {
    for (std::size_t input = 0; input < inputs; input += kWeightLanes)
        weightGradientOf<kWeightLanes>(products + input, plane, strides, gradient + input * strides.input);
}

struct TileRange {
    std::size_t first = 0, count = 0;
};

TilePlace placeOf(std::size_t tile, const WinogradTiles& tiles) {
    const std::size_t columns = tiles.columns(), ofFilm = tiles.rows() * columns;
    return {tile / ofFilm, tile % ofFilm / columns, tile % columns};
}

// How the values of some tiles lie in the 36 planes, which are winogradPlane() apart: tiles × C, or
// C / block × tiles × block.
enum class TileOrder { ByTile, ByBlock };

using IntoTile = void (*)(const float*, const WinogradTiles&, const TilePlace&, float*);
void intoTiles(IntoTile work, const float* films, const WinogradTiles& tiles, std::size_t channels, TileRange range,
               TileOrder order, float* values, ParallelFor parallel) {
    const bool isByTile = order == TileOrder::ByTile;
    parallel(range.count, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
            TilePlace place = placeOf(range.first + i, tiles);
            place.block = isByTile ? tiles.block : range.count * tiles.block;
            place.plane = winogradPlane(range.count * channels);
            work(films, tiles, place, values + i * (isByTile ? channels : tiles.block));
        }
    });
}

void sourceIntoTiles(const float* source, const WinogradTiles& tiles, TileRange range, TileOrder order, float* values,
                     ParallelFor parallel) {
    intoTiles(tiles.block == 16 ? sourceInto16 : sourceInto8, source, tiles, tiles.source.channels, range, order, values,
              parallel);
}

// One of the range's tiles: tiles × channels in each plane -> those channels of a target.
void targetFromTile(const float* products, const WinogradTiles& tiles, TileRange range, std::size_t tile, ChannelRange channels,
                    const WinogradEpilogue& epilogue, float* target) {
    TilePlace place = placeOf(range.first + tile, tiles);
    place.plane = winogradPlane(range.count * channels.count);
    const auto work = tiles.block == 16 ? targetFrom16 : targetFrom8;
    work(products + tile * channels.count, tiles, place, channels, epilogue, target);
}

std::size_t planes(std::size_t values) { return kWinogradProducts * winogradPlane(values); }

void onThisThread(std::size_t count, const std::function<void(std::size_t first, std::size_t last)>& work) { work(0, count); }

// Kept by every thread; what the first two hold is read by others, too, while their thread waits.
thread_local Scratch sourceScratch, gradientScratch, productScratch;

ProductDims productsOf(const WinogradTiles& tiles, const WinogradFilters& filters, std::size_t count, std::size_t columns) {
    const std::size_t in = tiles.source.channels;
    return {.count = kWinogradProducts,
            .rows = count,
            .inner = in,
            .columns = columns,
            .panel = panelFor(tiles.target.channels),
            .leftPlane = winogradPlane(count * in),
            .rightPlane = filters.plane,
            .resultPlane = winogradPlane(count * columns)};
}

// All tiles, step by step, every step on all threads.
void convolveTogether(const float* source, const WinogradTiles& tiles, const WinogradFilters& filters,
                      const WinogradEpilogue& epilogue, float* target, ParallelFor parallel) {
    const std::size_t in = tiles.source.channels, out = tiles.target.channels;
    const TileRange all{0, tiles.count()};
    float* const values = sourceScratch.of(planes(all.count * in));
    float* const products = productScratch.of(planes(all.count * out));
    sourceIntoTiles(source, tiles, all, TileOrder::ByTile, values, parallel);
    multiply(productsOf(tiles, filters, all.count, out), values, filters.values, products, parallel);
    parallel(all.count, [&](std::size_t first, std::size_t last) {
        for (std::size_t tile = first; tile < last; ++tile)
            targetFromTile(products, tiles, all, tile, {0, out}, epilogue, target);
    });
}

// Some tiles on this thread; channels of the target in groups whose products stay in the core's cache.
void convolveAlone(const float* source, const WinogradTiles& tiles, TileRange range, const WinogradFilters& filters,
                   const WinogradEpilogue& epilogue, float* target) {
    const std::size_t in = tiles.source.channels, out = tiles.target.channels, panel = std::max(panelFor(out), tiles.block);
    const std::size_t fit = kProductValues / (kWinogradProducts * range.count * panel) * panel, most = std::max(fit, panel);
    float* const values = sourceScratch.of(planes(range.count * in));
    float* const products = productScratch.of(planes(range.count * std::min(most, out)));
    sourceIntoTiles(source, tiles, range, TileOrder::ByTile, values, onThisThread);
    for (ChannelRange channels; channels.first < out; channels.first += channels.count) {
        channels.count = std::min(most, out - channels.first);
        multiply(productsOf(tiles, filters, range.count, channels.count), values, filters.values + channels.first * in, products,
                 onThisThread);
        for (std::size_t tile = 0; tile < range.count; ++tile)
            targetFromTile(products, tiles, range, tile, channels, epilogue, target);
    }
}

} // namespace

ChannelLayout inBlocks(std::size_t rows, std::size_t columns, std::size_t channels, std::size_t block) {
    return {rows, columns, channels, block, rows * columns * block, rows * columns * channels};
}

ChannelLayout byPixels(std::size_t rows, std::size_t columns, std::size_t channels, std::size_t block) {
    return {rows, columns, channels, channels, block, rows * columns * channels};
}

void packWinogradWeights(const float* weights, const WeightStrides& strides, std::size_t outputs, std::size_t inputs,
                         bool isTurned, float* packed, std::size_t plane, ParallelFor parallel) {
    const std::size_t panel = panelFor(outputs);
    parallel(outputs / panel, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            packPanel(weights + i * panel * strides.output, strides, inputs, panel, isTurned, packed + i * inputs * panel, plane);
    });
}

// Of many tiles every thread takes its own: what it transforms stays in its core's cache, and no thread waits. Of few tiles
// and many weights that would read all weights on every thread.
void convolveInTiles(const float* source, const WinogradTiles& tiles, const WinogradFilters& filters,
                     const WinogradEpilogue& epilogue, float* target, ParallelFor parallel) {
    if (2 * tiles.count() < tiles.target.channels) {
        convolveTogether(source, tiles, filters, epilogue, target, parallel);
        return;
    }
    const std::size_t most = std::max(kFewestTiles, kSourceValues / (kWinogradProducts * tiles.source.channels));
    parallel(tiles.count(), [&](std::size_t first, std::size_t last) {
        const std::size_t bands = (last - first + most - 1) / most;
        TileRange range{first, 0};
        for (std::size_t band = 0; band < bands; ++band, range.first += range.count) {
            range.count = first + (last - first) * (band + 1) / bands - range.first;
            convolveAlone(source, tiles, range, filters, epilogue, target);
        }
    });
}

void weightGradientInTiles(const float* source, const float* gradient, const WinogradTiles& tiles, const WeightStrides& strides,
                           float* weightGradient, ParallelFor parallel) {
    const std::size_t in = tiles.source.channels, out = tiles.target.channels, most = std::min(kGradientTiles, tiles.count());
    WinogradTiles sources = tiles;
    sources.block = sources.source.block = in % 16 == 0 ? 16 : 8;
    WinogradTiles gradients = sources;
    gradients.block = gradients.target.block = kGradientBlock;
    float* const right = sourceScratch.of(planes(most * in));
    float* const left = gradientScratch.of(planes(most * out));
    float* const sums = productScratch.of(planes(in * out));
    std::fill_n(sums, planes(in * out), 0.0F);
    for (TileRange range; range.first < tiles.count(); range.first += range.count) {
        range.count = std::min(most, tiles.count() - range.first);
        sourceIntoTiles(source, sources, range, TileOrder::ByBlock, right, parallel);
        intoTiles(gradientIntoBlocks, gradient, gradients, out, range, TileOrder::ByBlock, left, parallel);
        addProductsOfPanels({.count = kWinogradProducts,
                             .rows = out,
                             .inner = range.count,
                             .columns = in,
                             .panel = sources.block,
                             .leftPlane = winogradPlane(range.count * out),
                             .rightPlane = winogradPlane(range.count * in),
                             .resultPlane = winogradPlane(in * out)},
                            left, right, sums, parallel);
    }
    parallel(out, [&](std::size_t first, std::size_t last) {
        for (std::size_t output = first; output < last; ++output)
            gradientOfOutput(sums + output * in, in, winogradPlane(in * out), strides, weightGradient + output * strides.output);
    });
}

} // namespace hilum
