#include "training/Predictor.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "core/network/GradCam.h"
#include "training/BatchLoader.h"
#include "training/Guarded.h"

namespace hilum {
namespace {

// Calls use(images) for every batch. Errors: as predictFilms().
template <class Use>
Result<void> forEachBatch(Network& network, const FilmStore& store, const std::vector<std::size_t>& films,
                          const PredictorOptions& options, const std::stop_token& stop, const Use& use) {
    return guarded([&]() -> Result<void> {
        const torch::NoGradGuard noGrad;
        network.eval();
        BatchLoader loader(store, options.preprocessing,
                           {.batchSize = options.batchSize, .threads = options.threads, .augmentation = {}});
        loader.start(films);
        long done = 0;
        while (auto batch = loader.next()) {
            if (!*batch)
                return tl::unexpected(batch->error());
            if (stop.stop_requested())
                return fail(ErrorCode::Cancelled, "Not every film was read.");
            use((*batch)->images.to(network.device()));
            done += (*batch)->images.size(0);
            if (options.progress)
                options.progress(done, static_cast<long>(films.size()));
        }
        return {};
    });
}

} // namespace

void FilmLogits::append(const at::Tensor& rows) {
    const at::Tensor doubles = rows.cpu().to(at::kDouble).contiguous();
    const double* row = doubles.data_ptr<double>();
    for (std::int64_t i = 0; i < doubles.size(0); ++i, row += doubles.size(1))
        values.emplace_back(row, row + doubles.size(1));
}

Result<FilmLogits> predictFilms(Network& network, const FilmStore& store,
                                const std::vector<std::size_t>& films, const PredictorOptions& options,
                                std::stop_token stop) {
    FilmLogits logits;
    const auto read = [&](const at::Tensor& images) { logits.append(network.forward(images)); };
    return forEachBatch(network, store, films, options, stop, read).map([&] { return std::move(logits); });
}

Result<std::vector<FilmLook>> lookAtFilms(Network& network, const FilmStore& store,
                                          const std::vector<std::size_t>& films,
                                          const PredictorOptions& options, std::stop_token stop) {
    std::vector<FilmLook> looks;
    const auto read = [&](const at::Tensor& images) {
        const CamResult cam = gradCam(network, images);
        FilmLogits logits;
        logits.append(cam.logits);
        for (std::int64_t i = 0; i < images.size(0); ++i) {
            FilmLook look;
            look.logits = logits.values[static_cast<std::size_t>(i)];
            look.predicted = static_cast<int>(std::ranges::max_element(look.logits) - look.logits.begin());
            const at::Tensor map = cam.maps[i][look.predicted].cpu().contiguous();
            look.map = FloatImage(static_cast<int>(map.size(1)), static_cast<int>(map.size(0)));
            std::copy_n(map.data_ptr<float>(), map.numel(), look.map.values.begin());
            looks.push_back(std::move(look));
        }
    };
    return forEachBatch(network, store, films, options, stop, read).map([&] { return std::move(looks); });
}

Result<std::vector<double>> heatMapPeaks(Network& network, const FilmStore& store,
                                         const std::vector<std::size_t>& films,
                                         const PredictorOptions& options, std::stop_token stop) {
    return lookAtFilms(network, store, films, options, std::move(stop))
        .map([](const std::vector<FilmLook>& looks) {
            std::vector<double> peaks;
            for (const FilmLook& look : looks)
                peaks.push_back(std::ranges::max(look.map.values));
            return peaks;
        });
}

} // namespace hilum
