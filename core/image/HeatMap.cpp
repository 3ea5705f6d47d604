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

// A run of film pixels between the centres of two neighbouring cells, along one axis.
struct AxisRun {
    int begin = 0; // film pixels begin … end − 1
    int end = 0;
    std::size_t cell = 0; // the cell before them
    std::size_t next = 0; // the cell after them; the same beyond the outermost centres
};

struct Axis {
    std::vector<AxisRun> runs;  // in order, without gaps; pixels outside the rectangle are in none
    std::vector<float> weights; // of the cell after, one per film pixel
};

Axis makeAxis(double start, double length, int cells, int filmPx) {
    Axis axis;
    axis.weights.resize(static_cast<std::size_t>(filmPx));
    // Pixels whose centre lies inside.
    const int begin = static_cast<int>(std::clamp(std::ceil(start - 0.5), 0.0, static_cast<double>(filmPx)));
    const int end =
        static_cast<int>(std::clamp(std::ceil(start + length - 0.5), 0.0, static_cast<double>(filmPx)));
    for (int i = begin; i < end; ++i) {
        const double inCells = std::clamp((i + 0.5 - start) / length * cells - 0.5, 0.0, cells - 1.0);
        const auto cell = static_cast<std::size_t>(inCells);
        axis.weights[static_cast<std::size_t>(i)] = static_cast<float>(inCells - static_cast<double>(cell));
        if (axis.runs.empty() || axis.runs.back().cell != cell)
            axis.runs.push_back({i, i, cell, std::min(cell + 1, static_cast<std::size_t>(cells) - 1)});
        axis.runs.back().end = i + 1;
    }
    return axis;
}

// One line of the film out of one line of cells; pixels outside the rectangle are left as they are.
void interpolateLine(const Axis& columns, const std::vector<float>& cells, std::vector<float>& line) {
    for (const AxisRun& run : columns.runs) {
        const float left = cells[run.cell];
        const float rise = cells[run.next] - left;
        const float* const weights = columns.weights.data();
        float* const pixels = line.data();
        for (int x = run.begin; x < run.end; ++x)
            pixels[x] = left + rise * weights[x];
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
    if (map.empty() || !(placement.widthPx > 0) || !(placement.heightPx > 0))
        return {filmWidthPx, filmHeightPx};
    const Axis columns = makeAxis(placement.leftPx, placement.widthPx, map.widthPx, filmWidthPx);
    const Axis rows = makeAxis(placement.topPx, placement.heightPx, map.heightPx, filmHeightPx);
    const auto width = static_cast<std::size_t>(filmWidthPx);
    FloatImage film;
    film.widthPx = filmWidthPx;
    film.heightPx = filmHeightPx;
    film.values.reserve(width * static_cast<std::size_t>(filmHeightPx)); // written once, line by line
    std::vector<float> cells(static_cast<std::size_t>(map.widthPx));
    std::vector<float> line(width);
    for (const AxisRun& run : rows.runs) {
        film.values.resize(width * static_cast<std::size_t>(run.begin)); // lines above the rectangle
        const float* const upper = &map.values[run.cell * cells.size()];
        const float* const lower = &map.values[run.next * cells.size()];
        for (int y = run.begin; y < run.end; ++y) {
            const float weight = rows.weights[static_cast<std::size_t>(y)];
            for (std::size_t i = 0; i < cells.size(); ++i)
                cells[i] = upper[i] + (lower[i] - upper[i]) * weight;
            interpolateLine(columns, cells, line);
            film.values.insert(film.values.end(), line.begin(), line.end());
        }
    }
    film.values.resize(width * static_cast<std::size_t>(filmHeightPx)); // lines below it
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

namespace {

constexpr int kHeatSteps = 256;

// What a pixel of one heat gets: film × filmShare + colour, in 1/65536.
struct Ink {
    int filmShare = 0;
    std::array<int, 3> colour{};
};

std::array<Ink, kHeatSteps> mixInks(double opacity) {
    std::array<Ink, kHeatSteps> inks;
    for (std::size_t i = 0; i < inks.size(); ++i) {
        const float alpha = heatAlpha(static_cast<float>(i) / (kHeatSteps - 1));
        const auto share = static_cast<int>(std::lround(alpha * opacity * 65536));
        inks[i].filmShare = 65536 - share;
        for (std::size_t c = 0; c < 3; ++c)
            inks[i].colour[c] = heatColours()[i][c] * share + 32768;
    }
    return inks;
}

} // namespace

RgbImage overlayHeatMap(const GreyImage& film, const FloatImage& filmMap, double scale, double opacity) {
    assert(film.widthPx == filmMap.widthPx && film.heightPx == filmMap.heightPx);
    assert(scale > 0 && opacity >= 0 && opacity <= 1);
    const std::array<Ink, kHeatSteps> inks = mixInks(opacity);
    RgbImage image(film.widthPx, film.heightPx, 3);
    std::uint8_t* out = image.values.data();
    const auto factor = static_cast<float>((kHeatSteps - 1) / scale);
    constexpr float kHottest = kHeatSteps - 1;
    for (std::size_t i = 0; i < film.values.size(); ++i, out += 3) {
        const float heat = filmMap.values[i] * factor;
        const float step = heat > 0 ? std::min(heat, kHottest) : 0.0F; // NaN is 0
        const Ink& ink = inks[static_cast<std::size_t>(static_cast<int>(step + 0.5F))];
        const int grey = film.values[i] * ink.filmShare;
        for (std::size_t c = 0; c < 3; ++c)
            out[c] = static_cast<std::uint8_t>((grey + ink.colour[c]) >> 16);
    }
    return image;
}

} // namespace hilum
