// Smooth noise over the plane (Perlin 1985): the irregular part of tissue and findings. Pure functions.
#pragma once

#include <cstdint>

namespace hilum::phantom {

// Gradient noise with lattice constant 1: mean 0, about −0.8 … 0.8, 0 on the lattice points.
float gradientNoise(float x, float y, std::uint32_t seed);

// Sum of octaves, each of twice the frequency and half the amplitude of the one before; about −1 … 1.
float fractalNoise(float x, float y, int octaves, std::uint32_t seed);

// 1 on the zero lines of the noise, falling to 0 at |noise| = width: a net of curved lines.
float ridgeNoise(float x, float y, float width, std::uint32_t seed);

} // namespace hilum::phantom
