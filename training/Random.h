// Random numbers that are the same with every standard library: std::mt19937_64 is fixed by the standard, its
// distributions are not, so the draws are written out here.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <utility>

namespace hilum {

class Random {
public:
    // Every stream of a seed is independent of the others, e.g. (seed, epoch, film).
    explicit Random(std::uint64_t seed, std::uint64_t stream1 = 0, std::uint64_t stream2 = 0)
        : m_engine(mixed(mixed(mixed(seed) ^ stream1) ^ stream2)) {}

    // In [0, 1), 53 random bits.
    double uniform() { return static_cast<double>(m_engine() >> 11) * 0x1p-53; }
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    // In [0, count), without bias; count > 0.
    std::uint64_t below(std::uint64_t count) {
        const std::uint64_t rest = (UINT64_MAX % count + 1) % count; // 2^64 mod count
        std::uint64_t draw = m_engine();
        while (draw > UINT64_MAX - rest)
            draw = m_engine();
        return draw % count;
    }
    // Fisher–Yates.
    template <class T>
    void shuffle(std::span<T> items) {
        for (std::size_t i = items.size(); i > 1; --i)
            std::swap(items[i - 1], items[below(i)]);
    }

private:
    std::mt19937_64 m_engine;

    // SplitMix64 (Steele et al. 2014): neighbouring seeds give unrelated states.
    static std::uint64_t mixed(std::uint64_t x) {
        x += 0x9E3779B97F4A7C15ULL;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
        return x ^ (x >> 31);
    }
};

} // namespace hilum
