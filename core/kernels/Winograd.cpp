#include "core/kernels/Winograd.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <type_traits>

#include "core/domain/ProcessorClones.h"
#include "core/kernels/NarrowProducts.h"
#include "core/kernels/Scratch.h"
#include "core/kernels/Streams.h"
#include "core/kernels/TileProducts.h"

namespace hilum {
namespace {

constexpr std::size_t kFilter = 3;
constexpr std::size_t kGradientIn = 6; // side of a tile of sources in the weights' gradient
constexpr std::size_t kVectorBytes = kLineBytes;
// Of a core's own cache, for what a thread transforms, and for the products of it. But of few tiles at a time
// the weights would be read too often.
constexpr std::size_t kSourceValues = 150'000, kProductValues = 100'000, kFewestTiles = 32;
// A band of them; so that a panel of them stays in the nearest cache.
constexpr std::size_t kGradientTiles = 256;
constexpr std::size_t kGradientBlock = 8; // of the target's channels, as addProductsOfPanels() takes them

// The matrices of section 4 as sums: each takes vectors of B lanes that are `from` apart, and gives some that
// are `to` apart. Of In points: ±kNear, ±kFar and infinity, and of six 0, too. With the paper's 0, ±1, ±2 and
// infinity the results of six would round twice as much (how points are found: Barabasz et al. 2018, arXiv
// 1803.10986); those of five round still less. The constants are exact.
template <std::size_t In>
constexpr float kNear = In == 6 ? 5 / 8.0F : 1 / 2.0F;
template <std::size_t In>
constexpr float kFar = In == 6 ? 3 / 2.0F : 5 / 4.0F;
constexpr float squared(float value) { return value * value; }
template <std::size_t In>
constexpr float kNear2 = squared(kNear<In>);
template <std::size_t In>
constexpr float kFar2 = squared(kFar<In>);
// The product of a point's distances to the others. Of five points those of -kNear and -kFar are these with
// the other sign, which Bᵀ bears.
template <std::size_t In>
constexpr float distances(float own, float other) {
    const float toOthers = 2 * (squared(own) - squared(other));
    return toOthers * (In == 6 ? squared(own) : own);
}
template <std::size_t In>
constexpr float kFromNear = distances<In>(kNear<In>, kFar<In>);
template <std::size_t In>
constexpr float kFromFar = distances<In>(kFar<In>, kNear<In>);

// Bᵀ: In into In.
template <std::size_t In, std::size_t B>
HILUM_IN_CLONES void intoPoints(const float* in, std::size_t from, float* out, std::size_t to) {
    constexpr float near = kNear<In>, far = kFar<In>, near2 = kNear2<In>, far2 = kFar2<In>,
                    both2 = near2 * far2;
#pragma omp simd
    for (std::size_t lane = 0; lane < B; ++lane) {
        const float a = in[lane], b = in[from + lane], c = in[2 * from + lane], d = in[3 * from + lane],
                    e = in[4 * from + lane];
        if constexpr (In == 6) {
            const float f = in[5 * from + lane];
            const float nearEvens = e - far2 * c, nearOdds = near * (d - far2 * b);
            const float farEvens = e - near2 * c, farOdds = far * (d - near2 * b);
            out[lane] = both2 * a - (near2 + far2) * c + e;
            out[to + lane] = nearEvens + nearOdds;
            out[2 * to + lane] = nearEvens - nearOdds;
            out[3 * to + lane] = farEvens + farOdds;
            out[4 * to + lane] = farEvens - farOdds;
            out[5 * to + lane] = both2 * b - (near2 + far2) * d + f;
        } else {
            const float nearEvens = near * (c - far2 * a), nearOdds = d - far2 * b;
            const float farEvens = far * (c - near2 * a), farOdds = d - near2 * b;
            out[lane] = nearEvens + nearOdds;
            out[to + lane] = nearEvens - nearOdds;
            out[2 * to + lane] = farEvens + farOdds;
            out[3 * to + lane] = farEvens - farOdds;
            out[4 * to + lane] = both2 * a - (near2 + far2) * c + e;
        }
    }
}

// G: Taps, 3 or (of six points) 4, into In.
template <std::size_t In, std::size_t Taps, std::size_t B>
HILUM_IN_CLONES void filterIntoPoints(const float* in, std::size_t from, float* out, std::size_t to) {
    static_assert(Taps == 3 || (Taps == 4 && In == 6));
    constexpr float near2 = kNear2<In>, far2 = kFar2<In>, fromNear = kFromNear<In>, fromFar = kFromFar<In>;
    constexpr std::size_t first = In == 6 ? 1 : 0; // of ±kNear
#pragma omp simd
    for (std::size_t lane = 0; lane < B; ++lane) {
        const float a = in[lane], b = in[from + lane], c = in[2 * from + lane],
                    d = Taps == 4 ? in[3 * from + lane] : 0;
        const float near = (a + near2 * c) * (1 / fromNear),
                    nearOdds = (b + near2 * d) * (kNear<In> / fromNear);
        const float far = (a + far2 * c) * (1 / fromFar), farOdds = (b + far2 * d) * (kFar<In> / fromFar);
        if constexpr (In == 6)
            out[lane] = a * (1 / (near2 * far2));
        out[first * to + lane] = near + nearOdds;
        out[(first + 1) * to + lane] = near - nearOdds;
        out[(first + 2) * to + lane] = far + farOdds;
        out[(first + 3) * to + lane] = far - farOdds;
        out[(In - 1) * to + lane] = Taps == 4 ? d : c;
    }
}

// Aᵀ: In into Outputs, 3 or (of six points) 4.
template <std::size_t In, std::size_t Outputs, std::size_t B>
HILUM_IN_CLONES void fromPoints(const float* in, std::size_t from, float* out, std::size_t to) {
    static_assert(Outputs == 3 || (Outputs == 4 && In == 6));
    constexpr float near2 = kNear2<In>, far2 = kFar2<In>;
    constexpr std::size_t first = In == 6 ? 1 : 0; // of ±kNear
#pragma omp simd
    for (std::size_t lane = 0; lane < B; ++lane) {
        const float a = in[first * from + lane], b = in[(first + 1) * from + lane],
                    c = in[(first + 2) * from + lane], d = in[(first + 3) * from + lane],
                    last = in[(In - 1) * from + lane];
        const float near = a + b, nearOdds = kNear<In> * (a - b), far = c + d, farOdds = kFar<In> * (c - d);
        out[lane] = In == 6 ? in[lane] + near + far : near + far;
        out[to + lane] = nearOdds + farOdds;
        if constexpr (Outputs == 4) {
            out[2 * to + lane] = near2 * near + far2 * far;
            out[3 * to + lane] = near2 * nearOdds + far2 * farOdds + last;
        } else {
            out[2 * to + lane] = near2 * near + far2 * far + last;
        }
    }
}

// Rows of In or Taps vectors, `pixel` apart in a row and `row` from row to row; products are `plane` apart.
template <std::size_t In, std::size_t B>
HILUM_IN_CLONES void sourceTile(const float* source, std::size_t pixel, std::size_t row, float* values,
                                std::size_t plane) {
    alignas(kVectorBytes) std::array<float, In * In * B> half;
    for (std::size_t x = 0; x < In; ++x)
        intoPoints<In, B>(source + x * pixel, row, half.data() + x * B, In * B);
    for (std::size_t y = 0; y < In; ++y)
        intoPoints<In, B>(half.data() + y * In * B, B, values + y * In * plane, plane);
}

template <std::size_t In, std::size_t Taps, std::size_t B>
HILUM_IN_CLONES void filterTile(const float* filter, std::size_t pixel, std::size_t row, float* values,
                                std::size_t plane) {
    alignas(kVectorBytes) std::array<float, In * Taps * B> half;
    for (std::size_t x = 0; x < Taps; ++x)
        filterIntoPoints<In, Taps, B>(filter + x * pixel, row, half.data() + x * B, Taps * B);
    for (std::size_t y = 0; y < In; ++y)
        filterIntoPoints<In, Taps, B>(half.data() + y * Taps * B, B, values + y * In * plane, plane);
}

inline float widened(float value) { return value; }
inline float widened(Bfloat16 value) { return toFloat(value); }
inline void assign(float& to, float value) { to = value; }
inline void assign(Bfloat16& to, float value) { to = toBfloat16(value); }

// Side × Side pixels from a place that may lie outside; zero there.
template <std::size_t Side, std::size_t B, class T>
HILUM_IN_CLONES void copyTile(const T* film, const ChannelLayout& layout, std::ptrdiff_t top,
                              std::ptrdiff_t left, float* tile) {
    for (std::ptrdiff_t y = top; y < top + std::ptrdiff_t{Side}; ++y) {
        for (std::ptrdiff_t x = left; x < left + std::ptrdiff_t{Side}; ++x, tile += B) {
            if (y < 0 || x < 0 || y >= static_cast<std::ptrdiff_t>(layout.rows) ||
                x >= static_cast<std::ptrdiff_t>(layout.columns)) {
                std::fill_n(tile, B, 0.0F);
                continue;
            }
            const T* from =
                film +
                (static_cast<std::size_t>(y) * layout.columns + static_cast<std::size_t>(x)) * layout.pixel;
#pragma omp simd
            for (std::size_t lane = 0; lane < B; ++lane)
                tile[lane] = widened(from[lane]);
        }
    }
}

// One tile, of all channels: what lies together is written together.
struct TilePlace {
    std::size_t film = 0, row = 0, column = 0; // of tiles
    std::size_t block = 0, plane = 0;          // of its values, from one to the next
};

template <std::size_t In, std::size_t B, bool IsGradient, class T>
HILUM_IN_CLONES void intoOf(const T* films, const WinogradTiles& tiles, const TilePlace& place, T* values) {
    constexpr std::size_t kOut = In - 2, kSide = IsGradient ? kOut : In;
    const ChannelLayout& layout = IsGradient ? tiles.target : tiles.source;
    const std::size_t paddingTop = IsGradient ? 0 : tiles.paddingTop,
                      paddingLeft = IsGradient ? 0 : tiles.paddingLeft;
    const auto top = static_cast<std::ptrdiff_t>(place.row * kOut) - static_cast<std::ptrdiff_t>(paddingTop);
    const auto left =
        static_cast<std::ptrdiff_t>(place.column * kOut) - static_cast<std::ptrdiff_t>(paddingLeft);
    const std::ptrdiff_t side{kSide};
    [[maybe_unused]] const bool isInside = top >= 0 && left >= 0 &&
                                           top + side <= static_cast<std::ptrdiff_t>(layout.rows) &&
                                           left + side <= static_cast<std::ptrdiff_t>(layout.columns);
    const T* film = films + place.film * layout.film;
    alignas(kVectorBytes) std::array<float, kSide * kSide * B> copy;
    constexpr std::size_t kBlocks = kLineBytes / (B * sizeof(T)); // in a line of the caches
    alignas(kVectorBytes) std::array<T, In * In * kBlocks * B> lines;
    const bool streams = !IsGradient && tiles.streams;
    for (std::size_t channel = 0; channel < layout.channels;
         channel += B, film += layout.block, values += place.block) {
        const float* tile = copy.data();
        std::size_t pixel = B, row = kSide * B;
        if constexpr (std::is_same_v<T, float>) {
            if (isInside) {
                pixel = layout.pixel;
                row = layout.columns * layout.pixel;
                tile = film + static_cast<std::size_t>(top) * row + static_cast<std::size_t>(left) * pixel;
            }
        }
        if (tile == copy.data())
            copyTile<kSide, B>(film, layout, top, left, copy.data());
        const std::size_t inLine = channel / B % kBlocks;
        T* const to = streams ? lines.data() + inLine * B : values;
        const std::size_t plane = streams ? kBlocks * B : place.plane;
        if constexpr (IsGradient) {
            filterTile<In, kOut, B>(tile, pixel, row, to, plane);
        } else if constexpr (std::is_same_v<T, float>) {
            sourceTile<In, B>(tile, pixel, row, to, plane);
        } else {
            static_assert(B == kNarrowPanel);
            alignas(kVectorBytes) std::array<float, In * In * B> wide;
            sourceTile<In, B>(tile, pixel, row, wide.data(), B);
            narrowRows(wide.data(), In * In, to, plane);
        }
        if (streams && (inLine + 1 == kBlocks || channel + B == layout.channels))
            for (std::size_t product = 0; product < In * In; ++product)
                stream(lines.data() + product * plane, (inLine + 1) * B,
                       values - inLine * B + product * place.plane);
    }
}

struct ChannelRange {
    std::size_t first = 0, count = 0;
};

// products: of the channels of the range alone.
template <std::size_t In, std::size_t B, class T>
HILUM_IN_CLONES void fromOf(const float* products, const WinogradTiles& tiles, const TilePlace& place,
                            ChannelRange channels, const ConvolutionEpilogue& epilogue, T* films) {
    constexpr std::size_t kOut = In - 2;
    const ChannelLayout& layout = tiles.target;
    const std::size_t rowStride = layout.columns * layout.pixel;
    const std::size_t rows = std::min(kOut, layout.rows - place.row * kOut);
    const std::size_t columns = std::min(kOut, layout.columns - place.column * kOut);
    T* target = films + place.film * layout.film + channels.first / B * layout.block +
                place.row * kOut * rowStride + place.column * kOut * layout.pixel;
    alignas(kVectorBytes) std::array<float, kOut * In * B> half;
    alignas(kVectorBytes) std::array<float, kOut * B> whole;
    alignas(kVectorBytes) std::array<float, B> bias{};
    const std::size_t end = channels.first + channels.count;
    for (std::size_t channel = channels.first; channel < end;
         channel += B, target += layout.block, products += B) {
        if (epilogue.bias != nullptr)
            std::copy_n(epilogue.bias + channel, B, bias.data());
        for (std::size_t x = 0; x < In; ++x)
            fromPoints<In, kOut, B>(products + x * place.plane, In * place.plane, half.data() + x * B,
                                    In * B);
        for (std::size_t y = 0; y < rows; ++y) {
            fromPoints<In, kOut, B>(half.data() + y * In * B, B, whole.data(), B);
            for (std::size_t x = 0; x < columns; ++x) {
                T* to = target + y * rowStride + x * layout.pixel;
#pragma omp simd
                for (std::size_t lane = 0; lane < B; ++lane) {
                    float value = whole[x * B + lane] + bias[lane];
                    if (epilogue.adds)
                        value += widened(to[lane]);
                    value = value < epilogue.low ? epilogue.low : value; // what is no number stays so
                    assign(to[lane], value > epilogue.high ? epilogue.high : value);
                }
            }
        }
    }
}

// B outputs of one input.
template <std::size_t In, std::size_t B>
HILUM_IN_CLONES void weightsOf(const float* weights, const WeightStrides& strides, bool isTurned,
                               float* packed, std::size_t plane) {
    alignas(kVectorBytes) std::array<float, kWinogradTaps * B> filter;
    for (std::size_t tap = 0; tap < kWinogradTaps; ++tap) {
        const float* from = weights + (isTurned ? kWinogradTaps - 1 - tap : tap) * strides.tap;
        for (std::size_t lane = 0; lane < B; ++lane)
            filter[tap * B + lane] = from[lane * strides.output];
    }
    filterTile<In, kFilter, B>(filter.data(), B, kFilter * B, packed, plane);
}

// B inputs of one output.
template <std::size_t B>
HILUM_IN_CLONES void weightGradientOf(const float* products, std::size_t plane, const WeightStrides& strides,
                                      float* gradient) {
    alignas(kVectorBytes) std::array<float, kFilter * kGradientIn * B> half;
    alignas(kVectorBytes) std::array<float, kFilter * B> row;
    for (std::size_t x = 0; x < kGradientIn; ++x)
        fromPoints<kGradientIn, kFilter, B>(products + x * plane, kGradientIn * plane, half.data() + x * B,
                                            kGradientIn * B);
    for (std::size_t y = 0; y < kFilter; ++y) {
        fromPoints<kGradientIn, kFilter, B>(half.data() + y * kGradientIn * B, B, row.data(), B);
        for (std::size_t x = 0; x < kFilter; ++x) {
            float* to = gradient + (y * kFilter + x) * strides.tap;
            for (std::size_t lane = 0; lane < B; ++lane)
                to[lane * strides.input] = row[x * B + lane];
        }
    }
}

// Of tiles of one side, in blocks of one size.
template <class T>
struct TileWork {
    void (*sourceInto)(const T* films, const WinogradTiles&, const TilePlace&, T* values);
    void (*targetFrom)(const float* products, const WinogradTiles&, const TilePlace&, ChannelRange,
                       const ConvolutionEpilogue&, T* films);
};

constexpr std::size_t kWeightLanes = 8;
constexpr std::size_t kMostPanel = 32; // that panelFor() gives

// Attributes do not mix with templates, so every clone is spelled out. IN: of a tile of sources; B: channels
// of a block.
#define HILUM_TILE_WORK(NAME, T, IN, B)                                                                      \
    HILUM_CLONES void sourceInto##NAME(const T* films, const WinogradTiles& tiles, const TilePlace& place,   \
                                       T* values) {                                                          \
        intoOf<IN, B, false>(films, tiles, place, values);                                                   \
    }                                                                                                        \
    HILUM_CLONES void targetFrom##NAME(const float* products, const WinogradTiles& tiles,                    \
                                       const TilePlace& place, ChannelRange channels,                        \
                                       const ConvolutionEpilogue& epilogue, T* films) {                      \
        fromOf<IN, B>(products, tiles, place, channels, epilogue, films);                                    \
    }                                                                                                        \
    constexpr TileWork<T> k##NAME{sourceInto##NAME, targetFrom##NAME};
