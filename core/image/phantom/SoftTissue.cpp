#include "core/image/phantom/SoftTissue.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/image/phantom/Attenuation.h"
#include "core/image/phantom/Noise.h"
#include "core/image/phantom/Random.h"
#include "core/image/phantom/Tube.h"

namespace hilum::phantom {

namespace {

// The larger of two, rounded where they meet within k.
float smoothMax(float a, float b, float k) {
    const float h = std::max(0.0F, k - std::abs(a - b));
    return std::max(a, b) + 0.25F * h * h / k;
}

float armDepth(const Arm& arm, Point at) {
    const Point axis{arm.elbow.x - arm.shoulder.x, arm.elbow.y - arm.shoulder.y};
    const Point offset{at.x - arm.shoulder.x, at.y - arm.shoulder.y};
    const float t =
        std::clamp((offset.x * axis.x + offset.y * axis.y) / (axis.x * axis.x + axis.y * axis.y), 0.0F, 1.0F);
    const float radius = std::lerp(arm.shoulderRadius, arm.elbowRadius, t);
    const float dx = offset.x - t * axis.x;
    const float dy = offset.y - t * axis.y;
    return 2.0F * std::sqrt(std::max(0.0F, radius * radius - dx * dx - dy * dy));
}

float bodyDepth(const Thorax& thorax, Point at) {
    const float torso = 2.0F * thorax.torsoDepth.at(at.y) * barrelChord(at.x / thorax.torsoWidth.at(at.y));
    const float fromFold = (std::abs(at.x) - 18.3F) * smoothStep(-4.0F, 2.0F, at.y); // the armpit is an arch
    const float girdle = 2.0F * thorax.girdleDepth.at(at.y + 0.3F * fromFold * fromFold) *
                         barrelChord(at.x / thorax.girdleWidth.at(at.y));
    float depth = torso > 0.0F && girdle > 0.0F ? smoothMax(torso, girdle, std::min({4.0F, torso, girdle}))
                                                : std::max(torso, girdle);
    if (std::abs(at.x) > 14.0F) {
        const float arm = armDepth(thorax.arms[at.x < 0.0F ? Right : Left], at);
        depth = arm > 0.0F && depth > 0.0F ? smoothMax(depth, arm, std::min({3.0F, depth, arm}))
                                           : std::max(depth, arm);
    }
    return depth;
}

float breastDepth(const Thorax& thorax, Point at) {
    const float u = (std::abs(at.x) - thorax.breastCentre.x) / thorax.breastRadiusX;
    const float v = (at.y - thorax.breastCentre.y) / thorax.breastRadiusY;
    const float rest = 1.0F - u * u - v * v;
    return rest > 0.0F ? thorax.breastDepth * std::sqrt(rest) * smoothStep(-1.0F, 0.5F, v) : 0.0F;
}

float gasDepth(const Thorax& thorax, Point at) {
    float depth = 0.0F;
    for (const Bubble& bubble : thorax.gas) {
        const float u = (at.x - bubble.centre.x) / bubble.radiusX;
        const float v = (at.y - bubble.centre.y) / bubble.radiusY;
        const float rest = 1.0F - u * u - v * v;
        if (rest > 0.0F) {
            depth += bubble.depth * std::sqrt(rest) * smoothStep(0.15F, -0.15F, at.y - bubble.fluidLevelY);
        }
    }
    return depth;
}

// Air in the trachea and the main bronchi, as a negative tube.
void addAirways(FloatImage& lineIntegral, const Thorax& thorax, const Geometry& geometry, Random& random) {
    const float radius = random.uniform(0.75F, 0.95F);
    const Point carina{0.25F + thorax.spineX.at(-2.0F), random.uniform(-2.4F, -1.6F)};
    const auto air = [](Point at, float halfWidth, float depth) {
        return TubePoint{at, halfWidth, -depth * kSoftTissue, 0.0F, 0.0F};
    };
    const float x = thorax.spineX.at(-14.0F);
    const std::vector<TubePoint> trachea{air({x, -24.0F}, radius, 1.9F * radius),
                                         air({x, -18.0F}, 0.75F * radius, 1.2F * radius), // larynx
                                         air({x, -15.0F}, radius, 2.2F * radius),
                                         air({x + 0.1F, -11.0F}, radius, 2.2F * radius),
                                         air({carina.x - 0.45F, -6.0F}, radius, 2.1F * radius),
                                         air({carina.x - 0.2F, -3.8F}, radius, 1.9F * radius),
                                         air({carina.x, carina.y + 0.2F}, 1.1F * radius, 1.2F * radius)};
    addTube(lineIntegral, geometry, trachea);
    for (const Side side : {Right, Left}) {
        const float s = direction(side);
        const float across = side == Right ? 1.9F : 2.9F;
        const float down = side == Right ? 3.0F : 2.4F;
        const std::vector<TubePoint> bronchus{
            air({carina.x + 0.1F * s, carina.y - 0.5F}, 0.6F * radius, 0.0F),
            air({carina.x + 0.4F * across * s, carina.y + 0.4F * down}, 0.72F * radius, 1.3F * radius),
            air({carina.x + across * s, carina.y + down}, 0.6F * radius, 1.0F * radius),
            air({carina.x + 1.3F * across * s, carina.y + 1.7F * down}, 0.35F * radius, 0.0F)};
        addTube(lineIntegral, geometry, bronchus);
    }
}

// A smooth random curve over −40 … 40 cm: muscle and fat alternate across the body wall.
Profile randomMix(Random& random) {
    std::array<Point, 17> knots{};
    for (std::size_t i = 0; i < knots.size(); ++i) {
        knots[i] = {-40.0F + 5.0F * static_cast<float>(i), 0.018F * random.normal()};
    }
    return Profile(knots);
}

} // namespace

TissueMaps softTissueMaps(const Thorax& thorax, const Geometry& geometry, int widthPx, int heightPx,
                          std::uint64_t seed) {
    Random random(seed, Stream::Texture);
    const auto noiseSeed = static_cast<std::uint32_t>(random.bits());
    const Profile mixA = randomMix(random);
    const Profile mixB = randomMix(random);
    TissueMaps maps{FloatImage(widthPx, heightPx), FloatImage(widthPx, heightPx, 1, -1.0F)};
    for (int y = 0; y < heightPx; ++y) {
        for (int x = 0; x < widthPx; ++x) {
            const Point at = geometry.toBody({static_cast<float>(x), static_cast<float>(y)});
            const float body = bodyDepth(thorax, at);
            if (body <= 0.0F) {
                continue;
            }
            const float lung = std::min(lungDepth(thorax, at), 0.8F * body);
            const float gas = std::min(gasDepth(thorax, at), 0.5F * body);
            const float mix = 1.0F + mixA.at(at.x + 0.6F * at.y) + mixB.at(at.y - 0.6F * at.x);
            const std::size_t i = maps.lineIntegral.index(x, y);
            maps.lineIntegral.values[i] =
                (body + breastDepth(thorax, at) - lung - gas) * thorax.softTissue * mix;
            if (lung > 0.0F) { // small vessels that are not drawn one by one
                const float markings = fractalNoise(1.5F * at.x, 1.5F * at.y, 2, noiseSeed);
                maps.lineIntegral.values[i] += lung * thorax.lungTissue * (1.0F + 0.14F * markings);
                maps.lungClearance.values[i] = lungClearance(thorax, at);
            }
        }
    }
    addAirways(maps.lineIntegral, thorax, geometry, random);
    return maps;
}

} // namespace hilum::phantom
