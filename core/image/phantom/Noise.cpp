#include "core/image/phantom/Noise.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace hilum::phantom {

namespace {

// Sixteen unit gradients; more than Perlin's eight, so that no direction of the lattice shows.
constexpr std::array<float, 16> kCosine{1.0F,      0.92388F,  0.70711F, 0.38268F,  0.0F,      -0.38268F,
                                        -0.70711F, -0.92388F, -1.0F,    -0.92388F, -0.70711F, -0.38268F,
                                        0.0F,      0.38268F,  0.70711F, 0.92388F};

float gradientDot(int ix, int iy, std::uint32_t seed, float dx, float dy) {
    std::uint32_t hash =
        seed + static_cast<std::uint32_t>(ix) * 0x8DA6B343U + static_cast<std::uint32_t>(iy) * 0xD8163841U;
    hash = (hash ^ (hash >> 15U)) * 0x2C1B3C6DU;
    hash = (hash ^ (hash >> 12U)) * 0x297A2D39U;
    const std::uint32_t direction = (hash >> 16U) & 15U;
    return kCosine[direction] * dx + kCosine[(direction + 12U) & 15U] * dy;
}

float fade(float t) { return t * t * t * (t * (t * 6.0F - 15.0F) + 10.0F); }

} // namespace

float gradientNoise(float x, float y, std::uint32_t seed) {
    const float floorX = std::floor(x);
    const float floorY = std::floor(y);
    const int ix = static_cast<int>(floorX);
    const int iy = static_cast<int>(floorY);
    const float dx = x - floorX;
    const float dy = y - floorY;
    const float u = fade(dx);
    const float v = fade(dy);
    const float top =
        std::lerp(gradientDot(ix, iy, seed, dx, dy), gradientDot(ix + 1, iy, seed, dx - 1, dy), u);
    const float bottom = std::lerp(gradientDot(ix, iy + 1, seed, dx, dy - 1),
                                   gradientDot(ix + 1, iy + 1, seed, dx - 1, dy - 1), u);
    return 1.4F * std::lerp(top, bottom, v);
}

float fractalNoise(float x, float y, int octaves, std::uint32_t seed) {
    float sum = 0.0F;
    float amplitude = 1.0F;
    for (int octave = 0; octave < octaves; ++octave) {
        sum += amplitude * gradientNoise(x, y, seed + static_cast<std::uint32_t>(octave) * 0x9E3779B9U);
        // A turn between octaves keeps their lattices from lining up.
        const float turned = 1.6F * x - 1.2F * y;
        y = 1.2F * x + 1.6F * y;
        x = turned;
        amplitude *= 0.5F;
    }
    return sum;
}

float ridgeNoise(float x, float y, float width, std::uint32_t seed) {
    const float ridge = std::max(0.0F, 1.0F - std::abs(gradientNoise(x, y, seed)) / width);
    return ridge * ridge * (3.0F - 2.0F * ridge);
}

} // namespace hilum::phantom
