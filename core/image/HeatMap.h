// Heat maps on films: from the network's grid to film pixels, to colours. Pure functions, thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/domain/Raster.h"
#include "core/domain/Reading.h"

namespace hilum {

using Rgb = std::array<std::uint8_t, 3>;

// The inferno colour map (perceptually uniform, readable with every kind of colour vision), 256 steps.
const std::array<Rgb, 256>& heatColours();

// How opaque a heat value in [0, 1] is drawn, before the user's opacity: 0 at 0, rising smoothly to 1.
float heatAlpha(float heat);

// The map in the film's own pixels: bilinear between cell centres, the outermost cells continued to the
// rectangle's edge, 0 outside the rectangle (the network did not see it). Raw units, as in the map.
FloatImage mapInFilmPixels(const FloatImage& map, const GridPlacement& placement, int filmWidthPx,
                           int filmHeightPx);

// The raw value that is drawn in the hottest colour: the model's fixed scale, or where it has none the
// largest value of the map (1 for an empty map).
struct HeatScale {
    double top = 1;
    bool fixed = false;
};
HeatScale heatScale(const Explanation& explanation, std::size_t label);

// Grey film with the map on top. heat = clamp(map / scale, 0, 1); scale > 0; opacity in [0, 1].
RgbImage overlayHeatMap(const GreyImage& film, const FloatImage& filmMap, double scale, double opacity);

} // namespace hilum
