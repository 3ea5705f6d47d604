// From line integrals to a film: beam, scatter, quantum noise, detector, and a DX system's processing.
#pragma once

#include <cstdint>
#include <vector>

#include "core/domain/Radiograph.h"
#include "core/domain/Raster.h"
#include "core/image/Phantom.h"
#include "core/image/phantom/Geometry.h"

namespace hilum::phantom {

struct FilmPixels {
    std::vector<std::uint16_t> stored; // 12 bit, larger is denser
    Window window;
};

inline constexpr int kFilmBits = 12;

// Where the body is placed, and how large it is. Follows from the seed and the film's size.
Geometry randomGeometry(int widthPx, int heightPx, std::uint64_t seed);

// The "R" or "L" in lead beside the patient's shoulder.
void addSideMarker(FloatImage& lineIntegral, const Geometry& geometry, std::uint64_t seed);

// A sign in lead in the upper corner that has no side marker, above the shoulder. It is the same after a
// flip.
void addClassSign(FloatImage& lineIntegral, const Geometry& geometry, PhantomFinding finding,
                  std::uint64_t seed);

// lineIntegral: the anatomy, overwritten. added: what finding and sign add; may be empty. Scatter, processing
// and window are worked out from the anatomy alone, so that what is added changes no pixel outside itself.
FilmPixels exposeFilm(FloatImage& lineIntegral, const FloatImage& added, const Geometry& geometry,
                      std::uint64_t seed);

} // namespace hilum::phantom