HILUM_TILE_WORK(Tile3By8, float, 5, 8)
HILUM_TILE_WORK(Tile3By16, float, 5, 16)
HILUM_TILE_WORK(Tile4By8, float, 6, 8)
HILUM_TILE_WORK(Tile4By16, float, 6, 16)
HILUM_TILE_WORK(NarrowTile3, Bfloat16, 5, kNarrowPanel)
HILUM_TILE_WORK(NarrowTile4, Bfloat16, 6, kNarrowPanel)
#undef HILUM_TILE_WORK
// A panel of outputs, of one input.
template <std::size_t In>
HILUM_IN_CLONES void panelOf(const float* weights, const WeightStrides& strides, std::size_t panel,
                             bool isTurned, float* packed, std::size_t plane) {
    for (std::size_t lane = 0; lane < panel; lane += kWeightLanes)
        weightsOf<In, kWeightLanes>(weights + lane * strides.output, strides, isTurned, packed + lane, plane);
}
// Of all inputs, two at a time.
template <std::size_t In>
HILUM_IN_CLONES void narrowPanel(const float* weights, const WeightStrides& strides, std::size_t inputs,
                                 std::size_t panel, bool isTurned, Bfloat16* packed, std::size_t plane) {
    alignas(kVectorBytes) std::array<float, 2 * In * In * kMostPanel> wide;
    float* const second = wide.data() + In * In * kMostPanel;
    for (std::size_t input = 0; input < inputs; input += 2, packed += 2 * panel) {
        const float* const from = weights + input * strides.input;
        panelOf<In>(from, strides, panel, isTurned, wide.data(), kMostPanel);
        panelOf<In>(from + strides.input, strides, panel, isTurned, second, kMostPanel);
        for (std::size_t product = 0; product < In * In; ++product) {
#pragma omp simd
            for (std::size_t lane = 0; lane < panel; ++lane) {
                packed[product * plane + 2 * lane] = toBfloat16(wide[product * kMostPanel + lane]);
                packed[product * plane + 2 * lane + 1] = toBfloat16(second[product * kMostPanel + lane]);
            }
        }
    }
}
// Of all inputs.
#define HILUM_PACK_PANEL(IN)                                                                                 \
    HILUM_CLONES void packPanel##IN(const float* weights, const WeightStrides& strides, std::size_t inputs,  \
                                    std::size_t panel, bool isTurned, float* packed, std::size_t plane) {    \
        for (std::size_t input = 0; input < inputs; ++input)                                                 \
            panelOf<IN>(weights + input * strides.input, strides, panel, isTurned, packed + input * panel,   \
                        plane);                                                                              \
    }                                                                                                        \
    HILUM_CLONES void packNarrowPanel##IN(const float* weights, const WeightStrides& strides,                \
                                          std::size_t inputs, std::size_t panel, bool isTurned,              \
                                          Bfloat16* packed, std::size_t plane) {                             \
        narrowPanel<IN>(weights, strides, inputs, panel, isTurned, packed, plane);                           \
    }
