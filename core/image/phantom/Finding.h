// The two findings: attenuation added inside the lungs, and nowhere else.
#pragma once

#include <cstdint>

#include "core/domain/Raster.h"
#include "core/image/Phantom.h"
#include "core/image/phantom/Geometry.h"
#include "core/image/phantom/Thorax.h"

namespace hilum::phantom {

struct FindingMaps {
    FloatImage lineIntegral; // added; 0 where clearance <= 0
    FloatImage extent;       // local strength of the finding, 0 … 1: what the lesion mask is cut from
};

// The lesion mask is where extent exceeds this share of its maximum.
inline constexpr float kLesionShare = 0.3F;

// clearance: lungClearance() for every film pixel. Empty maps for PhantomFinding::None.
FindingMaps findingMaps(PhantomFinding finding, const Thorax& thorax, const Geometry& geometry,
                        const FloatImage& clearance, std::uint64_t seed);

} // namespace hilum::phantom
