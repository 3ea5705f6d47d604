// What the check-up keeps of a film once its pixels are gone: properties that have nothing to do with the
// chest, and a fingerprint that survives re-encoding, resizing and a change of brightness. Pure functions;
// thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "core/domain/Radiograph.h"

namespace hilum {

// Greys are those that the film opens with (defaultWindow()), 0 black … 1 white.
struct FilmFacts {
    int widthPx = 0;
    int heightPx = 0;
    int bitsStored = 0;
    std::string encoding;  // e.g. "JPEG 8-bit grey"
    double meanGrey = 0;   // brightness
    double deviation = 0;  // standard deviation of the greys: contrast
    double borderGrey = 0; // mean of the frame that is one sixteenth of each side wide
    double borderDark = 0; // share of that frame's pixels that are darker than 0.04

    [[nodiscard]] double aspect() const { return static_cast<double>(widthPx) / heightPx; }
};

inline constexpr int kThumbnailPx = 24;

// A film is stretched to 24 × 24 means of equal areas. hash: the signs of the 64 lowest frequencies but the
// mean of its discrete cosine transform, as pHash does (Zauner 2010). detail: what stands out from its 5 × 5
// surroundings, with a standard deviation of 40; that is where two chests differ which look alike from afar.
struct FilmPrint {
    std::uint64_t hash = 0;
    std::array<std::int8_t, static_cast<std::size_t>(kThumbnailPx) * kThumbnailPx> detail{};

    // A film of one grey, which is like nothing.
    [[nodiscard]] bool isBlank() const {
        return std::ranges::all_of(detail, [](std::int8_t value) { return value == 0; });
    }
};

struct MeasuredFilm {
    FilmFacts facts;
    FilmPrint print;
};

MeasuredFilm measured(const Radiograph& film);

int hammingDistance(std::uint64_t a, std::uint64_t b);

// Films whose hashes are near are duplicates from this likeness() on. docs/check-up.md says where it comes
// from.
inline constexpr double kNearLikeness = 0.92;

// How far two films agree in their detail, block by block (6 × 6 cells): the lower quartile of the blocks'
// correlations, −1 … 1, so that a marker or a clipped corner may spoil a few; but at most the second lowest
// of the four blocks in the middle, as a common frame makes all others alike. Blocks that are flat in one of
// the films are left out; 0 where the middle has fewer than two others. Below kNearLikeness, the middle
// alone.
double likeness(const FilmPrint& a, const FilmPrint& b);

} // namespace hilum
