// Body, lungs, heart, diaphragm, trachea and gas: everything of a chest that has no bone in it.
#pragma once

#include <cstdint>

#include "core/domain/Raster.h"
#include "core/image/phantom/Geometry.h"
#include "core/image/phantom/Thorax.h"

namespace hilum::phantom {

struct TissueMaps {
    FloatImage lineIntegral;  // Σ attenuation · length along the ray, without unit
    FloatImage lungClearance; // lungClearance() of Thorax.h, cm; −1 where there is no lung
};

// The maps have the geometry's pixels.
TissueMaps softTissueMaps(const Thorax& thorax, const Geometry& geometry, int widthPx, int heightPx,
                          std::uint64_t seed);

} // namespace hilum::phantom
