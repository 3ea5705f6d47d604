// Random variants of a film that is already fitted to the network's square. Pure functions, thread-safe.
#pragma once

#include <optional>
#include <vector>

#include "core/domain/Raster.h"
#include "training/Random.h"
#include "training/TrainingConfig.h"

namespace hilum {

// What is done to one film in one epoch.
struct AugmentationDraw {
    bool flip = false;
    double rotationDeg = 0; // counter-clockwise
    double zoom = 1;        // > 1: larger
    double shiftX = 0;      // fraction of the side, to the right
    double shiftY = 0;      // down
    double contrast = 1;    // about the film's mean grey
    double brightness = 1;
    struct Rectangle {
        double left, top, width, height; // fractions of the side
    };
    std::optional<Rectangle> erased;
};

// Takes the same number of random numbers whatever the ranges.
AugmentationDraw drawAugmentation(const AugmentationConfig& config, Random& random);

// One affine warp (bilinear) for flip, rotation, zoom and shift, one lookup table for brightness and
// contrast. A draw that changes nothing returns the same pixels; a flip alone is exact.
GreyImage augmented(const GreyImage& square, const AugmentationDraw& draw, BorderMode border);

// The same variant as the network sees it, written to out: S × S × P floats, a pixel's planes side by side
// (channels-last). networkValues: normalisationTable(), 256 × P.
void augmentInto(float* out, const GreyImage& square, const AugmentationDraw& draw, BorderMode border,
                 const std::vector<float>& networkValues);

} // namespace hilum
