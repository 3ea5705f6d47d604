#include "ui/viewer/Plane.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hilum {
namespace {

constexpr int kSmallestSidePx = 256;
constexpr std::uint32_t kOne = 256; // weights are in 1/256

// Two neighbours along one axis and the second one's weight in 1/256.
struct Tap {
    int first = 0;
    int second = 0;
    std::uint32_t weight = 0;
};

Tap tapAt(double position, int size) {
    const double clamped = std::clamp(position, 0.0, static_cast<double>(size - 1));
    const int first = std::min(static_cast<int>(clamped), std::max(0, size - 2));
    const int second = std::min(first + 1, size - 1);
    const auto weight = static_cast<std::uint32_t>(std::lround((clamped - first) * kOne));
    return {first, second, weight};
}

void resampleRow(const std::uint16_t* source, const std::vector<Tap>& taps, std::vector<std::uint32_t>& out) {
    for (std::size_t i = 0; i < taps.size(); ++i) {
        const Tap& tap = taps[i];
        out[i] = source[tap.first] * (kOne - tap.weight) + source[tap.second] * tap.weight;
    }
}

// Mean of the up to 2 × 2 pixels, rounded.
Plane halved(const Plane& plane) {
    const int width = (plane.widthPx + 1) / 2;
    const int height = (plane.heightPx + 1) / 2;
    auto values = std::make_shared<std::vector<std::uint16_t>>(static_cast<std::size_t>(width) *
                                                               static_cast<std::size_t>(height));
    std::uint16_t* out = values->data();
    for (int y = 0; y < height; ++y) {
        const std::uint16_t* upper = plane.row(2 * y);
        const std::uint16_t* lower = plane.row(std::min(2 * y + 1, plane.heightPx - 1));
        for (int x = 0; x < width; ++x) {
            const int left = 2 * x;
            const int right = std::min(left + 1, plane.widthPx - 1);
            const auto sum =
                static_cast<std::uint32_t>(upper[left]) + upper[right] + lower[left] + lower[right];
            *out++ = static_cast<std::uint16_t>((sum + 2) / 4);
        }
    }
    return {width, height, std::move(values)};
}

} // namespace

void resample(const Plane& plane, const AxisMap& x, const AxisMap& y, Raster<std::uint16_t>& out) {
    const auto width = static_cast<std::size_t>(out.widthPx);
    std::vector<Tap> taps(width);
    for (std::size_t i = 0; i < width; ++i)
        taps[i] = tapAt(x.scale * static_cast<double>(i) + x.offset, plane.widthPx);

    // The two source rows that the current output row lies between; neighbours often share one.
    std::vector<std::uint32_t> upper(width);
    std::vector<std::uint32_t> lower(width);
    int upperRow = -1;
    int lowerRow = -1;
    for (int row = 0; row < out.heightPx; ++row) {
        const Tap tap = tapAt(y.scale * row + y.offset, plane.heightPx);
        if (tap.first != upperRow) {
            if (tap.first == lowerRow) {
                upper.swap(lower);
                lowerRow = -1;
            } else {
                resampleRow(plane.row(tap.first), taps, upper);
            }
            upperRow = tap.first;
        }
        if (tap.second != lowerRow) {
            resampleRow(plane.row(tap.second), taps, lower);
            lowerRow = tap.second;
        }
        std::uint16_t* target = out.values.data() + static_cast<std::size_t>(row) * width;
        const std::uint32_t weight = tap.weight;
        for (std::size_t i = 0; i < width; ++i) {
            const std::uint32_t sum = upper[i] * (kOne - weight) + lower[i] * weight; // below 2^32 − 2^16
            target[i] = static_cast<std::uint16_t>((sum + kOne * kOne / 2) / (kOne * kOne));
        }
    }
}

PlanePyramid::PlanePyramid(Plane plane) {
    m_levels.push_back(std::move(plane));
    while (std::max(m_levels.back().widthPx, m_levels.back().heightPx) > kSmallestSidePx)
        m_levels.push_back(halved(m_levels.back()));
}

int PlanePyramid::levelFor(double scale) const {
    if (scale >= 1 || m_levels.empty())
        return 0;
    const int wanted = static_cast<int>(std::floor(std::log2(1.0 / scale) + 1e-9));
    return std::clamp(wanted, 0, levels() - 1);
}

std::size_t PlanePyramid::extraBytes() const {
    std::size_t bytes = 0;
    for (std::size_t i = 1; i < m_levels.size(); ++i)
        bytes += m_levels[i].values->size() * sizeof(std::uint16_t);
    return bytes;
}

} // namespace hilum