HILUM_PACK_PANEL(5)
HILUM_PACK_PANEL(6)
#undef HILUM_PACK_PANEL
HILUM_CLONES void gradientIntoBlocks(const float* films, const WinogradTiles& tiles, const TilePlace& place,
                                     float* values) {
    intoOf<kGradientIn, kGradientBlock, true>(films, tiles, place, values);
}
HILUM_CLONES void gradientOfOutput(const float* products, std::size_t inputs, std::size_t plane,
                                   const WeightStrides& strides, float* gradient) {
    for (std::size_t input = 0; input < inputs; input += kWeightLanes)
        weightGradientOf<kWeightLanes>(products + input, plane, strides, gradient + input * strides.input);
}

template <class T>
const TileWork<T>& workOf(const WinogradTiles& tiles) {
    if constexpr (std::is_same_v<T, Bfloat16>)
        return tiles.side == 3 ? kNarrowTile3 : kNarrowTile4;
    else if (tiles.side == 3)
        return tiles.block == 16 ? kTile3By16 : kTile3By8;
    else
        return tiles.block == 16 ? kTile4By16 : kTile4By8;
}

struct TileRange {
    std::size_t first = 0, count = 0;
};

TilePlace placeOf(std::size_t tile, const WinogradTiles& tiles) {
    const std::size_t columns = tiles.columns(), ofFilm = tiles.rows() * columns;
    return {tile / ofFilm, tile % ofFilm / columns, tile % columns};
}

