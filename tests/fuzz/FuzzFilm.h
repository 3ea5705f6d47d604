// What every film reader must keep to, whatever the bytes are: a film that keeps its invariants, or a typed
// error with a reason. Aborts otherwise, for libFuzzer to see.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/image/RadiographReader.h"
#include "core/image/Windowing.h"
#include "tests/fuzz/FuzzInput.h"

namespace hilum::test {

inline void checkFilm(const Radiograph& film) {
    const int range = film.storedMax - film.storedMin;
    require(film.widthPx > 0 && film.heightPx > 0 && range >= 1 && range <= 0xFFFF && film.rescaleSlope != 0);
    require(film.pixels->size() ==
            static_cast<std::size_t>(film.widthPx) * static_cast<std::size_t>(film.heightPx));
    require(
        std::all_of(film.pixels->begin(), film.pixels->end(), [range](int pixel) { return pixel <= range; }));
    for (const float grey : windowTable(film, defaultWindow(film)))
        require(grey >= 0 && grey <= 1);
    for (const FilmOverlay& overlay : film.overlays)
        static_cast<void>(overlay.covers(film.widthPx - 1, film.heightPx - 1));
}

// The frame is the last byte's business, so that all of several are reached.
inline int fuzzFilm(FileKind kind, const std::uint8_t* data, std::size_t size) {
    ReadOptions options;
    options.frame = size > 0 && data[size - 1] < 4 ? data[size - 1] : 1;
    const auto film = decodeRadiographAs(kind, {data, size}, {}, options);
    checkAnswer(film);
    if (film)
        checkFilm(*film);
    return 0;
}

} // namespace hilum::test
