// A few validation films that are watched while a network learns: what it takes them for, and why. Internal:
// shows torch.
#pragma once

#include <filesystem>
#include <vector>

#include "training/FilmStore.h"
#include "training/Predictor.h"
#include "training/RunFolder.h"
#include "training/TrainingProgress.h"

namespace hilum {

// Up to count of films: of every class in turn, drawn with the seed. In the order of films.
std::vector<std::size_t> choosePinnedFilms(const FilmStore& store, const std::vector<std::size_t>& films,
                                           int count, std::uint64_t seed);

// Writes one picture per film into the folder's heatMaps(): the square that the network sees, 160 px wide,
// under the Grad-CAM map of the class that the film is taken for, scaled to the map's own maximum. Leaves the
// network in eval mode. Errors: NotWritable, and those of predictFilms().
Result<std::vector<PinnedFilm>> drawPinnedFilms(Network& network, const FilmStore& store,
                                                const DatasetIndex& index,
                                                const std::vector<std::size_t>& films,
                                                const PredictorOptions& options, const RunFolder& folder,
                                                int epoch);

} // namespace hilum