// How the values of some tiles lie in the planes of the products, which are winogradPlane() apart: tiles × C,
// or C / block × tiles × block.
enum class TileOrder { ByTile, ByBlock };

template <class T>
using IntoTile = void (*)(const T*, const WinogradTiles&, const TilePlace&, T*);
template <class T>
void intoTiles(IntoTile<T> work, const T* films, const WinogradTiles& tiles, std::size_t channels,
               TileRange range, TileOrder order, T* values, ParallelFor parallel) {
    const bool isByTile = order == TileOrder::ByTile;
    parallel(range.count, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
            TilePlace place = placeOf(range.first + i, tiles);
            place.block = isByTile ? tiles.block : range.count * tiles.block;
            place.plane = winogradPlane(range.count * channels);
            work(films, tiles, place, values + i * (isByTile ? channels : tiles.block));
        }
        if (tiles.streams)
            finishStreams();
    });
}

template <class T>
void sourceIntoTiles(const T* source, const WinogradTiles& tiles, TileRange range, TileOrder order, T* values,
                     ParallelFor parallel) {
    intoTiles(workOf<T>(tiles).sourceInto, source, tiles, tiles.source.channels, range, order, values,
              parallel);
}

// One of the range's tiles: tiles × channels in each plane -> those channels of a target.
template <class T>
void targetFromTile(const float* products, const WinogradTiles& tiles, TileRange range, std::size_t tile,
                    ChannelRange channels, const ConvolutionEpilogue& epilogue, T* target) {
    TilePlace place = placeOf(range.first + tile, tiles);
    place.plane = winogradPlane(range.count * channels.count);
    workOf<T>(tiles).targetFrom(products + tile * channels.count, tiles, place, channels, epilogue, target);
}

