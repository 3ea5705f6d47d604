#include "training/Augmenter.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace hilum {
namespace {

// Zhong et al. 2017 (arXiv 1708.04896), as torchvision's RandomErasing, with smaller rectangles.
constexpr double kErasedAreaLow = 0.02;
constexpr double kErasedAreaHigh = 0.2;
constexpr double kErasedAspect = 3.3; // width : height in [1 / this, this], uniform in the logarithm

bool moves(const AugmentationDraw& draw) {
    return draw.flip || draw.rotationDeg != 0 || draw.zoom != 1 || draw.shiftX != 0 || draw.shiftY != 0;
}

int borderOf(BorderMode border) {
    switch (border) {
    case BorderMode::Black:
        return cv::BORDER_CONSTANT;
    case BorderMode::Replicate:
        return cv::BORDER_REPLICATE;
    case BorderMode::Reflect:
        return cv::BORDER_REFLECT;
    }
    return cv::BORDER_CONSTANT;
}

// Film -> variant, about the centre of the pixel grid: flip first, then rotation and zoom, then shift.
cv::Matx23d warpMatrix(const AugmentationDraw& draw, int sizePx) {
    const double center = (sizePx - 1) / 2.0;
    const double angle = draw.rotationDeg * std::numbers::pi / 180;
    const double c = draw.zoom * std::cos(angle), s = draw.zoom * std::sin(angle);
    const double mirror = draw.flip ? -1 : 1;
    const double a = c * mirror, b = s, d = -s * mirror, e = c;
    return {a, b, center - a * center - b * center + draw.shiftX * sizePx,
            d, e, center - d * center - e * center + draw.shiftY * sizePx};
}

void changeGreys(cv::Mat& image, double brightness, double contrast) {
    const double mean = cv::mean(image)[0] * brightness;
    cv::Mat table(1, 256, CV_8UC1);
    for (int value = 0; value < 256; ++value)
        table.at<uchar>(value) = cv::saturate_cast<uchar>((value * brightness - mean) * contrast + mean);
    cv::LUT(image, table, image);
}

void erase(cv::Mat& image, const AugmentationDraw::Rectangle& part) {
    const auto px = [&](double fraction) { return static_cast<int>(std::lround(fraction * image.cols)); };
    const cv::Rect rect = cv::Rect(px(part.left), px(part.top), px(part.width), px(part.height)) &
                          cv::Rect(0, 0, image.cols, image.rows);
    image(rect).setTo(cv::mean(image));
}

} // namespace

AugmentationDraw drawAugmentation(const AugmentationConfig& config, Random& random) {
    const auto about = [&](double center, double range) { return center + range * random.uniform(-1, 1); };
    AugmentationDraw draw;
    draw.flip = random.uniform() < 0.5 && config.horizontalFlip;
    draw.rotationDeg = about(0, config.rotationDeg);
    draw.zoom = about(1, config.zoom);
    draw.shiftX = about(0, config.translation);
    draw.shiftY = about(0, config.translation);
    draw.contrast = about(1, config.contrast);
    draw.brightness = about(1, config.brightness);
    const bool erases = random.uniform() < config.erasing;
    const double area = random.uniform(kErasedAreaLow, kErasedAreaHigh);
    const double aspect = std::pow(kErasedAspect, random.uniform(-1, 1));
    const double width = std::min(1.0, std::sqrt(area * aspect)),
                 height = std::min(1.0, std::sqrt(area / aspect));
    const double left = random.uniform() * (1 - width), top = random.uniform() * (1 - height);
    if (erases)
        draw.erased = {left, top, width, height};
    return draw;
}

GreyImage augmented(const GreyImage& square, const AugmentationDraw& draw, BorderMode border) {
    GreyImage result = square;
    const cv::Mat source(square.heightPx, square.widthPx, CV_8UC1,
                         const_cast<std::uint8_t*>(square.values.data())); // read only
    cv::Mat image(result.heightPx, result.widthPx, CV_8UC1, result.values.data());
    if (moves(draw))
        cv::warpAffine(source, image, warpMatrix(draw, square.widthPx), image.size(), cv::INTER_LINEAR,
                       borderOf(border));
    if (draw.contrast != 1 || draw.brightness != 1)
        changeGreys(image, draw.brightness, draw.contrast);
    if (draw.erased)
        erase(image, *draw.erased);
    return result;
}

} // namespace hilum
