#include "core/model/Preprocessor.h"

#include <algorithm>
#include <cstring>

#include <opencv2/imgproc.hpp>

#include "core/image/AreaResize.h"
#include "core/image/Windowing.h"

namespace hilum {
namespace {

// The part of the film that the square covers, in whole pixels; reaches beyond the film for Letterbox.
cv::Rect coveredRect(int widthPx, int heightPx, FitMode fit) {
    if (fit == FitMode::Stretch)
        return {0, 0, widthPx, heightPx};
    const int side = fit == FitMode::CenterCrop ? std::min(widthPx, heightPx) : std::max(widthPx, heightPx);
    return {(widthPx - side) / 2, (heightPx - side) / 2, side, side};
}

cv::Mat cutOut(const cv::Mat& film, const cv::Rect& rect) {
    const cv::Rect inside = rect & cv::Rect(0, 0, film.cols, film.rows);
    if (inside == rect)
        return film(rect);
    cv::Mat padded;
    cv::copyMakeBorder(film(inside), padded, inside.y - rect.y, rect.br().y - inside.br().y,
                       inside.x - rect.x, rect.br().x - inside.br().x, cv::BORDER_CONSTANT, cv::Scalar(0));
    return padded;
}

} // namespace

GridPlacement placementOnFilm(int filmWidthPx, int filmHeightPx, FitMode fit) {
    const cv::Rect rect = coveredRect(filmWidthPx, filmHeightPx, fit);
    return {static_cast<double>(rect.x), static_cast<double>(rect.y), static_cast<double>(rect.width),
            static_cast<double>(rect.height)};
}

GreyImage fitToSquare(const Radiograph& film, FitMode fit, int sizePx) {
    GreyImage windowed = applyWindow(film, defaultWindow(film));
    const cv::Mat whole(windowed.heightPx, windowed.widthPx, CV_8UC1, windowed.values.data());
    const cv::Mat part = cutOut(whole, coveredRect(film.widthPx, film.heightPx, fit));

    GreyImage square(sizePx, sizePx);
    if (part.cols >= sizePx && part.rows >= sizePx) {
        resizeByArea({part.ptr(), part.step[0], part.cols, part.rows}, square);
    } else {
        cv::Mat target(sizePx, sizePx, CV_8UC1, square.values.data());
        cv::resize(part, target, target.size(), 0, 0, cv::INTER_LINEAR);
    }
    return square;
}

std::vector<float> normalisationTable(const Preprocessing& preprocessing) {
    std::vector<float> table;
    for (int value = 0; value < 256; ++value) {
        for (std::size_t plane = 0; plane < preprocessing.mean.size(); ++plane) {
            const float scale = 1.0F / preprocessing.standardDeviation[plane];
            table.push_back((static_cast<float>(value) / 255.0F - preprocessing.mean[plane]) * scale);
        }
    }
    return table;
}

std::vector<float> normalise(const GreyImage& square, const Preprocessing& preprocessing) {
    const std::size_t planes = preprocessing.mean.size();
    const std::vector<float> table = normalisationTable(preprocessing);
    std::vector<float> result(planes * square.values.size());
    auto target = result.begin();
    for (std::size_t plane = 0; plane < planes; ++plane)
        target = std::ranges::transform(square.values, target, [&](std::uint8_t value) {
                     return table[value * planes + plane];
                 }).out;
    return result;
}

std::vector<float> prepare(const Radiograph& film, const Preprocessing& preprocessing) {
    return normalise(fitToSquare(film, preprocessing.fit, preprocessing.inputSizePx), preprocessing);
}

} // namespace hilum
