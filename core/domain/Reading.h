// What a model says about one film.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "core/domain/Raster.h"

namespace hilum {

enum class Explain { No, EveryClass };

struct Prediction {
    std::vector<std::string> labels;   // in the card's order
    std::vector<double> probabilities; // in [0, 1], sum 1, one per label
    std::vector<double> logits;        // before the temperature and the softmax
    std::size_t best = 0;              // index of the largest probability
};

// Where the network's grid lies on the film: the rectangle that the whole grid covers, in film pixels, with
// resize, crop and padding undone. It may reach beyond the film (padding) or stay inside it (crop).
struct GridPlacement {
    double leftPx = 0;
    double topPx = 0;
    double widthPx = 0;
    double heightPx = 0;
};

// Grad-CAM maps (Selvaraju et al. 2017, arXiv 1610.02391) for every label of one reading. The values are raw:
// max(0, Σ_k α_k A_k), not normalised, so that maps of different films can be held against each other.
// They tell where the network looked, not where a lesion is.
struct Explanation {
    std::vector<FloatImage>
        maps; // one per label, columns × rows of the network's last feature map; may be empty
    GridPlacement placement;
    double fixedScale = 0; // ModelCard::heatMapScale; 0: the model has none
};

struct Reading {
    std::string modelName;
    std::string modelVersion;
    std::string modelSha256;
    Prediction prediction;
    Explanation explanation;
    std::vector<std::string> warnings;                   // about this film with this model, in words
    std::chrono::duration<double, std::milli> elapsed{}; // preprocessing, network and maps; not decoding
};

} // namespace hilum
