// Reading numbers out of untrusted bytes. The caller has checked that they are there.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

namespace hilum {

using Bytes = std::span<const std::uint8_t>;

enum class ByteOrder { Little, Big };

// True where count bytes from offset lie inside; no overflow whatever the values are.
inline bool holds(Bytes bytes, std::uint64_t offset, std::uint64_t count) {
    return offset <= bytes.size() && count <= bytes.size() - offset;
}

inline std::uint16_t readU16(Bytes bytes, std::size_t offset, ByteOrder order) {
    assert(holds(bytes, offset, 2));
    const unsigned first = bytes[offset];
    const unsigned second = bytes[offset + 1];
    return static_cast<std::uint16_t>(order == ByteOrder::Little ? first | second << 8U
                                                                 : first << 8U | second);
}

inline std::uint32_t readU32(Bytes bytes, std::size_t offset, ByteOrder order) {
    const std::uint32_t first = readU16(bytes, offset, order);
    const std::uint32_t second = readU16(bytes, offset + 2, order);
    return order == ByteOrder::Little ? first | second << 16U : first << 16U | second;
}

} // namespace hilum
