// Hila and pulmonary vessels: random trees that taper from the hilum into the periphery.
#pragma once

#include <cstdint>

#include "core/domain/Raster.h"
#include "core/image/phantom/Geometry.h"
#include "core/image/phantom/Thorax.h"

namespace hilum::phantom {

// Adds what blood attenuates beyond the lung that it replaces.
void addVessels(FloatImage& lineIntegral, const Thorax& thorax, const Geometry& geometry, std::uint64_t seed);

} // namespace hilum::phantom
