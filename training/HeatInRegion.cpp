#include "training/HeatInRegion.h"

#include <algorithm>
#include <cassert>
#include <vector>

#include "core/image/HeatMap.h"

namespace hilum {
namespace {

// The map's cell that each pixel of a line lies in; -1 outside the rectangle.
std::vector<int> cellsAlong(double start, double length, int cells, int filmPx) {
    std::vector<int> result;
    for (int i = 0; i < filmPx; ++i) {
        const double inRectangle = (i + 0.5 - start) / length;
        const bool seen = inRectangle >= 0 && inRectangle < 1;
        result.push_back(seen ? std::min(static_cast<int>(inRectangle * cells), cells - 1) : -1);
    }
    return result;
}

struct Cover {
    long seenPixels = 0;
    long regionPixels = 0;     // seen
    std::vector<bool> touched; // cells, row-major
};

Cover coverOf(const FloatImage& map, const GridPlacement& placement, const MaskImage& region) {
    const auto columns = cellsAlong(placement.leftPx, placement.widthPx, map.widthPx, region.widthPx);
    const auto rows = cellsAlong(placement.topPx, placement.heightPx, map.heightPx, region.heightPx);
    Cover cover;
    cover.touched.resize(map.values.size());
    for (int y = 0; y < region.heightPx; ++y) {
        for (int x = 0; x < region.widthPx; ++x) {
            const int column = columns[static_cast<std::size_t>(x)];
            const int row = rows[static_cast<std::size_t>(y)];
            if (column < 0 || row < 0)
                continue;
            ++cover.seenPixels;
            if (region.at(x, y) == 0)
                continue;
            ++cover.regionPixels;
            cover.touched[map.index(column, row)] = true;
        }
    }
    return cover;
}

} // namespace

std::optional<FilmHeat> heatInRegion(const FloatImage& map, const GridPlacement& placement,
                                     const MaskImage& region) {
    assert(!map.empty() && !region.empty());
    const Cover cover = coverOf(map, placement, region);
    const FloatImage heat = mapInFilmPixels(map, placement, region.widthPx, region.heightPx);
    double all = 0;
    double inside = 0;
    for (std::size_t i = 0; i < heat.values.size(); ++i) {
        const auto value = static_cast<double>(heat.values[i]);
        all += value;
        inside += region.values[i] != 0 ? value : 0;
    }
    if (!(all > 0) || cover.regionPixels == 0)
        return std::nullopt;
    const auto hottest = std::ranges::max_element(map.values) - map.values.begin();
    return FilmHeat{inside / all,
                    static_cast<double>(cover.regionPixels) / static_cast<double>(cover.seenPixels),
                    cover.touched[static_cast<std::size_t>(hottest)],
                    static_cast<double>(std::ranges::count(cover.touched, true)) /
                        static_cast<double>(cover.touched.size())};
}

} // namespace hilum
