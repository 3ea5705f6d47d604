#include "core/image/phantom/Finding.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/image/phantom/Noise.h"
#include "core/image/phantom/Random.h"

namespace hilum::phantom {

namespace {

// The finding fades over this distance from the lung field's border, so that no edge betrays the border.
constexpr float kFadeCm = 0.9F;

struct Patch {
    Point centre;
    float radiusX;
    float radiusY;
    float turn;
    float strength; // added line integral at its densest
};

// Somewhere along the chest wall, mostly in the lower two thirds.
Patch randomPatch(Random& random, const Thorax& thorax, Side side, float strength) {
    const Lung& lung = thorax.lungs[side];
    const float top = lung.apexY + 3.5F;
    const float bottom = lung.dome.at(8.0F) - 0.5F;
    const float height = 1.0F - std::pow(random.uniform(0.0F, 1.0F), 1.6F);
    const float y = std::lerp(top, bottom, height);
    const float lateral = lung.wall.at(y) - random.uniform(1.2F, 4.2F);
    return {{direction(side) * lateral, y},
            random.uniform(1.9F, 3.2F),
            random.uniform(2.2F, 4.0F),
            random.uniform(-0.6F, 0.6F),
            strength * random.uniform(0.7F, 1.2F)};
}

std::vector<Patch> randomPatches(Random& random, const Thorax& thorax) {
    const float strength = random.uniform(0.45F, 0.75F);
    const int count = random.integer(2, 6);
    const Side first = random.chance(0.5F) ? Right : Left;
    std::vector<Patch> patches;
    for (int i = 0; i < count; ++i) { // both sides have at least one
        const bool crossed = i == 1 || (i > 1 && random.chance(0.5F));
        const Side side = crossed ? (first == Right ? Left : Right) : first;
        patches.push_back(randomPatch(random, thorax, side, strength));
    }
    return patches;
}

// 0 outside, rising to 1 in the middle of the patch, with a ragged edge.
float patchDensity(const Patch& patch, Point at, std::uint32_t noiseSeed) {
    const float dx = at.x - patch.centre.x;
    const float dy = at.y - patch.centre.y;
    const float cosine = std::cos(patch.turn);
    const float sine = std::sin(patch.turn);
    const float u = (cosine * dx + sine * dy) / patch.radiusX;
    const float v = (cosine * dy - sine * dx) / patch.radiusY;
    const float distance = u * u + v * v;
    if (distance > 3.0F) {
        return 0.0F;
    }
    const float ragged = std::sqrt(distance) + 0.45F * fractalNoise(0.55F * at.x, 0.55F * at.y, 3, noiseSeed);
    return smoothStep(1.2F, 0.25F, ragged);
}

void addGroundGlass(FindingMaps& maps, const Thorax& thorax, const Geometry& geometry,
                    const FloatImage& clearance, Random& random) {
    const std::vector<Patch> patches = randomPatches(random, thorax);
    const auto noiseSeed = static_cast<std::uint32_t>(random.bits());
    for (int y = 0; y < clearance.heightPx; ++y) {
        for (int x = 0; x < clearance.widthPx; ++x) {
            const std::size_t i = clearance.index(x, y);
            if (clearance.values[i] <= 0.0F) {
                continue;
            }
            const Point at = geometry.toBody({static_cast<float>(x), static_cast<float>(y)});
            float rest = 1.0F; // overlapping patches do not add up to consolidation
            float strongest = 0.0F;
            for (const Patch& patch : patches) {
                const float density = patchDensity(patch, at, noiseSeed);
                rest *= 1.0F - density;
                strongest = std::max(strongest, density > 0.0F ? patch.strength : 0.0F);
            }
            if (rest >= 1.0F) {
                continue;
            }
            const float grain = 0.92F + 0.16F * fractalNoise(1.6F * at.x, 1.6F * at.y, 2, noiseSeed + 77U);
            const float value =
                strongest * (1.0F - rest) * grain * smoothStep(0.0F, kFadeCm, clearance.values[i]);
            maps.lineIntegral.values[i] = value;
            maps.extent.values[i] = value / grain;
        }
    }
}

// How strongly the pattern shows: stronger at the bases and near the chest wall, patchy.
float interstitialWeight(const Lung& lung, Point at, float basal, float peripheral, std::uint32_t noiseSeed) {
    const float height = smoothStep(lung.apexY, lung.dome.at(7.0F), at.y);
    const float outward = smoothStep(3.0F, lung.wall.at(at.y), std::abs(at.x));
    const float patchy = fractalNoise(0.28F * at.x, 0.28F * at.y, 2, noiseSeed);
    return std::clamp(0.28F + basal * height + peripheral * outward + 0.55F * patchy, 0.0F, 1.0F);
}

// Thickened septa: nets of two mesh sizes on a warped plane, and nodules where the finer net's noise peaks.
float interstitialPattern(Point at, float frequency, std::uint32_t noiseSeed) {
    const float warpX = 0.35F * gradientNoise(0.5F * at.x, 0.5F * at.y, noiseSeed + 11U);
    const float warpY = 0.35F * gradientNoise(0.5F * at.x, 0.5F * at.y, noiseSeed + 12U);
    const float x = frequency * (at.x + warpX);
    const float y = frequency * (at.y + warpY);
    const float coarse = ridgeNoise(x, y, 0.48F, noiseSeed + 1U);
    const float fine = ridgeNoise(1.7F * x + 3.1F, 1.7F * y, 0.55F, noiseSeed + 2U);
    const float nodules = smoothStep(0.35F, 0.7F, gradientNoise(1.5F * x, 1.5F * y + 7.7F, noiseSeed + 3U));
    return 0.6F * coarse + 0.35F * fine + 0.45F * nodules;
}

void addInterstitial(FindingMaps& maps, const Thorax& thorax, const Geometry& geometry,
                     const FloatImage& clearance, Random& random) {
    const float strength = random.uniform(0.36F, 0.58F);
    const float frequency = random.uniform(0.95F, 1.4F); // meshes per cm
    const float basal = random.uniform(0.2F, 0.6F);
    const float peripheral = random.uniform(0.0F, 0.35F);
    const auto noiseSeed = static_cast<std::uint32_t>(random.bits());
    for (int y = 0; y < clearance.heightPx; ++y) {
        for (int x = 0; x < clearance.widthPx; ++x) {
            const std::size_t i = clearance.index(x, y);
            if (clearance.values[i] <= 0.0F) {
                continue;
            }
            const Point at = geometry.toBody({static_cast<float>(x), static_cast<float>(y)});
            const Lung& lung = thorax.lungs[at.x < 0.0F ? Right : Left];
            const float weight = interstitialWeight(lung, at, basal, peripheral, noiseSeed) *
                                 smoothStep(0.0F, kFadeCm, clearance.values[i]);
            maps.extent.values[i] = weight;
            if (weight > 0.0F) {
                maps.lineIntegral.values[i] =
                    strength * weight * interstitialPattern(at, frequency, noiseSeed);
            }
        }
    }
}

} // namespace

FindingMaps findingMaps(PhantomFinding finding, const Thorax& thorax, const Geometry& geometry,
                        const FloatImage& clearance, std::uint64_t seed) {
    if (finding == PhantomFinding::None) {
        return {};
    }
    Random random(seed, Stream::Finding);
    FindingMaps maps{FloatImage(clearance.widthPx, clearance.heightPx),
                     FloatImage(clearance.widthPx, clearance.heightPx)};
    if (finding == PhantomFinding::GroundGlass) {
        addGroundGlass(maps, thorax, geometry, clearance, random);
    } else {
        addInterstitial(maps, thorax, geometry, clearance, random);
    }
    return maps;
}

} // namespace hilum::phantom
