// A smooth curve through a few knots, tabulated: half-widths, depths and borders along the body.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "core/image/phantom/Geometry.h"

namespace hilum::phantom {

class Profile {
public:
    Profile() = default;
    // Monotone cubic through the knots (Fritsch & Carlson 1980): no overshoot. knots: at least 2, x rising.
    explicit Profile(std::span<const Point> knots);

    // Constant beyond the first and the last knot.
    [[nodiscard]] float at(float x) const {
        const float position = std::clamp((x - m_first) * m_perUnit, 0.0F, kSteps - 0.001F);
        const auto step = static_cast<std::size_t>(position);
        const float t = position - static_cast<float>(step);
        return m_table[step] + t * (m_table[step + 1] - m_table[step]);
    }

private:
    static constexpr float kSteps = 255.0F;
    float m_first = 0;
    float m_perUnit = 0;
    std::array<float, 256> m_table{};
};

} // namespace hilum::phantom
