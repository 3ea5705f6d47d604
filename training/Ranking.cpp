#include "training/Ranking.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hilum {

Ranking rankingOf(const std::vector<FilmPrediction>& predictions, int label) {
    std::vector<double> probabilities;
    probabilities.reserve(predictions.size());
    for (const FilmPrediction& film : predictions) {
        const double probability = film.probabilities[static_cast<std::size_t>(label)];
        probabilities.push_back(std::isnan(probability) ? -1 : probability);
    }
    Ranking ranking;
    ranking.films.resize(predictions.size());
    std::iota(ranking.films.begin(), ranking.films.end(), std::size_t{0});
    std::ranges::stable_sort(
        ranking.films, [&](std::size_t a, std::size_t b) { return probabilities[a] > probabilities[b]; });
    for (std::size_t i = 0; i < ranking.films.size(); ++i) {
        const double threshold = probabilities[ranking.films[i]];
        if (ranking.cuts.empty() || ranking.cuts.back().threshold != threshold)
            ranking.cuts.push_back({threshold, 0});
        ranking.cuts.back().end = i + 1;
    }
    return ranking;
}

} // namespace hilum
