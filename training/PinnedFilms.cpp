#include "training/PinnedFilms.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <span>

#include <ATen/ATen.h>
#include <opencv2/core.hpp>
// After core.hpp.
#include <opencv2/imgproc.hpp>

#include "core/domain/Softmax.h"
#include "core/image/HeatMap.h"
#include "core/image/ImageWriter.h"
#include "training/Random.h"

namespace hilum {
namespace {

constexpr std::uint64_t kStream = 0x50494E; // apart from the streams of other files
constexpr int kWidthPx = 160;
constexpr double kOpacity = 0.6;

GreyImage resized(const GreyImage& square) {
    GreyImage small(kWidthPx, kWidthPx);
    const cv::Mat from(square.heightPx, square.widthPx, CV_8UC1,
                       const_cast<std::uint8_t*>(square.values.data()));
    cv::Mat to(kWidthPx, kWidthPx, CV_8UC1, small.values.data());
    cv::resize(from, to, to.size(), 0, 0, square.widthPx > kWidthPx ? cv::INTER_AREA : cv::INTER_LINEAR);
    return small;
}

RgbImage pictureOf(const GreyImage& square, const FilmLook& look) {
    const float top = std::ranges::max(look.map.values);
    const FloatImage onFilm = mapInFilmPixels(look.map, {0, 0, kWidthPx, kWidthPx}, kWidthPx, kWidthPx);
    return overlayHeatMap(resized(square), onFilm, top > 0 ? static_cast<double>(top) : 1, kOpacity);
}

std::string pictureName(int epoch, std::size_t number) {
    std::array<char, 40> name{};
    std::snprintf(name.data(), name.size(), "epoch-%03d-%zu.png", epoch, number);
    return name.data();
}

} // namespace

std::vector<std::size_t> choosePinnedFilms(const FilmStore& store, const std::vector<std::size_t>& films,
                                           int count, std::uint64_t seed) {
    std::map<int, std::vector<std::size_t>> byLabel;
    for (const std::size_t film : films)
        byLabel[store.label(film)].push_back(film);
    Random random(seed, kStream);
    for (auto& [label, own] : byLabel)
        random.shuffle(std::span(own));
    std::vector<std::size_t> chosen;
    const std::size_t wanted = std::min(static_cast<std::size_t>(count), films.size());
    for (std::size_t round = 0; chosen.size() < wanted; ++round) {
        for (const auto& [label, own] : byLabel) {
            if (round < own.size() && chosen.size() < wanted)
                chosen.push_back(own[round]);
        }
    }
    std::ranges::sort(chosen);
    return chosen;
}

Result<std::vector<PinnedFilm>> drawPinnedFilms(Network& network, const FilmStore& store,
                                                const DatasetIndex& index,
                                                const std::vector<std::size_t>& films,
                                                const PredictorOptions& options, const RunFolder& folder,
                                                int epoch) {
    const auto looks = lookAtFilms(network, store, films, options);
    if (!looks)
        return tl::unexpected(looks.error());
    std::error_code error;
    std::filesystem::create_directories(folder.heatMaps(), error);
    if (error)
        return fail(ErrorCode::NotWritable, "The folder cannot be made: " + error.message() + ".",
                    folder.heatMaps().string());
    std::vector<PinnedFilm> pinned;
    for (std::size_t i = 0; i < films.size(); ++i) {
        const auto square = store.square(films[i]);
        if (!square)
            return tl::unexpected(square.error());
        const FilmLook& look = (*looks)[i];
        const std::filesystem::path file = folder.heatMaps() / pictureName(epoch, i + 1);
        if (auto written = writePng(pictureOf(**square, look), file); !written)
            return tl::unexpected(written.error());
        const std::vector<double> probabilities = softmax(look.logits);
        const auto label = [&](int number) { return index.labels[static_cast<std::size_t>(number)]; };
        pinned.push_back({index.films[films[i]].file, label(store.label(films[i])), label(look.predicted),
                          probabilities[static_cast<std::size_t>(look.predicted)],
                          file.lexically_relative(folder.root())});
    }
    return pinned;
}

} // namespace hilum
