#include "core/image/HeatMap.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include <opencv2/core.hpp>
// After core.hpp.
#include <opencv2/imgproc.hpp>

namespace hilum {

namespace {

// Where a line of film pixels lies between the cell centres of the grid, along one axis.
struct AxisStep {
    int cell = 0;     // the cell centre before the pixel
    float weight = 0; // of the next one
};

struct Axis {
    int begin = 0; // film pixels begin … end − 1 have their centre inside the rectangle
    int end = 0;
    std::vector<AxisStep> steps; // one per film pixel, meaningful from begin to end − 1
};

Axis makeAxis(double start, double length, int cells, int filmPx) {
    Axis axis;
    axis.steps.resize(static_cast<std::size_t>(filmPx));
    axis.begin = static_cast<int>(std::clamp(std::ceil(start - 0.5), 0.0, static_cast<double>(filmPx)));
    axis.end =
        static_cast<int>(std::clamp(std::ceil(start + length - 0.5), 0.0, static_cast<double>(filmPx)));
    for (int i = axis.begin; i < axis.end; ++i) {
        const double inCells = (i + 0.5 - start) / length * cells - 0.5;
        const double clamped = std::clamp(inCells, 0.0, cells - 1.0);
        const int cell = std::min(static_cast<int>(clamped), std::max(0, cells - 2));
        axis.steps[static_cast<std::size_t>(i)] = {cell, static_cast<float>(clamped - cell)};
    }
    return axis;
}

// One line of the film, from begin to end, out of one line of cells.
void interpolateLine(const Axis& columns, const std::vector<float>& cells, float* line) {
    const AxisStep* const steps = columns.steps.data();
    for (int x = columns.begin; x < columns.end;) {
        const int cell = steps[x].cell;
        const float left = cells[static_cast<std::size_t>(cell)];
        const float rise = cells[std::min(static_cast<std::size_t>(cell) + 1, cells.size() - 1)] - left;
        for (; x < columns.end && steps[x].cell == cell; ++x)
            line[x] = left + rise * steps[x].weight;
    }
}

} // namespace

const std::array<Rgb, 256>& heatColours() {
    static const std::array<Rgb, 256> colours = [] {
        cv::Mat ramp(1, 256, CV_8UC1);
        for (int i = 0; i < 256; ++i)
            ramp.at<std::uint8_t>(0, i) = static_cast<std::uint8_t>(i);
        cv::Mat bgr;
        cv::applyColorMap(ramp, bgr, cv::COLORMAP_INFERNO);
        std::array<Rgb, 256> table{};
        for (int i = 0; i < 256; ++i) {
            const auto& colour = bgr.at<cv::Vec3b>(0, i);
            table[static_cast<std::size_t>(i)] = {colour[2], colour[1], colour[0]};
        }
        return table;
    }();
    return colours;
}

float heatAlpha(float heat) {
    const float t = heat > 0 ? std::min(heat, 1.0F) : 0.0F; // NaN is 0
    return t * t * (3 - 2 * t);
}

FloatImage mapInFilmPixels(const FloatImage& map, const GridPlacement& placement, int filmWidthPx,
                           int filmHeightPx) {
    FloatImage film(filmWidthPx, filmHeightPx);
    if (map.empty() || !(placement.widthPx > 0) || !(placement.heightPx > 0))
        return film;
    const Axis columns = makeAxis(placement.leftPx, placement.widthPx, map.widthPx, filmWidthPx);
    const Axis rows = makeAxis(placement.topPx, placement.heightPx, map.heightPx, filmHeightPx);
    std::vector<float> cells(static_cast<std::size_t>(map.widthPx));
    for (int y = rows.begin; y < rows.end; ++y) {
        const AxisStep step = rows.steps[static_cast<std::size_t>(y)];
        const float* const upper = &map.values[map.index(0, step.cell)];
        const float* const lower = &map.values[map.index(0, std::min(step.cell + 1, map.heightPx - 1))];
        for (std::size_t i = 0; i < cells.size(); ++i)
            cells[i] = upper[i] + (lower[i] - upper[i]) * step.weight;
        interpolateLine(columns, cells, &film.values[film.index(0, y)]);
    }
    return film;
}

HeatScale heatScale(const Explanation& explanation, std::size_t label) {
    if (explanation.fixedScale > 0)
        return {explanation.fixedScale, true};
    if (label >= explanation.maps.size() || explanation.maps[label].empty())
        return {};
    const auto& values = explanation.maps[label].values;
    const float top = *std::max_element(values.begin(), values.end());
    return {top > 0 ? static_cast<double>(top) : 1.0, false};
}

RgbImage overlayHeatMap(const GreyImage& film, const FloatImage& filmMap, double scale, double opacity) {
    assert(film.widthPx == filmMap.widthPx && film.heightPx == filmMap.heightPx);
    assert(scale > 0 && opacity >= 0 && opacity <= 1);
    constexpr int kSteps = 256;
    struct Ink {
        std::array<int, 3> colour{}; // times its share
        int filmShare = 0;           // of 65536
    };
    std::array<Ink, kSteps> inks;
    for (int i = 0; i < kSteps; ++i) {
        const auto share =
            static_cast<int>(std::lround(heatAlpha(static_cast<float>(i) / (kSteps - 1)) * opacity * 65536));
        Ink& ink = inks[static_cast<std::size_t>(i)];
        ink.filmShare = 65536 - share;
        for (std::size_t c = 0; c < 3; ++c)
            ink.colour[c] = heatColours()[static_cast<std::size_t>(i)][c] * share + 32768;
    }
    RgbImage image(film.widthPx, film.heightPx, 3);
    std::uint8_t* out = image.values.data();
    const auto factor = static_cast<float>((kSteps - 1) / scale);
    for (std::size_t i = 0; i < film.values.size(); ++i, out += 3) {
        const float heat = filmMap.values[i] * factor;
        const float step = heat > 0 ? std::min(heat, static_cast<float>(kSteps - 1)) : 0.0F; // NaN is 0
        const Ink& ink = inks[static_cast<std::size_t>(step + 0.5F)];
        const int grey = film.values[i] * ink.filmShare;
        for (std::size_t c = 0; c < 3; ++c)
            out[c] = static_cast<std::uint8_t>((grey + ink.colour[c]) >> 16);
    }
    return image;
}

} // namespace hilum
