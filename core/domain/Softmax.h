// Logits -> probabilities.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace hilum {

// softmax(logits / temperature); at least one logit.
inline std::vector<double> softmax(const std::vector<double>& logits, double temperature = 1) {
    const double top = std::ranges::max(logits);
    std::vector<double> probabilities;
    double sum = 0;
    for (const double logit : logits) {
        probabilities.push_back(std::exp((logit - top) / temperature));
        sum += probabilities.back();
    }
    for (double& probability : probabilities)
        probability /= sum;
    return probabilities;
}

} // namespace hilum
