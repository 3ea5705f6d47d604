#include "core/image/phantom/Tube.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "core/image/phantom/Attenuation.h"

namespace hilum::phantom {

namespace {

// A tube point in film pixels, with the direction of the centre line there.
struct Joint {
    Point at;
    Point tangent;
    float halfWidth;
    float outer;
    float innerHalfWidth;
    float inner;
};

Point unit(Point from, Point to) {
    const float dx = to.x - from.x;
    const float dy = to.y - from.y;
    const float length = std::max(1e-6F, std::hypot(dx, dy));
    return {dx / length, dy / length};
}

std::vector<Joint> toJoints(const Geometry& geometry, std::span<const TubePoint> tube) {
    constexpr float kThinnestPx = 0.75F;
    const float scale = geometry.pixelsPerBodyCm();
    std::vector<Joint> joints;
    joints.reserve(tube.size());
    for (const TubePoint& point : tube) {
        const float halfWidth = std::max(kThinnestPx, point.halfWidth * scale);
        const float kept = point.halfWidth * scale / halfWidth;
        const float innerHalfWidth = point.innerHalfWidth * scale * kept;
        joints.push_back({geometry.toFilm(point.at),
                          {},
                          halfWidth,
                          point.outer * kept,
                          innerHalfWidth,
                          point.inner * kept});
    }
    for (std::size_t i = 0; i < joints.size(); ++i) {
        joints[i].tangent =
            unit(joints[i == 0 ? 0 : i - 1].at, joints[std::min(i + 1, joints.size() - 1)].at);
    }
    return joints;
}

// The columns of a row that may lie between the normals through two joints; ay, by: the row seen from them.
std::pair<int, int> columnsBetween(const Joint& a, const Joint& b, float ay, float by, int left, int right) {
    constexpr float kSteep = 0.05F; // a normal that is nearly a row cuts nothing off
    float first = static_cast<float>(left);
    float last = static_cast<float>(right);
    if (std::abs(a.tangent.x) > kSteep) {
        const float cut = a.at.x - ay * a.tangent.y / a.tangent.x;
        (a.tangent.x > 0.0F ? first : last) =
            a.tangent.x > 0.0F ? std::max(first, cut - 1.0F) : std::min(last, cut + 1.0F);
    }
    if (std::abs(b.tangent.x) > kSteep) {
        const float cut = b.at.x - by * b.tangent.y / b.tangent.x;
        (b.tangent.x > 0.0F ? last : first) =
            b.tangent.x > 0.0F ? std::min(last, cut + 1.0F) : std::max(first, cut - 1.0F);
    }
    return {static_cast<int>(first), static_cast<int>(last)};
}

// The piece between two joints owns the pixels between the normals through them: no gap, no overlap.
void addPiece(FloatImage& sum, const Joint& a, const Joint& b) {
    const float reach = std::max(a.halfWidth, b.halfWidth) + 1.0F;
    const int left = std::max(0, static_cast<int>(std::min(a.at.x, b.at.x) - reach));
    const int right = std::min(sum.widthPx - 1, static_cast<int>(std::max(a.at.x, b.at.x) + reach));
    const int top = std::max(0, static_cast<int>(std::min(a.at.y, b.at.y) - reach));
    const int bottom = std::min(sum.heightPx - 1, static_cast<int>(std::max(a.at.y, b.at.y) + reach));
    const bool hollow = a.innerHalfWidth > 0.0F || b.innerHalfWidth > 0.0F;
    for (int y = top; y <= bottom; ++y) {
        const float ay = static_cast<float>(y) - a.at.y;
        const float by = static_cast<float>(y) - b.at.y;
        float* row = &sum.at(0, y);
        const auto [first, last] = columnsBetween(a, b, ay, by, left, right);
        for (int x = first; x <= last; ++x) {
            const float ax = static_cast<float>(x) - a.at.x;
            const float bx = static_cast<float>(x) - b.at.x;
            const float along = ax * a.tangent.x + ay * a.tangent.y;
            const float beyond = bx * b.tangent.x + by * b.tangent.y;
            if (along < 0.0F || beyond >= 0.0F) {
                continue;
            }
            const float t = along / (along - beyond);
            const float across = (1.0F - t) * (ay * a.tangent.x - ax * a.tangent.y) +
                                 t * (by * b.tangent.x - bx * b.tangent.y);
            const float halfWidth = a.halfWidth + t * (b.halfWidth - a.halfWidth);
            if (std::abs(across) >= halfWidth) {
                continue;
            }
            float value = (a.outer + t * (b.outer - a.outer)) * circleChord(across / halfWidth);
            const float core = a.innerHalfWidth + t * (b.innerHalfWidth - a.innerHalfWidth);
            if (hollow && std::abs(across) < core) {
                value -= (a.inner + t * (b.inner - a.inner)) * circleChord(across / core);
            }
            row[x] += value;
        }
    }
}

Point3 cross(Point3 a, Point3 b) {
    return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

Point3 unit(Point3 v) {
    const float length = std::max(1e-6F, std::sqrt(v.x * v.x + v.y * v.y + v.z * v.z));
    return {v.x / length, v.y / length, v.z / length};
}

} // namespace

std::vector<TubePoint> projectBone(std::span<const BoneSection> sections) {
    std::vector<TubePoint> tube;
    tube.reserve(sections.size());
    for (std::size_t i = 0; i < sections.size(); ++i) {
        const BoneSection& section = sections[i];
        const Point3& before = sections[i == 0 ? 0 : i - 1].at;
        const Point3& after = sections[std::min(i + 1, sections.size() - 1)].at;
        const Point3 along = unit(Point3{after.x - before.x, after.y - before.y, after.z - before.z});
        const Point3 upward = unit(cross(along, section.outward));
        const float sine = std::max(0.8F, std::hypot(along.x, along.y)); // of the angle between bone and ray
        const Point across{-along.y / sine, along.x / sine};
        const float thick =
            section.halfThickness * (section.outward.x * across.x + section.outward.y * across.y);
        const float high = section.halfHeight * (upward.x * across.x + upward.y * across.y);
        const float halfWidth = std::max(0.05F, std::hypot(thick, high));
        // The cross-section's area stays: the mean chord is area / (width · sine).
        const float chord = 2.0F * section.halfThickness * section.halfHeight / (halfWidth * sine);
        const float kept = std::max(0.0F, 1.0F - section.cortex / section.halfThickness);
        const float core = std::max(0.0F, halfWidth - section.cortex);
        tube.push_back({{section.at.x, section.at.y},
                        halfWidth,
                        chord * (kCorticalBone - kSoftTissue),
                        core,
                        chord * kept * (kCorticalBone - kSpongyBone)});
    }
    return tube;
}

void addTube(FloatImage& lineIntegral, const Geometry& geometry, std::span<const TubePoint> tube) {
    const std::vector<Joint> joints = toJoints(geometry, tube);
    for (std::size_t i = 0; i + 1 < joints.size(); ++i) {
        addPiece(lineIntegral, joints[i], joints[i + 1]);
    }
}

} // namespace hilum::phantom
