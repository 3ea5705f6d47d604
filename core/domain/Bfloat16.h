// The upper half of a float. Values; no library needed.
#pragma once

#include <bit>
#include <cstdint>

namespace hilum {

struct Bfloat16 {
    std::uint16_t bits = 0;
};

inline float toFloat(Bfloat16 value) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}
// To the nearest, halves to even. Of numbers: a NaN with all bits set, which no processor makes, would become
// zero.
inline Bfloat16 toBfloat16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return {static_cast<std::uint16_t>((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16)};
}

} // namespace hilum
