#include "training/Mistakes.h"

#include <algorithm>
#include <functional>

namespace hilum {
namespace {

double confidence(const FilmPrediction& film) {
    return film.probabilities[static_cast<std::size_t>(film.predicted())];
}

template <class Wanted>
std::vector<std::size_t> surestFirst(const std::vector<FilmPrediction>& predictions, Wanted wanted) {
    std::vector<std::size_t> films;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        if (wanted(predictions[i]))
            films.push_back(i);
    }
    std::ranges::stable_sort(films, std::greater{},
                             [&](std::size_t film) { return confidence(predictions[film]); });
    return films;
}

} // namespace

std::vector<std::size_t> worstMistakes(const std::vector<FilmPrediction>& predictions) {
    return surestFirst(predictions,
                       [](const FilmPrediction& film) { return film.predicted() != film.truth; });
}

std::vector<std::size_t> filmsOfCell(const std::vector<FilmPrediction>& predictions, int truth,
                                     int predicted) {
    return surestFirst(predictions, [=](const FilmPrediction& film) {
        return film.truth == truth && film.predicted() == predicted;
    });
}

} // namespace hilum