std::size_t planes(const WinogradTiles& tiles, std::size_t values) {
    return tiles.products() * winogradPlane(values);
}

void onThisThread(std::size_t count, const std::function<void(std::size_t first, std::size_t last)>& work) {
    work(0, count);
}

// Kept by every thread; what they hold is read by others, too, while their thread waits.
thread_local Scratch sourceScratch, gradientScratch, productScratch;

ProductDims productsOf(const WinogradTiles& tiles, std::size_t filterPlane, std::size_t count,
                       std::size_t columns) {
    const std::size_t in = tiles.source.channels;
    return {.count = tiles.products(),
            .rows = count,
            .inner = in,
            .columns = columns,
            .panel = panelFor(tiles.target.channels),
            .leftPlane = winogradPlane(count * in),
            .rightPlane = filterPlane,
            .resultPlane = winogradPlane(count * columns),
            .isBetweenCores = tiles.streams};
}

// All tiles, step by step, every step on all threads.
template <class T>
void convolveTogether(const T* source, const WinogradTiles& tiles, const WinogradFilters<T>& filters,
                      const ConvolutionEpilogue& epilogue, T* target, ParallelFor parallel) {
    const std::size_t in = tiles.source.channels, out = tiles.target.channels;
    const TileRange all{0, tiles.count()};
    T* const values = sourceScratch.of<T>(planes(tiles, all.count * in));
    float* const products = productScratch.of(planes(tiles, all.count * out));
    sourceIntoTiles(source, tiles, all, TileOrder::ByTile, values, parallel);
    multiply(productsOf(tiles, filters.plane, all.count, out), values, filters.values, products, parallel);
    parallel(all.count, [&](std::size_t first, std::size_t last) {
        for (std::size_t tile = first; tile < last; ++tile)
            targetFromTile(products, tiles, all, tile, {0, out}, epilogue, target);
    });
}

