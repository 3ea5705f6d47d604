// Radiograph -> the square that the network sees, and the way back for heat maps. Training and reading both
// go through here, driven by the model card. Pure functions, thread-safe.
#pragma once

#include <vector>

#include "core/domain/ModelCard.h"
#include "core/domain/Radiograph.h"
#include "core/domain/Raster.h"
#include "core/domain/Reading.h"

namespace hilum {

// Windowed with its default window to [0, 255] and fitted to sizePx × sizePx (area interpolation).
// Augmentation works on this.
GreyImage fitToSquare(const Radiograph& film, FitMode fit, int sizePx);

// What the network sees of every grey value: (value / 255 − mean) / standardDeviation, 256 × P.
std::vector<float> normalisationTable(const Preprocessing& preprocessing);

// The square through that table, P × S × S.
std::vector<float> normalise(const GreyImage& square, const Preprocessing& preprocessing);

// Both of the above: what the network sees of a film.
std::vector<float> prepare(const Radiograph& film, const Preprocessing& preprocessing);

// The rectangle of the film that the square covers.
GridPlacement placementOnFilm(int filmWidthPx, int filmHeightPx, FitMode fit);

} // namespace hilum
