// Films in the order of one class's probability: what ROC, precision-recall and their resamples are made of.
#pragma once

#include <cstddef>
#include <vector>

#include "training/Metrics.h"

namespace hilum {

struct Ranking {
    // films[0] … films[end − 1] have at least the probability threshold.
    struct Cut {
        double threshold = 0;
        std::size_t end = 0;
    };
    std::vector<std::size_t> films; // indices into the predictions, most probable first
    std::vector<Cut> cuts;          // one for every different probability, descending
};

// A probability that is not a number counts as −1: it ranks last.
Ranking rankingOf(const std::vector<FilmPrediction>& predictions, int label);

} // namespace hilum
