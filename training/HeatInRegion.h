// How much of a heat map lies in a region of the film, e.g. the lungs. Pure functions.
#pragma once

#include <optional>

#include "core/domain/ModelCard.h"
#include "core/domain/Raster.h"
#include "core/domain/Reading.h"

namespace hilum {

struct FilmHeat {
    double inside = 0; // heat inside the region / heat on the whole film
    double area = 0; // share of the film that is in the region: `inside` of a map that is the same everywhere
    bool hit = false;       // the map's maximum lies in the region
    double hitByChance = 0; // share of the map's cells whose being the maximum would have been a hit
};

// map: raw Grad-CAM, taken bilinearly to film pixels (core/image/HeatMap.h). region: of the film's size; not
// 0 is inside. Of a film of which the network saw a part, that part alone counts. None where the map is 0 all
// over or the network saw nothing of the region.
//
// The maximum is the pointing game of Zhang et al. 2018 (IJCV 126:1084): a hit or a miss for each film. A map
// knows its maximum to one of its cells and no better, so that the tolerance is that cell: a hit is a cell
// that the region touches.
std::optional<FilmHeat> heatInRegion(const FloatImage& map, const GridPlacement& placement,
                                     const MaskImage& region);

} // namespace hilum
