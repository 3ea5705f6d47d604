#include "core/image/phantom/Profile.h"

#include <cmath>
#include <vector>

namespace hilum::phantom {

namespace {

std::vector<float> monotoneSlopes(std::span<const Point> knots) {
    const std::size_t last = knots.size() - 1;
    std::vector<float> secants(last);
    for (std::size_t i = 0; i < last; ++i) {
        secants[i] = (knots[i + 1].y - knots[i].y) / (knots[i + 1].x - knots[i].x);
    }
    std::vector<float> slopes(knots.size());
    slopes.front() = secants.front();
    slopes.back() = secants.back();
    for (std::size_t i = 1; i < last; ++i) {
        const float product = secants[i - 1] * secants[i];
        // The harmonic mean keeps each piece monotone.
        slopes[i] = product <= 0.0F ? 0.0F : 2.0F * product / (secants[i - 1] + secants[i]);
    }
    return slopes;
}

float hermite(Point a, Point b, float slopeA, float slopeB, float x) {
    const float width = b.x - a.x;
    const float t = (x - a.x) / width;
    const float s = 1.0F - t;
    return s * s * (1.0F + 2.0F * t) * a.y + t * t * (3.0F - 2.0F * t) * b.y +
           width * t * s * (s * slopeA - t * slopeB);
}

} // namespace

Profile::Profile(std::span<const Point> knots)
    : m_first(knots.front().x), m_perUnit(kSteps / (knots.back().x - knots.front().x)) {
    const std::vector<float> slopes = monotoneSlopes(knots);
    std::size_t piece = 0;
    for (std::size_t step = 0; step < m_table.size(); ++step) {
        const float x = m_first + static_cast<float>(step) / m_perUnit;
        while (piece + 2 < knots.size() && x > knots[piece + 1].x) {
            ++piece;
        }
        m_table[step] = hermite(knots[piece], knots[piece + 1], slopes[piece], slopes[piece + 1], x);
    }
}

} // namespace hilum::phantom
