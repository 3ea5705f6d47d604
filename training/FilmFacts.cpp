#include "training/FilmFacts.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/image/Windowing.h"

namespace hilum {
namespace {

constexpr double kDark = 0.04;   // of the full range
constexpr int kBorderShare = 16; // the frame is the side / 16 wide
constexpr int kSurroundings = 2; // cells on each side of the one in the middle
constexpr int kBlockPx = 6;      // of the thumbnail
constexpr int kBlocks = kThumbnailPx / kBlockPx;
// Of a print's detail, so that what is beyond three of them is cut off.
constexpr double kDetailDeviation = 40;
constexpr double kFlatBlock = 1.5;       // standard deviation of a block's detail
constexpr double kFlatFilm = 0.25 / 255; // largest detail; below it the film is one grey

using Thumbnail = std::array<double, static_cast<std::size_t>(kThumbnailPx) * kThumbnailPx>;

std::size_t cellAt(int x, int y) { return static_cast<std::size_t>(y * kThumbnailPx + x); }

// Which cells of the thumbnail a pixel of a side of so many pixels falls into, and with what share of itself.
struct Portion {
    int cell = 0;
    double weight = 0; // the weights of a cell sum to 1
};
std::vector<std::vector<Portion>> portions(int sidePx) {
    std::vector<std::vector<Portion>> result(static_cast<std::size_t>(sidePx));
    const double cellsPerPixel = static_cast<double>(kThumbnailPx) / sidePx;
    for (int pixel = 0; pixel < sidePx; ++pixel) {
        const double begin = pixel * cellsPerPixel, end = (pixel + 1) * cellsPerPixel;
        for (int cell = static_cast<int>(begin); cell < kThumbnailPx && cell < end; ++cell) {
            const double overlap = std::min(end, cell + 1.0) - std::max(begin, static_cast<double>(cell));
            if (overlap > 1e-9)
                result[static_cast<std::size_t>(pixel)].push_back({cell, overlap});
        }
    }
    return result;
}

// Sums over one part of a film.
struct Sums {
    double count = 0, sum = 0, squares = 0, dark = 0;

    void add(double grey) {
        count += 1;
        sum += grey;
        squares += grey * grey;
        dark += grey < kDark ? 1 : 0;
    }
    [[nodiscard]] double mean() const { return sum / count; }
    [[nodiscard]] double deviation() const {
        return std::sqrt(std::max(0.0, squares / count - mean() * mean()));
    }
};

Thumbnail thumbnailOf(const Radiograph& film, const std::vector<float>& greys) {
    const auto columns = portions(film.widthPx), rows = portions(film.heightPx);
    Thumbnail thumbnail{};
    std::array<double, kThumbnailPx> line{};
    for (int y = 0; y < film.heightPx; ++y) {
        line.fill(0);
        for (int x = 0; x < film.widthPx; ++x) {
            const double grey = greys[film.pixel(x, y)];
            for (const Portion& column : columns[static_cast<std::size_t>(x)])
                line[static_cast<std::size_t>(column.cell)] += column.weight * grey;
        }
        for (const Portion& row : rows[static_cast<std::size_t>(y)]) {
            for (int x = 0; x < kThumbnailPx; ++x)
                thumbnail[cellAt(x, row.cell)] += row.weight * line[static_cast<std::size_t>(x)];
        }
    }
    return thumbnail;
}

FilmFacts factsOf(const Radiograph& film, const std::vector<float>& greys) {
    const int frameX = std::max(1, film.widthPx / kBorderShare),
              frameY = std::max(1, film.heightPx / kBorderShare);
    Sums all, border;
    for (int y = 0; y < film.heightPx; ++y) {
        const bool inFrame = y < frameY || y >= film.heightPx - frameY;
        for (int x = 0; x < film.widthPx; ++x) {
            const double grey = greys[film.pixel(x, y)];
            all.add(grey);
            if (inFrame || x < frameX || x >= film.widthPx - frameX)
                border.add(grey);
        }
    }
    return {.widthPx = film.widthPx,
            .heightPx = film.heightPx,
            .bitsStored = film.bitsStored,
            .encoding = film.source.format + " " + film.source.encoding,
            .meanGrey = all.mean(),
            .deviation = all.deviation(),
            .borderGrey = border.mean(),
            .borderDark = border.dark / border.count};
}

// The 64 pairs of frequencies after (0, 0), diagonal by diagonal.
std::vector<std::pair<int, int>> lowFrequencies() {
    std::vector<std::pair<int, int>> pairs;
    for (int sum = 1; pairs.size() < 64; ++sum) {
        for (int u = 0; u <= sum && pairs.size() < 64; ++u)
            pairs.emplace_back(u, sum - u);
    }
    return pairs;
}

std::uint64_t hashOf(const Thumbnail& thumbnail) {
    static const std::vector<std::pair<int, int>> frequencies = lowFrequencies();
    static const Thumbnail waves = [] { // row u: the u-th cosine
        Thumbnail table{};
        for (int u = 0; u < kThumbnailPx; ++u) {
            for (int x = 0; x < kThumbnailPx; ++x)
                table[cellAt(x, u)] = std::cos(std::numbers::pi * u * (x + 0.5) / kThumbnailPx);
        }
        return table;
    }();
    std::uint64_t hash = 0;
    for (const auto& [u, v] : frequencies) {
        double sum = 0;
        for (int y = 0; y < kThumbnailPx; ++y) {
            double line = 0;
            for (int x = 0; x < kThumbnailPx; ++x)
                line += thumbnail[cellAt(x, y)] * waves[cellAt(x, u)];
            sum += line * waves[cellAt(y, v)];
        }
        hash = hash << 1 | (sum > 0 ? 1U : 0U);
    }
    return hash;
}

double surroundingsMean(const Thumbnail& thumbnail, int x, int y) {
    double sum = 0;
    int count = 0;
    for (int v = std::max(0, y - kSurroundings); v <= std::min(kThumbnailPx - 1, y + kSurroundings); ++v) {
        for (int u = std::max(0, x - kSurroundings); u <= std::min(kThumbnailPx - 1, x + kSurroundings);
             ++u) {
            sum += thumbnail[cellAt(u, v)];
            ++count;
        }
    }
    return sum / count;
}

FilmPrint printOf(const Thumbnail& thumbnail) {
    FilmPrint print{.hash = hashOf(thumbnail)};
    Thumbnail detail{};
    double largest = 0, squares = 0;
    for (int y = 0; y < kThumbnailPx; ++y) {
        for (int x = 0; x < kThumbnailPx; ++x) {
            detail[cellAt(x, y)] = thumbnail[cellAt(x, y)] - surroundingsMean(thumbnail, x, y);
            largest = std::max(largest, std::abs(detail[cellAt(x, y)]));
            squares += detail[cellAt(x, y)] * detail[cellAt(x, y)];
        }
    }
    if (largest < kFlatFilm)
        return print;
    const double deviation = std::sqrt(squares / static_cast<double>(detail.size()));
    std::ranges::transform(detail, print.detail.begin(), [deviation](double value) {
        return static_cast<std::int8_t>(
            std::lround(std::clamp(kDetailDeviation * value / deviation, -127.0, 127.0)));
    });
    return print;
}

constexpr std::array kInnerBlocks{kBlockPx, 2 * kBlockPx};
bool isInner(int edge) { return edge == kInnerBlocks[0] || edge == kInnerBlocks[1]; }

// The correlations of some blocks, in any order.
struct BlockValues {
    std::array<double, static_cast<std::size_t>(kBlocks) * kBlocks> values{};
    std::size_t count = 0;

