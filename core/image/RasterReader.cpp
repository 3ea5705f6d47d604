#include "core/image/RasterReader.h"

#include <algorithm>
#include <utility>

namespace hilum {

namespace {

struct Plane {
    int widthPx;
    int heightPx;
    std::vector<std::uint16_t> pixels;
};

Plane transposed(const Plane& plane) {
    Plane result{plane.heightPx, plane.widthPx, std::vector<std::uint16_t>(plane.pixels.size())};
    const auto width = static_cast<std::size_t>(plane.widthPx);
    const auto height = static_cast<std::size_t>(plane.heightPx);
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x)
            result.pixels[x * height + y] = plane.pixels[y * width + x];
    return result;
}

void mirrorRows(Plane& plane) {
    for (auto row = plane.pixels.begin(); row != plane.pixels.end(); row += plane.widthPx)
        std::reverse(row, row + plane.widthPx);
}

void turnHalf(Plane& plane) { std::reverse(plane.pixels.begin(), plane.pixels.end()); }

// EXIF 2.32, 4.6.4 A: the value says which sides of the picture row 0 and column 0 are.
Plane oriented(Plane plane, int orientation) {
    switch (orientation) {
    case 2: // top, right
        mirrorRows(plane);
        return plane;
    case 3: // bottom, right
        turnHalf(plane);
        return plane;
    case 4: // bottom, left
        turnHalf(plane);
        mirrorRows(plane);
        return plane;
    case 5: // left, top
        return transposed(plane);
    case 6: // right, top: to be turned clockwise
        plane = transposed(plane);
        mirrorRows(plane);
        return plane;
    case 7: // right, bottom
        plane = transposed(plane);
        turnHalf(plane);
        return plane;
    case 8: // left, bottom: to be turned anticlockwise
        plane = transposed(plane);
        turnHalf(plane);
        mirrorRows(plane);
        return plane;
    default:
        return plane;
    }
}

} // namespace

Radiograph makeRasterFilm(GreyRows rows, int orientation, Polarity polarity, FilmSource source) {
    Plane plane = oriented({rows.widthPx(), rows.heightPx(), rows.take()}, orientation);
    Radiograph film;
    film.widthPx = plane.widthPx;
    film.heightPx = plane.heightPx;
    film.bitsStored = rows.bits();
    film.storedMax = (1 << rows.bits()) - 1;
    film.polarity = polarity;
    if (polarity == Polarity::Inverted)
        for (std::uint16_t& pixel : plane.pixels)
            pixel = static_cast<std::uint16_t>(film.storedMax - pixel);
    film.pixels = std::make_shared<const std::vector<std::uint16_t>>(std::move(plane.pixels));
    film.source = std::move(source);
    for (std::string& warning : rows.warnings())
        film.source.warnings.push_back(std::move(warning));
    return film;
}

} // namespace hilum