// Some tiles on this thread; channels of the target in groups whose products stay in the core's cache.
template <class T>
void convolveAlone(const T* source, const WinogradTiles& tiles, TileRange range,
                   const WinogradFilters<T>& filters, const ConvolutionEpilogue& epilogue, T* target) {
    const std::size_t in = tiles.source.channels, out = tiles.target.channels,
                      panel = std::max(panelFor(out), tiles.block);
    const std::size_t fit = kProductValues / (tiles.products() * range.count * panel) * panel,
                      most = std::max(fit, panel);
    T* const values = sourceScratch.of<T>(planes(tiles, range.count * in));
    float* const products = productScratch.of(planes(tiles, range.count * std::min(most, out)));
    sourceIntoTiles(source, tiles, range, TileOrder::ByTile, values, onThisThread);
    for (ChannelRange channels; channels.first < out; channels.first += channels.count) {
        channels.count = std::min(most, out - channels.first);
        multiply(productsOf(tiles, filters.plane, range.count, channels.count), values,
                 filters.values + channels.first * in, products, onThisThread);
        for (std::size_t tile = 0; tile < range.count; ++tile)
            targetFromTile(products, tiles, range, tile, channels, epilogue, target);
    }
}

template <class T>
using PackPanel = void (*)(const float* weights, const WeightStrides&, std::size_t inputs, std::size_t panel,
                           bool isTurned, T* packed, std::size_t plane);
