#include "training/Sampler.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <span>

#include "training/Random.h"

namespace hilum {
namespace {

constexpr std::uint64_t kStream = 0x53414D504C45; // apart from the streams of other files

} // namespace

std::vector<std::size_t> epochOrder(const std::vector<int>& labels, Sampling sampling, std::uint64_t seed,
                                    int epoch) {
    Random random(seed, kStream, static_cast<std::uint64_t>(epoch));
    std::vector<std::size_t> order(labels.size());
    if (sampling == Sampling::Shuffle) {
        std::iota(order.begin(), order.end(), 0U);
        random.shuffle(std::span(order));
        return order;
    }
    std::map<int, std::vector<std::size_t>> byLabel;
    for (std::size_t i = 0; i < labels.size(); ++i)
        byLabel[labels[i]].push_back(i);
    std::vector<const std::vector<std::size_t>*> classes;
    for (const auto& [label, films] : byLabel)
        classes.push_back(&films);
    // A class, then one of its films: the same chances as weights 1 / class size.
    for (std::size_t& film : order) {
        const std::vector<std::size_t>& films = *classes[random.below(classes.size())];
        film = films[random.below(films.size())];
    }
    return order;
}

std::vector<double> balancedClassWeights(const std::vector<int>& labels, int classes) {
    std::vector<double> weights;
    for (int label = 0; label < classes; ++label) {
        const auto films = static_cast<double>(std::ranges::count(labels, label));
        weights.push_back(films > 0 ? static_cast<double>(labels.size()) / (classes * films) : 1);
    }
    return weights;
}

} // namespace hilum
