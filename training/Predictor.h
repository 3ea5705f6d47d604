// A network over many films, in batches. Internal: shows torch.
#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "core/domain/ModelCard.h"
#include "core/domain/Raster.h"
#include "core/network/Network.h"
#include "training/FilmStore.h"
#include "training/Metrics.h"

namespace hilum {

struct PredictorOptions {
    Preprocessing preprocessing;
    int batchSize = 32;
    int threads = 1;
    std::function<void(long done, long total)> progress; // films; on the calling thread
};

struct FilmLogits {
    std::vector<std::vector<double>> values; // a row per film, in the order of films

    void append(const at::Tensor& rows); // N × K
};

// Leaves the network in eval mode. Errors: Cancelled, OutOfMemory, Internal, those of readRadiograph().
Result<FilmLogits> predictFilms(Network& network, const FilmStore& store,
                                const std::vector<std::size_t>& films, const PredictorOptions& options,
                                std::stop_token stop = {});

struct FilmLook {
    std::vector<double> logits;
    int predicted = 0; // label of the largest one
    FloatImage map;    // raw Grad-CAM map of that label, on the network's grid
};
// Errors: likewise.
Result<std::vector<FilmLook>> lookAtFilms(Network& network, const FilmStore& store,
                                          const std::vector<std::size_t>& films,
                                          const PredictorOptions& options, std::stop_token stop = {});

// For each film, the maximum of the raw Grad-CAM map of the class it is taken for. Errors: likewise.
Result<std::vector<double>> heatMapPeaks(Network& network, const FilmStore& store,
                                         const std::vector<std::size_t>& films,
                                         const PredictorOptions& options, std::stop_token stop = {});

} // namespace hilum
