// One class's heat map laid over a film, ready to be drawn at any zoom: the geometry of mapInFilmPixels(),
// sampled on a grid over the whole film whose longer side has at most 512 points. Value type.
#pragma once

#include "core/domain/Reading.h"
#include "ui/viewer/Plane.h"

namespace hilum {

struct HeatmapLayer {
    // Heat clamp(map / scale, 0, 1) as 0 … 65535. Column i of the grid covers the i-th of widthPx equal parts
    // of the film's width; rows likewise.
    Plane heat;
    double scale = 0; // raw Grad-CAM units at full heat
};

// scale > 0, map and film not empty.
HeatmapLayer makeHeatmapLayer(const FloatImage& map, const GridPlacement& placement, int filmWidthPx,
                              int filmHeightPx, double scale);

// Largest raw value of one map, or of all of them; 0 when there is none.
double largestHeat(const FloatImage& map);
double largestHeat(const Explanation& explanation);

} // namespace hilum
