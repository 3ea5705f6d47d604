// Spine, ribs, clavicles, scapulae and humeri.
#pragma once

#include <cstdint>

#include "core/domain/Raster.h"
#include "core/image/phantom/Geometry.h"
#include "core/image/phantom/Thorax.h"

namespace hilum::phantom {

// Adds what bone attenuates beyond the soft tissue that it replaces.
void addSkeleton(FloatImage& lineIntegral, const Thorax& thorax, const Geometry& geometry,
                 std::uint64_t seed);

} // namespace hilum::phantom