template <class T>
void packPanels(PackPanel<T> work, const float* weights, const WeightStrides& strides, std::size_t outputs,
                std::size_t inputs, bool isTurned, T* packed, std::size_t plane, ParallelFor parallel) {
    const std::size_t panel = panelFor(outputs);
    parallel(outputs / panel, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            work(weights + i * panel * strides.output, strides, inputs, panel, isTurned,
                 packed + i * inputs * panel, plane);
    });
}

// Of many tiles every thread takes its own: what it transforms stays in its core's cache, and no thread
// waits. Of few tiles and many weights that would read all weights on every thread.
template <class T>
void convolve(const T* source, const WinogradTiles& tiles, const WinogradFilters<T>& filters,
              const ConvolutionEpilogue& epilogue, T* target, ParallelFor parallel) {
    if (tiles.areFew()) {
        convolveTogether(source, tiles, filters, epilogue, target, parallel);
        return;
    }
    const std::size_t most =
        std::max(kFewestTiles, kSourceValues / (tiles.products() * tiles.source.channels));
    WinogradTiles alone = tiles;
    alone.streams = false;
    parallel(tiles.count(), [&](std::size_t first, std::size_t last) {
        const std::size_t bands = (last - first + most - 1) / most;
        TileRange range{first, 0};
        for (std::size_t band = 0; band < bands; ++band, range.first += range.count) {
            range.count = first + (last - first) * (band + 1) / bands - range.first;
            convolveAlone(source, alone, range, filters, epilogue, target);
        }
    });
}

} // namespace

