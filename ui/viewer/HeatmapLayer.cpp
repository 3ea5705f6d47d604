#include "ui/viewer/HeatmapLayer.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "core/image/HeatMap.h"

namespace hilum {
namespace {

constexpr int kLongestSidePx = 512;

} // namespace

HeatmapLayer makeHeatmapLayer(const FloatImage& map, const GridPlacement& placement, int filmWidthPx,
                              int filmHeightPx, double scale) {
    const double reduction =
        std::min(1.0, static_cast<double>(kLongestSidePx) / std::max(filmWidthPx, filmHeightPx));
    const int width = std::max(1, static_cast<int>(std::lround(filmWidthPx * reduction)));
    const int height = std::max(1, static_cast<int>(std::lround(filmHeightPx * reduction)));
    const double x = static_cast<double>(width) / filmWidthPx;
    const double y = static_cast<double>(height) / filmHeightPx;
    const GridPlacement reduced{placement.leftPx * x, placement.topPx * y, placement.widthPx * x,
                                placement.heightPx * y};
    const FloatImage raw = mapInFilmPixels(map, reduced, width, height);

    auto heat = std::make_shared<std::vector<std::uint16_t>>(raw.values.size());
    std::transform(raw.values.begin(), raw.values.end(), heat->begin(), [scale](float value) {
        return static_cast<std::uint16_t>(std::lround(std::clamp(value / scale, 0.0, 1.0) * 65535.0));
    });
    return {{width, height, std::move(heat)}, scale};
}

double largestHeat(const FloatImage& map) {
    const auto largest = std::max_element(map.values.begin(), map.values.end());
    return largest == map.values.end() ? 0.0 : std::max(0.0, static_cast<double>(*largest));
}

double largestHeat(const Explanation& explanation) {
    double largest = 0;
    for (const FloatImage& map : explanation.maps)
        largest = std::max(largest, largestHeat(map));
    return largest;
}

} // namespace hilum
