// Window/level: pixel values -> 8-bit grey through one lookup table. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "core/domain/Radiograph.h"
#include "core/domain/Raster.h"

namespace hilum {

// The window that a film opens with, and that every network sees it through: the file's first window; else
// the full range for 8-bit films; else the film's own smallest to largest value, padding left out.
Window defaultWindow(const Radiograph& film);

// VOI LUT function applied to a modality value; result in [0, 1] (DICOM PS3.3 C.11.2.1.2).
double applyVoi(const Window& window, double modalityValue);

// One grey value in [0, 1] per possible pixel value (size storedMax − storedMin + 1); denser is brighter,
// also for MONOCHROME1, unless display is Inverted. Padding is black either way.
std::vector<float> windowTable(const Radiograph& film, const Window& window,
                               Polarity display = Polarity::AsStored);

// The whole film through windowTable(), rounded to 0 … 255.
GreyImage applyWindow(const Radiograph& film, const Window& window, Polarity display = Polarity::AsStored);

// Shrunk with area interpolation or enlarged bilinearly to widthPx × heightPx.
GreyImage resized(const GreyImage& image, int widthPx, int heightPx);

} // namespace hilum
