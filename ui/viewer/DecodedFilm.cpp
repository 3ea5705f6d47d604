#include "ui/viewer/DecodedFilm.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/image/Windowing.h"

namespace hilum {
namespace {

// The film's middle square through its default window.
QImage makeThumbnail(const Radiograph& film, const PlanePyramid& pyramid, const Window& window) {
    const int side = std::min(film.widthPx, film.heightPx);
    const double step = static_cast<double>(side) / kFilmThumbnailPx; // film pixels per thumbnail pixel
    const int level = pyramid.levelFor(1 / step);
    const double factor = std::ldexp(1.0, level);
    const auto axis = [&](int length) {
        const double start = (length - side) / 2.0;
        return AxisMap{step / factor, (start + step / 2) / factor - 0.5};
    };
    Raster<std::uint16_t> values(kFilmThumbnailPx, kFilmThumbnailPx);
    resample(pyramid.level(level), axis(film.widthPx), axis(film.heightPx), values);

    const std::vector<float> table = windowTable(film, window);
    QImage image(kFilmThumbnailPx, kFilmThumbnailPx, QImage::Format_Grayscale8);
    for (int y = 0; y < kFilmThumbnailPx; ++y) {
        uchar* line = image.scanLine(y);
        for (int x = 0; x < kFilmThumbnailPx; ++x)
            line[x] = static_cast<uchar>(std::lround(table[values.at(x, y)] * 255.0F));
    }
    return image;
}

// All overlays in one plane of the film's size.
PlanePyramid makeOverlays(const Radiograph& film) {
    if (film.overlays.empty())
        return {};
    auto values = std::make_shared<std::vector<std::uint16_t>>(film.pixels->size());
    for (const FilmOverlay& overlay : film.overlays) {
        const int right = std::min(film.widthPx, overlay.leftPx + overlay.widthPx);
        const int bottom = std::min(film.heightPx, overlay.topPx + overlay.heightPx);
        for (int y = std::max(0, overlay.topPx); y < bottom; ++y)
            for (int x = std::max(0, overlay.leftPx); x < right; ++x)
                if (overlay.covers(x, y))
                    (*values)[static_cast<std::size_t>(y) * static_cast<std::size_t>(film.widthPx) +
                              static_cast<std::size_t>(x)] = 0xFFFF;
    }
    return PlanePyramid(Plane{film.widthPx, film.heightPx, std::move(values)});
}

} // namespace

std::size_t DecodedFilm::bytes() const {
    const std::size_t planes = overlays.levels() > 0 ? 2 : 1;
    return planes * film.pixels->size() * sizeof(std::uint16_t) + pyramid.extraBytes() +
           overlays.extraBytes() + static_cast<std::size_t>(thumbnail.sizeInBytes());
}

DecodedFilmPtr makeDecodedFilm(Radiograph film, std::chrono::duration<double, std::milli> decodeTime) {
    auto decoded = std::make_shared<DecodedFilm>();
    decoded->pyramid = PlanePyramid(Plane{film.widthPx, film.heightPx, film.pixels});
    decoded->overlays = makeOverlays(film);
    decoded->openingWindow = defaultWindow(film);
    decoded->thumbnail = makeThumbnail(film, decoded->pyramid, decoded->openingWindow);
    decoded->film = std::move(film);
    decoded->decodeTime = decodeTime;
    return decoded;
}

DecodedFilmPtr FilmCache::find(const std::filesystem::path& file) {
    const auto item =
        std::find_if(m_items.begin(), m_items.end(), [&](const Item& held) { return held.file == file; });
    if (item == m_items.end())
        return nullptr;
    m_items.splice(m_items.begin(), m_items, item);
    return item->film;
}

void FilmCache::insert(const std::filesystem::path& file, DecodedFilmPtr film) {
    if (find(file))
        return;
    m_bytes += film->bytes();
    m_items.push_front({file, std::move(film)});
    while (m_bytes > m_maxBytes && m_items.size() > 1) {
        m_bytes -= m_items.back().film->bytes();
        m_items.pop_back();
    }
}

void FilmCache::clear() {
    m_items.clear();
    m_bytes = 0;
}

} // namespace hilum