    void add(double value) {
        if (!std::isnan(value))
            values[count++] = value;
    }
    // The value that one in `parts` lies below.
    double quantile(std::size_t parts) {
        const auto place = values.begin() + static_cast<std::ptrdiff_t>(count / parts);
        std::nth_element(values.begin(), place, values.begin() + static_cast<std::ptrdiff_t>(count));
        return *place;
    }
};

// Of one block of both details; NaN where one of them is flat.
double blockCorrelation(const FilmPrint& a, const FilmPrint& b, int left, int top) {
    constexpr double kCount = kBlockPx * kBlockPx;
    double sumA = 0, sumB = 0, squaresA = 0, squaresB = 0, products = 0;
    for (int y = top; y < top + kBlockPx; ++y) {
        for (int x = left; x < left + kBlockPx; ++x) {
            const double valueA = a.detail[cellAt(x, y)], valueB = b.detail[cellAt(x, y)];
            sumA += valueA;
            sumB += valueB;
            squaresA += valueA * valueA;
            squaresB += valueB * valueB;
            products += valueA * valueB;
        }
    }
    const double varianceA = squaresA / kCount - sumA * sumA / (kCount * kCount);
    const double varianceB = squaresB / kCount - sumB * sumB / (kCount * kCount);
    if (std::min(varianceA, varianceB) < kFlatBlock * kFlatBlock)
        return std::nan("");
    return (products / kCount - sumA * sumB / (kCount * kCount)) / std::sqrt(varianceA * varianceB);
}

} // namespace

MeasuredFilm measured(const Radiograph& film) {
    const std::vector<float> greys = windowTable(film, defaultWindow(film));
    return {factsOf(film, greys), printOf(thumbnailOf(film, greys))};
}

int hammingDistance(std::uint64_t a, std::uint64_t b) { return std::popcount(a ^ b); }

double likeness(const FilmPrint& a, const FilmPrint& b) {
    BlockValues inner;
    for (const int top : kInnerBlocks) {
        for (const int left : kInnerBlocks)
            inner.add(blockCorrelation(a, b, left, top));
    }
    const double middle = inner.count < 2 ? 0 : inner.quantile(3);
    if (middle < kNearLikeness) // most pairs end here
        return middle;
    BlockValues all = inner;
    for (int top = 0; top < kThumbnailPx; top += kBlockPx) {
        for (int left = 0; left < kThumbnailPx; left += kBlockPx) {
            if (!isInner(left) || !isInner(top))
                all.add(blockCorrelation(a, b, left, top));
        }
    }
    return std::min(middle, all.quantile(4));
}

} // namespace hilum
