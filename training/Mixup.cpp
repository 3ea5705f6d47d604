#include "training/Mixup.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>

#include "training/Random.h"

namespace hilum {
namespace {

constexpr std::uint64_t kStream = 0x4D49585550; // apart from the streams of other files

double normal(Random& random) { // Box and Muller
    const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
    return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

// The logarithm of a draw from Gamma(shape, 1): Marsaglia and Tsang 2000 for shape + 1, then their step down.
double logGamma(double shape, Random& random) {
    const double d = shape + 1 - 1.0 / 3;
    const double c = 1 / std::sqrt(9 * d);
    while (true) {
        const double x = normal(random);
        const double v = std::pow(1 + c * x, 3);
        const double u = 1 - random.uniform();
        if (v > 0 && std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v))
            return std::log(d * v) + std::log(1 - random.uniform()) / shape;
    }
}

} // namespace

Mixture drawMixture(double alpha, std::size_t batchSize, std::uint64_t seed, int epoch, long batch) {
    Random random(seed ^ kStream, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(batch));
    const double first = logGamma(alpha, random), second = logGamma(alpha, random);
    Mixture mixture;
    mixture.share = 1 / (1 + std::exp(-std::abs(first - second)));
    mixture.partners.resize(batchSize);
    std::iota(mixture.partners.begin(), mixture.partners.end(), 0);
    random.shuffle(std::span(mixture.partners));
    return mixture;
}

} // namespace hilum
