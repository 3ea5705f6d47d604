// A film in memory with all that showing it needs, made off the GUI thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>

#include <QImage>

#include "core/domain/Radiograph.h"
#include "ui/viewer/Plane.h"

namespace hilum {

struct DecodedFilm {
    Radiograph film;
    PlanePyramid pyramid;
    PlanePyramid overlays; // 65535 where one of the film's overlays covers; without levels where it has none
    Window openingWindow;  // defaultWindow()
    QImage thumbnail;      // square, kFilmThumbnailPx, through the film's default window
    std::chrono::duration<double, std::milli> decodeTime{};

    [[nodiscard]] std::size_t bytes() const;
};

using DecodedFilmPtr = std::shared_ptr<const DecodedFilm>;

inline constexpr int kFilmThumbnailPx = 112; // sharp at twice the size that it is drawn at

// Blocking, some 10 ms for 9 Mpixel.
DecodedFilmPtr makeDecodedFilm(Radiograph film, std::chrono::duration<double, std::milli> decodeTime);

// The films shown last, up to a number of bytes; the newest one is kept whatever its size. GUI thread only.
class FilmCache {
public:
    explicit FilmCache(std::size_t maxBytes) : m_maxBytes(maxBytes) {}

    // Null when the file is not held.
    DecodedFilmPtr find(const std::filesystem::path& file);
    void insert(const std::filesystem::path& file, DecodedFilmPtr film);
    void clear();
    [[nodiscard]] std::size_t bytes() const { return m_bytes; }

private:
    struct Item {
        std::filesystem::path file;
        DecodedFilmPtr film;
    };
    std::list<Item> m_items; // most recently used first
    std::size_t m_maxBytes;
    std::size_t m_bytes = 0;
};

} // namespace hilum