ChannelLayout inBlocks(std::size_t rows, std::size_t columns, std::size_t channels, std::size_t block) {
    return {rows, columns, channels, block, rows * columns * block, rows * columns * channels};
}

ChannelLayout byPixels(std::size_t rows, std::size_t columns, std::size_t channels, std::size_t block) {
    return {rows, columns, channels, channels, block, rows * columns * channels};
}

void packWinogradWeights(const float* weights, const WeightStrides& strides, std::size_t outputs,
                         std::size_t inputs, std::size_t side, bool isTurned, float* packed,
                         std::size_t plane, ParallelFor parallel) {
    packPanels(side == 3 ? packPanel5 : packPanel6, weights, strides, outputs, inputs, isTurned, packed,
               plane, parallel);
}

void packWinogradWeights(const float* weights, const WeightStrides& strides, std::size_t outputs,
                         std::size_t inputs, std::size_t side, bool isTurned, Bfloat16* packed,
                         std::size_t plane, ParallelFor parallel) {
    packPanels(side == 3 ? packNarrowPanel5 : packNarrowPanel6, weights, strides, outputs, inputs, isTurned,
               packed, plane, parallel);
}

void convolveInTiles(const float* source, const WinogradTiles& tiles, const WinogradFilters<float>& filters,
                     const ConvolutionEpilogue& epilogue, float* target, ParallelFor parallel) {
    convolve(source, tiles, filters, epilogue, target, parallel);
}

void convolveInTiles(const Bfloat16* source, const WinogradTiles& tiles,
                     const WinogradFilters<Bfloat16>& filters, const ConvolutionEpilogue& epilogue,
                     Bfloat16* target, ParallelFor parallel) {
    assert(canNarrow(tiles));
    convolve(source, tiles, filters, epilogue, target, parallel);
}

bool canNarrow(const WinogradTiles& tiles) {
    return hasNarrowProducts() && tiles.block == kNarrowPanel &&
           panelFor(tiles.target.channels) % kNarrowPanel == 0;
}

void weightGradientInTiles(const float* source, const float* gradient, const WinogradTiles& tiles,
                           const WeightStrides& strides, float* weightGradient, ParallelFor parallel) {
    assert(tiles.products() == kGradientIn * kGradientIn);
    const std::size_t in = tiles.source.channels, out = tiles.target.channels,
                      most = std::min(kGradientTiles, tiles.count());
    WinogradTiles sources = tiles;
    sources.block = sources.source.block = in % 16 == 0 ? 16 : 8;
    WinogradTiles gradients = sources;
    gradients.block = gradients.target.block = kGradientBlock;
    float* const right = sourceScratch.of(planes(tiles, most * in));
    float* const left = gradientScratch.of(planes(tiles, most * out));
    float* const sums = productScratch.of(planes(tiles, in * out));
    std::fill_n(sums, planes(tiles, in * out), 0.0F);
    for (TileRange range; range.first < tiles.count(); range.first += range.count) {
        range.count = std::min(most, tiles.count() - range.first);
        sourceIntoTiles(source, sources, range, TileOrder::ByBlock, right, parallel);
        intoTiles(gradientIntoBlocks, gradient, gradients, out, range, TileOrder::ByBlock, left, parallel);
        addProductsOfPanels({.count = tiles.products(),
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
            gradientOfOutput(sums + output * in, in, winogradPlane(in * out), strides,
                             weightGradient + output * strides.output);
    });
}

} // namespace hilum
