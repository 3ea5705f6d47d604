#include "training/Augmenter.h"

#include <algorithm>
#include <array>
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

// OpenCV only reads from it.
cv::Mat matOf(const GreyImage& image) {
    return {image.heightPx, image.widthPx, CV_8UC1, const_cast<std::uint8_t*>(image.values.data())};
}

// square itself where nothing moves, else target.
const GreyImage& moved(const GreyImage& square, const AugmentationDraw& draw, BorderMode border,
                       GreyImage& target) {
    if (!moves(draw))
        return square;
    target = GreyImage(square.widthPx, square.heightPx);
    cv::Mat image = matOf(target);
    cv::warpAffine(matOf(square), image, warpMatrix(draw, square.widthPx), image.size(), cv::INTER_LINEAR,
                   borderOf(border));
    return target;
}

using GreyTable = std::array<std::uint8_t, 256>;

// Brightness and contrast of a film with this mean grey.
GreyTable greyTable(double mean, const AugmentationDraw& draw) {
    const double center = mean * draw.brightness;
    GreyTable table{};
    for (std::size_t value = 0; value < table.size(); ++value) {
        const double bright = static_cast<double>(value) * draw.brightness;
        table[value] = cv::saturate_cast<std::uint8_t>((bright - center) * draw.contrast + center);
    }
    return table;
}

cv::Rect erasedRect(const AugmentationDraw::Rectangle& part, int sizePx) {
    const auto px = [&](double fraction) { return static_cast<int>(std::lround(fraction * sizePx)); };
    return cv::Rect(px(part.left), px(part.top), px(part.width), px(part.height)) &
           cv::Rect(0, 0, sizePx, sizePx);
}

// Every pixel through table (256 × P, P of 1 or 3).
void lookUp(float* out, const GreyImage& image, const std::vector<float>& table) {
    if (table.size() == 256) {
        for (const std::uint8_t value : image.values)
            *out++ = table[value];
        return;
    }
    for (const std::uint8_t value : image.values) {
        const float* const planes = &table[std::size_t{3} * value];
        out = std::copy_n(planes, 3, out);
    }
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
    GreyImage target;
    GreyImage result = moved(square, draw, border, target);
    cv::Mat image = matOf(result);
    GreyTable greys = greyTable(cv::mean(image)[0], draw);
    cv::LUT(image, cv::Mat(1, 256, CV_8UC1, greys.data()), image);
    if (draw.erased)
        image(erasedRect(*draw.erased, image.cols)).setTo(cv::mean(image));
    return result;
}

void augmentInto(float* out, const GreyImage& square, const AugmentationDraw& draw, BorderMode border,
                 const std::vector<float>& networkValues) {
    GreyImage target;
    const GreyImage& image = moved(square, draw, border, target);
    const std::size_t planes = networkValues.size() / 256;
    const GreyTable greys = greyTable(cv::mean(matOf(image))[0], draw);
    std::vector<float> table;
    for (const std::uint8_t grey : greys)
        table.insert(table.end(), &networkValues[grey * planes], &networkValues[grey * planes] + planes);
    lookUp(out, image, table);
    if (!draw.erased)
        return;
    double sum = 0;
    for (const std::uint8_t value : image.values)
        sum += greys[value];
    const auto mean = cv::saturate_cast<std::uint8_t>(sum / static_cast<double>(image.values.size()));
    const cv::Rect rect = erasedRect(*draw.erased, image.widthPx);
    for (int y = rect.y; y < rect.br().y; ++y) {
        float* pixel = out + image.index(rect.x, y) * planes;
        for (int x = 0; x < rect.width; ++x)
            pixel = std::copy_n(&networkValues[mean * planes], planes, pixel);
    }
}

} // namespace hilum
