// Bent tubes with an elliptical cross-section: ribs, clavicles, vessels, the trachea. The length of the ray
// inside an elliptic cylinder is in closed form a half ellipse across the tube's projection.
#pragma once

#include <span>
#include <vector>

#include "core/domain/Raster.h"
#include "core/image/phantom/Geometry.h"

namespace hilum::phantom {

// A point of the centre line as projected. The line integral across the tube is
// outer · √(1 − (v / halfWidth)²) − inner · √(1 − (v / innerHalfWidth)²).
struct TubePoint {
    Point at;                 // body cm
    float halfWidth = 0;      // body cm
    float outer = 0;          // line integral on the centre line if the tube were solid
    float innerHalfWidth = 0; // of the core; 0: none
    float inner = 0;          // what the core takes away on the centre line
};

// A bone's centre line in three dimensions, with its cross-section.
struct BoneSection {
    Point3 at;
    Point3 outward;          // unit vector across the flat side
    float halfThickness = 0; // along outward
    float halfHeight = 0;    // across it
    float cortex = 0;        // thickness of the cortical shell
};

// The tube as projected along z, with the attenuation that bone adds to the soft tissue it replaces.
std::vector<TubePoint> projectBone(std::span<const BoneSection> sections);

// Adds the tube's line integral. Tubes thinner than a pixel keep their total attenuation.
void addTube(FloatImage& lineIntegral, const Geometry& geometry, std::span<const TubePoint> tube);

} // namespace hilum::phantom
