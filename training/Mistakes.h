// Which films of a test are worth looking at. Pure functions.
#pragma once

#include <cstddef>
#include <vector>

#include "training/Metrics.h"

namespace hilum {

// The films that the model got wrong, as indices, the surest mistakes first.
std::vector<std::size_t> worstMistakes(const std::vector<FilmPrediction>& predictions);
// The films of a cell of the confusion matrix, the surest first.
std::vector<std::size_t> filmsOfCell(const std::vector<FilmPrediction>& predictions, int truth,
                                     int predicted);

} // namespace hilum
