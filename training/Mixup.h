// Blending films in pairs (Zhang et al. 2018, arXiv 1710.09412). Pure functions of seed, epoch and batch.
#pragma once

#include <cstdint>
#include <vector>

namespace hilum {

// A batch becomes share · batch + (1 − share) · batch[partners], and its loss likewise.
struct Mixture {
    double share = 1; // in [0.5, 1]: the larger one of the two, so that a film keeps most of itself
    std::vector<std::int64_t> partners; // a permutation of the batch
};

// share: the larger of b and 1 − b, b from Beta(alpha, alpha). alpha > 0.
Mixture drawMixture(double alpha, std::size_t batchSize, std::uint64_t seed, int epoch, long batch);

} // namespace hilum
