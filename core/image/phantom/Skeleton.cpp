#include "core/image/phantom/Skeleton.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/image/phantom/Attenuation.h"
#include "core/image/phantom/Random.h"
#include "core/image/phantom/Tube.h"

namespace hilum::phantom {

namespace {

constexpr float kPi = std::numbers::pi_v<float>;
constexpr int kCervical = 5;               // vertebrae above T1 that a film may show
constexpr int kVertebrae = kCervical + 16; // … L4
constexpr int kRibs = 12;

struct Vertebra {
    Point centre;
    float halfWidth;
    float halfHeight; // of the body, without the disc
};

std::vector<Vertebra> vertebrae(const Thorax& thorax, float density) {
    std::vector<Vertebra> column;
    float y = -11.9F - 1.85F * static_cast<float>(kCervical);
    for (int i = 0; i < kVertebrae; ++i) {
        const float level = std::clamp(static_cast<float>(i - kCervical) / 12.0F, -0.2F, 1.2F);
        const float pitch = (1.85F + 0.75F * std::max(0.0F, level)) * density;
        y += 0.5F * pitch;
        column.push_back({{thorax.spineX.at(y), y}, 1.45F + 0.55F * level, 0.42F * pitch});
        y += 0.5F * pitch;
    }
    return column;
}

float ring(float dx, float dy, float radiusX, float radiusY) {
    const float u = dx / radiusX;
    const float v = dy / radiusY;
    const float r = std::sqrt(u * u + v * v);
    return std::max(0.0F, 1.0F - std::abs(r - 0.85F) / 0.3F);
}

// What one vertebra adds at (dx, dy) from its centre: spongy body, end plates, pedicles, spinous process.
float vertebraIntegral(const Vertebra& bone, float dx, float dy) {
    const float v = dy / bone.halfHeight;
    const float halfWidth = bone.halfWidth * (0.92F + 0.08F * std::min(1.0F, v * v));
    const float u = dx / halfWidth;
    float sum = 0.0F;
    if (std::abs(u) < 1.0F && std::abs(v) < 1.15F) {
        const float chord = std::sqrt(1.0F - u * u);
        const float plate = (std::abs(dy) - bone.halfHeight + 0.06F) / 0.09F;
        sum += chord * (0.15F * smoothStep(1.15F, 0.85F, std::abs(v)) + 0.05F * std::exp(-plate * plate));
        const float edge = (1.0F - std::abs(u)) * halfWidth / 0.12F;
        sum += 0.04F * std::exp(-edge * edge) * smoothStep(1.1F, 0.9F, std::abs(v));
    }
    sum += 0.10F * ring(std::abs(dx) - 0.64F * bone.halfWidth, dy + 0.22F * bone.halfHeight, 0.40F, 0.52F);
    const float spinousY = dy - 0.95F * bone.halfHeight;
    sum += 0.10F * ring(dx, spinousY, 0.34F, 0.62F) +
           0.06F * circleChord(std::hypot(dx / 0.45F, spinousY / 0.8F));
    return sum;
}

void addVertebra(FloatImage& image, const Geometry& geometry, const Vertebra& bone) {
    const Point centre = geometry.toFilm(bone.centre);
    const float reach = geometry.pixelsPerBodyCm() * 1.25F;
    const float reachX = reach * (bone.halfWidth + 0.5F);
    const float reachY = reach * (2.2F * bone.halfHeight + 0.5F);
    const int left = std::max(0, static_cast<int>(centre.x - reachX));
    const int right = std::min(image.widthPx - 1, static_cast<int>(centre.x + reachX));
    const int top = std::max(0, static_cast<int>(centre.y - reachY));
    const int bottom = std::min(image.heightPx - 1, static_cast<int>(centre.y + reachY));
    for (int y = top; y <= bottom; ++y) {
        for (int x = left; x <= right; ++x) {
            const Point at = geometry.toBody({static_cast<float>(x), static_cast<float>(y)});
            image.at(x, y) += vertebraIntegral(bone, at.x - bone.centre.x, at.y - bone.centre.y);
        }
    }
}

void addTransverseProcesses(FloatImage& image, const Geometry& geometry, const Vertebra& bone) {
    for (const Side side : {Right, Left}) {
        const float s = direction(side);
        const auto section = [&](float across, float up, float radius) {
            return BoneSection{{bone.centre.x + s * across, bone.centre.y - up, -7.0F},
                               {0.0F, 0.0F, -1.0F},
                               radius,
                               radius,
                               0.06F};
        };
        const std::array<BoneSection, 3> process{section(0.6F * bone.halfWidth, 0.25F, 0.36F),
                                                 section(1.5F * bone.halfWidth, 0.45F, 0.33F),
                                                 section(1.5F * bone.halfWidth + 0.5F, 0.5F, 0.12F)};
        addTube(image, geometry, projectBone(process));
    }
}

// What differs from rib to rib and from person to person.
struct RibShape {
    Point head;    // at the spine
    float rise;    // of its first third above the head, cm
    float bow;     // 1: level at first, then falling; 0: falling evenly
    float drop;    // from the spine to the cartilage, cm
    float endX;    // lateral distance where bone turns into cartilage
    float endTurn; // or how far round it goes; π: to the front
    float halfHeight;
    float cortex;
};

// The rib follows the chest wall: out and back from the spine, round the side, forward and down.
std::vector<BoneSection> ribSections(const RibShape& rib, const Lung& lung, Side side) {
    constexpr float kWall = 0.45F; // from the lung's surface to the rib's middle
    constexpr float kStart = 0.13F;
    const float s = direction(side);
    const float sideY = rib.head.y + rib.drop * std::lerp(0.55F, 0.37F, rib.bow);
    std::vector<BoneSection> sections;
    for (float turn = kStart; turn < rib.endTurn;
         turn += 0.055F) { // 0: backwards, π/2: sideways, π: forwards
        const float t = (turn - kStart) / 2.62F;
        const float y = rib.head.y + rib.drop * std::lerp(t, t * t * (1.5F - 0.5F * t), rib.bow) -
                        rib.rise * std::sin(kPi * std::min(1.0F, 1.7F * t));
        const float across = (lung.wall.at(sideY + 0.4F * std::max(0.0F, y - sideY)) + kWall) *
                             std::pow(std::sin(turn), 0.88F);
        const float end = turn > 0.5F * kPi && rib.endTurn >= kPi
                              ? std::clamp((across - rib.endX) / 0.5F, 0.0F, 1.0F)
                              : std::min(1.0F, (rib.endTurn - turn) / 0.15F);
        if (end <= 0.0F) {
            break;
        }
        const float x = s * across + rib.head.x;
        const float flare =
            turn > 0.5F * kPi ? 1.0F + 0.3F * smoothStep(4.0F, 0.5F, across - rib.endX) : 1.0F;
        const float front = smoothStep(1.3F, 2.0F, turn); // ribs get thinner towards the front
        sections.push_back({{x, y, -9.0F * std::cos(turn)},
                            {s * std::sin(turn), 0.0F, -std::cos(turn)},
                            0.38F * (0.3F + 0.7F * end) * (1.0F - 0.3F * front),
                            rib.halfHeight * flare * (0.2F + 0.8F * circleChord(1.0F - end)),
                            rib.cortex * (1.0F - 0.45F * front)});
    }
    return sections;
}

void addRibs(FloatImage& image, const Thorax& thorax, const Geometry& geometry, Random& random,
             std::span<const Vertebra> spine) {
    constexpr std::array<float, kRibs> kDrop{6.8F,  8.8F,  9.9F,  10.6F, 11.0F, 11.4F,
                                             11.6F, 11.6F, 11.8F, 13.0F, 15.0F, 17.0F};
    constexpr std::array<float, kRibs> kEndX{3.4F, 4.6F, 5.6F,  6.4F,  7.2F, 8.2F,
                                             9.0F, 9.8F, 10.4F, 10.8F, 0.0F, 0.0F};
    const float slope = 1.0F + 0.08F * random.normal();
    const float cortex = 0.13F * (1.0F + 0.12F * random.normal());
    for (const Side side : {Right, Left}) {
        const float lean = 0.15F * random.normal();
        for (std::size_t i = 0; i < kRibs; ++i) {
            const Vertebra& vertebra = spine[i + kCervical];
            const RibShape rib{
                {vertebra.centre.x, vertebra.centre.y - 0.35F + lean + 0.1F * random.normal()},
                std::min(0.1F + 0.3F * static_cast<float>(i), 1.05F - 0.09F * static_cast<float>(i)),
                1.0F - 0.16F * std::max(0.0F, static_cast<float>(i) - 6.0F),
                kDrop[i] * slope * (1.0F + 0.025F * random.normal()),
                kEndX[i] + 0.3F * random.normal(),
                i == 11 ? 0.75F : (i == 10 ? 1.15F : kPi),
                (i < 2 ? 0.54F : 0.62F) * (1.0F + 0.05F * random.normal()),
                (i < 2 ? 0.7F : 1.0F) * cortex};
            addTube(image, geometry, projectBone(ribSections(rib, thorax.lungs[side], side)));
        }
    }
}

// A bone in the frontal plane, given by points and radii.
struct BonePoint {
    Point at;
    float radius;
};

void addFlatBone(FloatImage& image, const Geometry& geometry, std::span<const BonePoint> points,
                 float cortex) {
    std::vector<float> lengths{0.0F};
    std::vector<Point> xs;
    std::vector<Point> ys;
    std::vector<Point> radii;
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (i > 0) {
            lengths.push_back(lengths.back() + std::hypot(points[i].at.x - points[i - 1].at.x,
                                                          points[i].at.y - points[i - 1].at.y));
        }
        xs.push_back({lengths[i], points[i].at.x});
        ys.push_back({lengths[i], points[i].at.y});
        radii.push_back({lengths[i], points[i].radius});
    }
    const Profile x(xs);
    const Profile y(ys);
    const Profile radius(radii);
    std::vector<BoneSection> sections;
    for (float along = 0.0F; along <= lengths.back(); along += 0.25F) {
        const float fromEnd = std::min(along, lengths.back() - along);
        const float whole = radius.at(along);
        const float r = whole * (0.15F + 0.85F * circleChord(1.0F - std::min(1.0F, fromEnd / whole)));
        sections.push_back(
            {{x.at(along), y.at(along), 0.0F}, {0.0F, 0.0F, 1.0F}, r, r, std::min(cortex, 0.5F * r)});
    }
    addTube(image, geometry, projectBone(sections));
}

// A thin plate of bone, along its middle line.
void addPlate(FloatImage& image, const Geometry& geometry, std::span<const BonePoint> points,
              float integral) {
    std::vector<TubePoint> tube;
    for (const BonePoint& point : points) {
        tube.push_back({point.at, point.radius, integral, 0.0F, 0.0F});
    }
    addTube(image, geometry, tube);
}

void addClavicle(FloatImage& image, const Thorax& thorax, const Geometry& geometry, Random& random,
                 Side side) {
    const float s = direction(side);
    const float medialY = random.uniform(-8.3F, -6.8F);
    const float lateralY = random.uniform(-12.2F, -10.8F);
    const float middle = 0.5F * (medialY + lateralY);
    const float shift = thorax.anteriorShiftX;
    const std::array<BonePoint, 7> bone{{{{shift + s * 1.7F, medialY + 0.2F}, 0.55F},
                                         {{shift + s * 2.3F, medialY}, 0.95F},
                                         {{shift + s * 4.4F, medialY - 0.25F}, 0.68F},
                                         {{shift + s * 8.3F, middle + 0.15F}, 0.56F},
                                         {{s * 12.6F, lateralY + 0.45F}, 0.58F},
                                         {{s * 16.0F, lateralY - 0.1F}, 0.72F},
                                         {{s * 17.6F, lateralY + 0.1F}, 0.35F}}};
    addFlatBone(image, geometry, bone, 0.22F);
}

void addShoulder(FloatImage& image, const Thorax& thorax, const Geometry& geometry, Random& random,
                 Side side) {
    const float s = direction(side);
    const float out = random.uniform(-0.6F, 1.4F); // how far the patient rolls the shoulders forward
    const float up = random.uniform(-0.8F, 0.8F);
    const auto at = [&](float x, float y, float radius) {
        return BonePoint{{s * (x + out), y + up}, radius};
    };
    const std::array<BonePoint, 6> lateral{at(17.4F, -9.0F, 0.7F), at(17.1F, -7.6F, 1.05F),
                                           at(16.4F, -5.7F, 0.6F), at(15.5F, -3.4F, 0.36F),
                                           at(14.2F, -0.4F, 0.3F), at(12.9F, 2.0F, 0.32F)};
    const std::array<BonePoint, 5> medial{at(12.9F, 2.0F, 0.35F), at(11.8F, 0.4F, 0.2F),
                                          at(11.2F, -3.0F, 0.16F), at(11.6F, -7.0F, 0.16F),
                                          at(12.3F, -9.6F, 0.25F)};
    const std::array<BonePoint, 4> spine{at(11.4F, -7.2F, 0.15F), at(14.3F, -9.2F, 0.34F),
                                         at(17.0F, -11.0F, 0.5F), at(18.9F, -11.4F, 0.7F)};
    const std::array<BonePoint, 4> coracoid{at(16.6F, -8.2F, 0.4F), at(15.8F, -9.3F, 0.45F),
                                            at(15.2F, -9.0F, 0.42F), at(14.9F, -8.5F, 0.25F)};
    const Arm& arm = thorax.arms[side];
    const Point elbow{arm.elbow.x + s * out, arm.elbow.y};
    const std::array<BonePoint, 7> humerus{
        at(18.2F, -9.9F, 0.9F),
        at(18.6F, -9.2F, 1.8F),
        at(19.0F, -8.0F, 2.25F),
        at(19.3F, -6.4F, 1.75F),
        at(19.5F, -4.5F, 1.3F),
        {{std::lerp(arm.shoulder.x, elbow.x, 0.35F) + 0.4F * s, 4.0F}, 1.1F},
        {elbow, 1.2F}};
    const std::array<BonePoint, 4> blade{at(14.6F, -8.0F, 1.6F), at(13.9F, -5.0F, 2.1F),
                                         at(13.2F, -1.5F, 1.3F), at(12.9F, 1.8F, 0.5F)};
    addPlate(image, geometry, blade, 0.06F);
    addFlatBone(image, geometry, lateral, 0.1F);
    addFlatBone(image, geometry, medial, 0.08F);
    addFlatBone(image, geometry, spine, 0.06F);
    addFlatBone(image, geometry, coracoid, 0.06F);
    addFlatBone(image, geometry, humerus, 0.22F);
}

} // namespace

void addSkeleton(FloatImage& lineIntegral, const Thorax& thorax, const Geometry& geometry,
                 std::uint64_t seed) {
    Random random(seed, Stream::Skeleton);
    const std::vector<Vertebra> spine = vertebrae(thorax, 1.0F + 0.02F * random.normal());
    for (const Vertebra& vertebra : spine) {
        addVertebra(lineIntegral, geometry, vertebra);
        addTransverseProcesses(lineIntegral, geometry, vertebra);
    }
    addRibs(lineIntegral, thorax, geometry, random, spine);
    for (const Side side : {Right, Left}) {
        addClavicle(lineIntegral, thorax, geometry, random, side);
        addShoulder(lineIntegral, thorax, geometry, random, side);
    }
}

} // namespace hilum::phantom
