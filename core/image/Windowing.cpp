#include "core/image/Windowing.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include <opencv2/core.hpp>
// After core.hpp.
#include <opencv2/imgproc.hpp>

namespace hilum {

namespace {

// The linear window that maps low to black and high to white (low <= high).
Window windowOver(double low, double high, std::string explanation) {
    const double width = high - low + 1;
    return {low + width / 2, width, VoiFunction::Linear, std::move(explanation)};
}

Window fullRange(const Radiograph& film) {
    const auto top = static_cast<std::uint16_t>(film.storedMax - film.storedMin);
    const auto [low, high] = std::minmax({film.modalityValue(0), film.modalityValue(top)});
    return windowOver(low, high, "full range");
}

// The range of all pixels but padding; the full one where nothing is left.
Window ownRange(const Radiograph& film) {
    std::uint16_t smallest = 0xFFFF;
    std::uint16_t largest = 0;
    for (const std::uint16_t pixel : *film.pixels) {
        if (film.padding && film.isPadding(pixel))
            continue;
        smallest = std::min(smallest, pixel);
        largest = std::max(largest, pixel);
    }
    if (smallest > largest)
        return fullRange(film);
    const auto [low, high] = std::minmax({film.modalityValue(smallest), film.modalityValue(largest)});
    return windowOver(low, high, "smallest to largest value");
}

// The table's entries spread over the window. As read, the window's center is the middle of the inputs and
// its width their number: every input meets its own entry.
double throughTable(const Window& window, double offset) {
    assert(window.table != nullptr && !window.table->entries.empty());
    const LookupTable& table = *window.table;
    const auto count = static_cast<double>(table.entries.size());
    const double index = offset * count / window.width + (count - 1) / 2;
    return std::min(1.0, table.at(table.first + index) / static_cast<double>((1 << table.bits) - 1));
}

// As of most 8-bit films.
bool changesNothing(const std::vector<std::uint8_t>& greys) {
    for (std::size_t i = 0; i < greys.size(); ++i) {
        if (greys[i] != i)
            return false;
    }
    return true;
}

} // namespace

Window defaultWindow(const Radiograph& film) {
    if (!film.windows.empty())
        return film.windows.front();
    if (film.bitsStored == 8 || film.pixels == nullptr || film.pixels->empty())
        return fullRange(film);
    return ownRange(film);
}

double applyVoi(const Window& window, double modalityValue) {
    const double x = modalityValue - window.center;
    switch (window.function) {
    case VoiFunction::Linear:
        if (x <= -0.5 - (window.width - 1) / 2)
            return 0;
        if (x > -0.5 + (window.width - 1) / 2)
            return 1;
        return (x + 0.5) / (window.width - 1) + 0.5;
    case VoiFunction::LinearExact:
        return std::clamp(x / window.width + 0.5, 0.0, 1.0);
    case VoiFunction::Sigmoid:
        return 1 / (1 + std::exp(-4 * x / window.width));
    case VoiFunction::Table:
        return throughTable(window, x);
    }
    return 0;
}

std::vector<float> windowTable(const Radiograph& film, const Window& window, Polarity display) {
    assert(film.storedMax >= film.storedMin && film.storedMax - film.storedMin <= 0xFFFF);
    // Brightness rises with the pixel value whatever the signs of polarity and slope are.
    const bool valueRises = (film.polarity == Polarity::AsStored) == film.modalityRises();
    const bool complement = valueRises == (display == Polarity::Inverted);
    std::vector<float> table(static_cast<std::size_t>(film.storedMax - film.storedMin) + 1);
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto pixel = static_cast<std::uint16_t>(i);
        if (film.isPadding(pixel))
            continue; // black
        const double grey = applyVoi(window, film.modalityValue(pixel));
        table[i] = static_cast<float>(complement ? 1 - grey : grey);
    }
    return table;
}

GreyImage applyWindow(const Radiograph& film, const Window& window, Polarity display) {
    const std::vector<float> table = windowTable(film, window, display);
    std::vector<std::uint8_t> grey(table.size());
    std::transform(table.begin(), table.end(), grey.begin(),
                   [](float value) { return static_cast<std::uint8_t>(value * 255 + 0.5F); });
    GreyImage image;
    image.widthPx = film.widthPx;
    image.heightPx = film.heightPx;
    image.values.resize(film.pixels->size());
    const std::uint8_t* const lookup = grey.data();
    if (changesNothing(grey))
        std::transform(film.pixels->begin(), film.pixels->end(), image.values.begin(),
                       [](std::uint16_t pixel) { return static_cast<std::uint8_t>(pixel); });
    else
        std::transform(film.pixels->begin(), film.pixels->end(), image.values.begin(),
                       [lookup](std::uint16_t pixel) { return lookup[pixel]; });
    return image;
}

GreyImage resized(const GreyImage& image, int widthPx, int heightPx) {
    assert(!image.empty() && widthPx > 0 && heightPx > 0);
    GreyImage result(widthPx, heightPx, image.channels);
    const int type = CV_8UC(image.channels);
    // OpenCV only reads from the source.
    const cv::Mat source(image.heightPx, image.widthPx, type, const_cast<std::uint8_t*>(image.values.data()));
    cv::Mat target(heightPx, widthPx, type, result.values.data());
    const bool shrinks = widthPx <= image.widthPx && heightPx <= image.heightPx;
    cv::resize(source, target, target.size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
    return result;
}

} // namespace hilum
