// Random numbers that are the same on every platform (the standard distributions are not).
#pragma once

#include <cmath>
#include <cstdint>

namespace hilum::phantom {

// SplitMix64's finaliser (Steele, Lea, Flood 2014): a bijection that scatters neighbouring seeds.
constexpr std::uint64_t scrambled(std::uint64_t value) {
    value += 0x9E3779B97F4A7C15ULL;
    value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27U)) * 0x94D049BB133111EBULL;
    return value ^ (value >> 31U);
}

// What a random stream decides. Streams of one seed are independent, so that a film's finding cannot shift
// its anatomy, its marker or its noise.
enum class Stream : std::uint64_t {
    Anatomy = 1,
    Skeleton,
    Vessels,
    Texture,
    Placement,
    Exposure,
    Marker,
    Noise,
    Finding,
    Patient,
    ClassSign
};

// SplitMix64. Not thread-safe; cheap to make.
class Random {
public:
    Random(std::uint64_t seed, Stream stream)
        : m_state(scrambled(scrambled(seed) ^ scrambled(static_cast<std::uint64_t>(stream) << 32U))) {}

    std::uint64_t bits() {
        const std::uint64_t value = scrambled(m_state);
        m_state += 0x9E3779B97F4A7C15ULL;
        return value;
    }
    // [low, high)
    float uniform(float low, float high) {
        return low + (high - low) * static_cast<float>(bits() >> 40U) * 0x1p-24F;
    }
    // low … high, both included
    int integer(int low, int high) {
        return low + static_cast<int>(bits() % static_cast<std::uint64_t>(high - low + 1));
    }
    bool chance(float probability) { return uniform(0.0F, 1.0F) < probability; }
    float side() { return chance(0.5F) ? 1.0F : -1.0F; }
    // Mean 0, deviation 1, by the sum of twelve uniforms: bounded by ±6, which suits anatomy.
    float normal() {
        float sum = -6.0F;
        for (int i = 0; i < 12; ++i) {
            sum += uniform(0.0F, 1.0F);
        }
        return sum;
    }

private:
    std::uint64_t m_state;
};

} // namespace hilum::phantom
