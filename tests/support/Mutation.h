// Files changed at random, the same way for the same seed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>

#include "tests/support/PictureFiles.h"

namespace hilum::test {

inline std::size_t below(std::mt19937& random, std::size_t limit) {
    return limit == 0 ? 0 : random() % limit;
}

// One to four changes: bytes overwritten, bits flipped, lengths made extreme, parts cut out, doubled or cut
// off.
inline ByteVector mutated(const ByteVector& original, std::mt19937& random) {
    ByteVector bytes = original;
    for (std::size_t changes = 1 + below(random, 4); changes > 0 && bytes.size() > 8; --changes) {
        const std::size_t at = below(random, bytes.size());
        const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
        const std::size_t count = 1 + below(random, std::min<std::size_t>(bytes.size() - at, 64));
        const auto end = here + static_cast<std::ptrdiff_t>(count);
        switch (below(random, 7)) {
        case 0:
            *here = static_cast<std::uint8_t>(random());
            break;
        case 1:
            *here ^= static_cast<std::uint8_t>(1U << below(random, 8));
            break;
        case 2:
            std::fill(here, end, random() % 2 == 0 ? std::uint8_t{0xFF} : std::uint8_t{0});
            break;
        case 3:
            bytes.erase(here, end);
            break;
        case 4: {
            const ByteVector part(here, end);
            bytes.insert(here, part.begin(), part.end());
            break;
        }
        case 5:
            bytes.resize(at);
            break;
        default:
            for (auto byte = here; byte != end; ++byte)
                *byte = static_cast<std::uint8_t>(random());
        }
    }
    return bytes;
}

} // namespace hilum::test
