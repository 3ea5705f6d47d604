// The order in which an epoch takes its films. A pure function of labels, seed and epoch.
#pragma once

#include <cstdint>
#include <vector>

#include "training/TrainingConfig.h"

namespace hilum {

// labels: class of each training film. Returns as many indices into labels.
// Sampling::Shuffle: every film once. Sampling::Oversample: with replacement, film weights 1 / class size, so
// that every class is equally likely in every draw.
std::vector<std::size_t> epochOrder(const std::vector<int>& labels, Sampling sampling, std::uint64_t seed,
                                    int epoch);

// films / (classes · films of the class), so that every class weighs alike in a loss; 1 for a class without
// films.
std::vector<double> balancedClassWeights(const std::vector<int>& labels, int classes);

} // namespace hilum
