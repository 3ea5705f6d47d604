// One channel of 16-bit values with its pixels shared, and what is needed to show it at any size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/domain/Raster.h"
#include "core/domain/SharedPixels.h"

namespace hilum {

// Value type; copies share the pixels. Invariant: values->size() == widthPx * heightPx.
struct Plane {
    int widthPx = 0;
    int heightPx = 0;
    SharedPixels values;

    [[nodiscard]] const std::uint16_t* row(int y) const {
        return values->data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(widthPx);
    }
};

// Where output pixel i looks along one axis of a plane: at scale · i + offset, 0 being the centre of the
// plane's first pixel. Positions beyond the plane take its nearest pixel.
struct AxisMap {
    double scale = 1;
    double offset = 0;
};

// Bilinear. Meant for scales up to 2 plane pixels per output pixel; take a smaller level of a pyramid beyond.
// out keeps its size and is overwritten. The plane must not be empty.
void resample(const Plane& plane, const AxisMap& x, const AxisMap& y, Raster<std::uint16_t>& out);

// The plane and its halvings by 2 × 2 means, down to a side of at most 256 px. Pixel (x, y) of level n covers
// the 2^n × 2^n pixels from (x · 2^n, y · 2^n) of the plane; at the right and lower edge fewer.
class PlanePyramid {
public:
    PlanePyramid() = default;
    explicit PlanePyramid(Plane plane);

    [[nodiscard]] int levels() const { return static_cast<int>(m_levels.size()); }
    [[nodiscard]] const Plane& level(int n) const { return m_levels[static_cast<std::size_t>(n)]; }
    // The level to resample from when one pixel of the plane becomes scale output pixels.
    [[nodiscard]] int levelFor(double scale) const;
    // Memory of the halvings, without the plane itself.
    [[nodiscard]] std::size_t extraBytes() const;

private:
    std::vector<Plane> m_levels;
};

} // namespace hilum
