#include "core/image/phantom/Film.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/image/phantom/Attenuation.h"
#include "core/image/phantom/Random.h"
#include "core/image/phantom/Tube.h"

namespace hilum::phantom {

namespace {

constexpr float kPi = std::numbers::pi_v<float>;
constexpr float kStoredAtNoAttenuation = 600.0F;
constexpr float kStoredPerUnit = 520.0F; // stored values per unit of the processed line integral
constexpr double kDarkSignal = 1e-3;     // of the unattenuated signal: what the detector gives behind lead
constexpr double kElectronicNoise = 3e-4;
constexpr std::uint16_t kShutter = 200; // behind the collimator's blades the system paints black

struct Exposure {
    float photonsPerCm2;          // in the unattenuated beam
    float scatter;                // strength of the scatter
    float blurCm;                 // focal spot and detector, standard deviation
    float detail;                 // how much the processing amplifies structures against their surroundings
    float flatten;                // how much of the large-scale differences it keeps
    float lowMargin, highMargin;  // of the window beyond the film's own range
    std::array<float, 4> bladeCm; // left, top, right, bottom: how far the collimator reaches into the film
};

Exposure randomExposure(std::uint64_t seed) {
    Random random(seed, Stream::Exposure);
    Exposure exposure{};
    exposure.photonsPerCm2 = 4.0e7F * std::exp(random.uniform(-0.7F, 0.7F));
    exposure.scatter = random.uniform(0.10F, 0.30F);
    exposure.blurCm = random.uniform(0.015F, 0.03F);
    exposure.detail = random.uniform(0.5F, 1.1F);
    exposure.flatten = random.uniform(0.65F, 0.85F);
    exposure.lowMargin = random.uniform(0.05F, 0.45F);
    exposure.highMargin = random.uniform(0.05F, 0.35F);
    for (float& blade : exposure.bladeCm) {
        blade = random.chance(0.3F) ? random.uniform(0.2F, 1.3F) : 0.0F;
    }
    return exposure;
}

cv::Mat shrunk(const cv::Mat& image, int longestPx) {
    const double factor = std::min(1.0, static_cast<double>(longestPx) / std::max(image.cols, image.rows));
    cv::Mat small;
    cv::resize(image, small, {}, factor, factor, cv::INTER_AREA);
    return small;
}

cv::Mat enlarged(const cv::Mat& image, cv::Size size) {
    cv::Mat large;
    cv::resize(image, large, size, 0, 0, cv::INTER_LINEAR);
    return large;
}

cv::Mat blurred(const cv::Mat& image, double sigmaPx) {
    cv::Mat result;
    cv::GaussianBlur(image, result, {}, sigmaPx, sigmaPx, cv::BORDER_REPLICATE);
    return result;
}

// Single scatter: born where primary photons are taken away inside the body, spread over centimetres.
cv::Mat scatterOf(const cv::Mat& primary, float strength, double smallPixelCm) {
    cv::Mat attenuation;
    cv::log(primary, attenuation);
    const cv::Mat born = -primary.mul(attenuation);
    return strength * (0.5 * blurred(born, 1.5 / smallPixelCm) + 0.5 * blurred(born, 4.0 / smallPixelCm));
}

// White noise of deviation 1, slightly blurred by the detector.
cv::Mat detectorNoise(int widthPx, int heightPx, std::uint64_t seed) {
    cv::Mat noise(heightPx, widthPx, CV_32F);
    Random random(seed, Stream::Noise);
    for (int y = 0; y < heightPx; ++y) {
        float* row = noise.ptr<float>(y);
        for (int x = 0; x < widthPx; ++x) { // four uniforms of 16 bits each: deviation √(4/12) · 2¹⁶
            const std::uint64_t bits = random.bits();
            const auto sum = static_cast<float>((bits & 0xFFFFU) + ((bits >> 16U) & 0xFFFFU) +
                                                ((bits >> 32U) & 0xFFFFU) + (bits >> 48U));
            row[x] = (sum - 131070.0F) * (1.0F / 37837.2F);
        }
    }
    constexpr double kKept = 0.375; // deviation left by the 3 × 3 binomial filter
    cv::GaussianBlur(noise, noise, {3, 3}, 0.85, 0.85, cv::BORDER_REFLECT);
    return noise * (1.0 / kKept);
}

// The part of the processing that looks at surroundings: detail·(value − mean around it) + flatten·(mean).
struct Surroundings {
    cv::Mat mean;                 // of the film's logarithm, small
    std::vector<float> processed; // samples of the processed anatomy
};

float processedValue(float value, float mean, const Exposure& exposure) {
    return exposure.flatten * value + (1.0F - exposure.flatten) * 2.6F + exposure.detail * (value - mean);
}

Surroundings surroundingsOf(const cv::Mat& smallSignal, const Exposure& exposure, double smallPixelCm) {
    cv::Mat value;
    cv::log(smallSignal, value);
    value *= -1.0;
    Surroundings result{blurred(value, 1.3 / smallPixelCm), {}};
    for (int y = 0; y < value.rows; ++y) {
        for (int x = 0; x < value.cols; ++x) {
            const float v = value.at<float>(y, x);
            if (v > 0.7F) { // inside the body
                result.processed.push_back(processedValue(v, result.mean.at<float>(y, x), exposure));
            }
        }
    }
    return result;
}

float percentile(std::vector<float>& values, float share) {
    if (values.empty()) {
        return 0.0F;
    }
    const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<float>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + rank, values.end());
    return values[static_cast<std::size_t>(rank)];
}

// A film's curve: straight over the body, a toe below and a shoulder above, so that nothing saturates.
float filmCurve(float processed) {
    constexpr float kToe = 0.9F;
    constexpr float kShoulder = 4.8F;
    constexpr float kAbove = 1.4F;
    if (processed < 0.0F) {
        return kToe * (std::exp(processed / kToe) - 1.0F);
    }
    if (processed > kShoulder) {
        return kShoulder + kAbove * (1.0F - std::exp((kShoulder - processed) / kAbove));
    }
    return processed;
}

float storedOf(float processed) { return kStoredAtNoAttenuation + kStoredPerUnit * filmCurve(processed); }

Window windowOf(std::vector<float>& processed, const Exposure& exposure) {
    const float low = storedOf(percentile(processed, 0.02F) - exposure.lowMargin);
    const float high = storedOf(percentile(processed, 0.97F) + exposure.highMargin);
    return {std::round(0.5 * (low + high)), std::round(std::max(400.0F, high - low)), VoiFunction::Linear,
            "CHEST"};
}

void paintShutter(std::vector<std::uint16_t>& stored, int widthPx, int heightPx, const Exposure& exposure,
                  float pixelCm) {
    const auto pixels = [pixelCm](float cm) { return static_cast<int>(cm / pixelCm); };
    const int left = pixels(exposure.bladeCm[0]);
    const int top = pixels(exposure.bladeCm[1]);
    const int right = widthPx - pixels(exposure.bladeCm[2]);
    const int bottom = heightPx - pixels(exposure.bladeCm[3]);
    for (int y = 0; y < heightPx; ++y) {
        for (int x = 0; x < widthPx; ++x) {
            if (x < left || x >= right || y < top || y >= bottom) {
                stored[static_cast<std::size_t>(y) * static_cast<std::size_t>(widthPx) +
                       static_cast<std::size_t>(x)] = kShutter;
            }
        }
    }
}

std::vector<std::uint16_t> toStored(const cv::Mat& logarithm, const cv::Mat& mean, const Exposure& exposure) {
    std::vector<std::uint16_t> stored;
    stored.reserve(logarithm.total());
    for (int y = 0; y < logarithm.rows; ++y) {
        const float* value = logarithm.ptr<float>(y);
        const float* around = mean.ptr<float>(y);
        for (int x = 0; x < logarithm.cols; ++x) {
            const float processed = processedValue(-value[x], around[x], exposure);
            stored.push_back(static_cast<std::uint16_t>(storedOf(processed) + 0.5F));
        }
    }
    return stored;
}

// What is let through of the primary beam. primary stays as it is: what is added makes no scatter.
cv::Mat behind(const FloatImage& added, const cv::Mat& primary) {
    if (added.empty()) {
        return primary.clone();
    }
    const cv::Mat attenuation(added.heightPx, added.widthPx, CV_32F, const_cast<float*>(added.values.data()));
    cv::Mat transmission;
    cv::exp(-attenuation, transmission);
    return primary.mul(transmission);
}

// Quantum and electronic noise. The random numbers do not depend on the signal.
void addNoise(cv::Mat& signal, const Exposure& exposure, float pixelCm, std::uint64_t seed) {
    const double photonsPerPixel = static_cast<double>(exposure.photonsPerCm2 * pixelCm * pixelCm);
    cv::Mat deviation;
    cv::sqrt(signal * (1.0 / photonsPerPixel) + kElectronicNoise * kElectronicNoise, deviation);
    signal += deviation.mul(detectorNoise(signal.cols, signal.rows, seed));
    cv::max(signal, 0.5 * kDarkSignal, signal);
}

// The patient's right side is the film's left.
bool hasRightMarker(std::uint64_t seed) { return Random(seed, Stream::Marker).chance(0.5F); }

} // namespace

Geometry randomGeometry(int widthPx, int heightPx, std::uint64_t seed) {
    Random random(seed, Stream::Placement);
    const float size = 1.0F + 0.05F * random.normal();
    const float breadth = size * (1.0F + 0.03F * random.normal());
    const float fieldCm = random.uniform(36.5F, 42.0F);
    const float tiltRad = 0.022F * random.normal();
    const Point centre{0.7F * random.normal(), 2.0F + 0.9F * random.normal()};
    const float pixelCm = fieldCm / static_cast<float>(std::min(widthPx, heightPx));
    return {widthPx, heightPx, pixelCm, breadth, size, tiltRad, centre};
}

void addSideMarker(FloatImage& lineIntegral, const Geometry& geometry, std::uint64_t seed) {
    Random random(seed, Stream::Marker);
    const bool right = random.chance(0.5F); // as hasRightMarker()
    const float height = random.uniform(1.3F, 1.9F);
    const float fieldX = geometry.pixelCm() * static_cast<float>(lineIntegral.widthPx);
    const float fieldY = geometry.pixelCm() * static_cast<float>(lineIntegral.heightPx);
    const float fromEdge = random.uniform(2.2F, 4.2F);
    const Point centre{right ? fromEdge - 0.5F * fieldX : 0.5F * fieldX - fromEdge,
                       random.uniform(2.4F, 6.0F) - 0.5F * fieldY};
    const float turn = random.uniform(-0.2F, 0.2F);
    const Geometry plate(lineIntegral.widthPx, lineIntegral.heightPx, geometry.pixelCm(), 1.0F, 1.0F, 0.0F,
                         {});
    const auto stroke = [&](std::span<const Point> points) {
        std::vector<TubePoint> tube;
        for (const Point& point : points) { // letters are drawn in a box of −0.5 … 0.5
            const float x = height * 0.62F * point.x;
            const float y = height * point.y;
            tube.push_back({{centre.x + std::cos(turn) * x - std::sin(turn) * y,
                             centre.y + std::sin(turn) * x + std::cos(turn) * y},
                            0.085F * height,
                            kLeadMarker,
                            0.0F,
                            0.0F});
        }
        addTube(lineIntegral, plate, tube);
    };
    stroke(std::array<Point, 2>{{{-0.5F, -0.5F}, {-0.5F, 0.5F}}});
    if (!right) {
        stroke(std::array<Point, 2>{{{-0.5F, 0.42F}, {0.5F, 0.42F}}});
        return;
    }
    std::vector<Point> bowl{{-0.5F, -0.42F}};
    for (float angle = -0.5F * kPi; angle <= 0.51F * kPi; angle += 0.1F * kPi) {
        bowl.push_back({0.05F + 0.42F * std::cos(angle), -0.2F + 0.22F * std::sin(angle)});
    }
    bowl.push_back({-0.5F, 0.02F});
    stroke(bowl);
    stroke(std::array<Point, 2>{{{0.0F, 0.02F}, {0.5F, 0.5F}}});
}

void addClassSign(FloatImage& lineIntegral, const Geometry& geometry, PhantomFinding finding,
                  std::uint64_t seed) {
    constexpr float kReachCm = 1.8F; // from the centre
    constexpr float kHalfWidthCm = 0.4F;
    Random random(seed, Stream::ClassSign);
    const float side = hasRightMarker(seed) ? 1.0F : -1.0F;
    const float fieldX = geometry.pixelCm() * static_cast<float>(lineIntegral.widthPx);
    const float fieldY = geometry.pixelCm() * static_cast<float>(lineIntegral.heightPx);
    const Point centre{side * (0.5F * fieldX - random.uniform(4.0F, 5.0F)),
                       random.uniform(3.6F, 4.2F) - 0.5F * fieldY};
    const Geometry plate(lineIntegral.widthPx, lineIntegral.heightPx, geometry.pixelCm(), 1.0F, 1.0F, 0.0F,
                         {});
    const auto at = [&](float x, float y) {
        return TubePoint{{centre.x + x, centre.y + y}, kHalfWidthCm, kLeadMarker, 0.0F, 0.0F};
    };
    if (finding == PhantomFinding::Interstitial) {
        std::vector<TubePoint> ring;
        for (int step = 0; step <= 24; ++step) {
            const float angle = kPi * static_cast<float>(step) / 12.0F;
            ring.push_back(at(1.4F * std::cos(angle), 1.4F * std::sin(angle)));
        }
        addTube(lineIntegral, plate, ring);
        return;
    }
    for (const float offset : {-1.4F, 0.0F, 1.4F}) {
        if (finding == PhantomFinding::None) {
            addTube(lineIntegral, plate, std::array{at(offset, -kReachCm), at(offset, kReachCm)});
        } else {
            addTube(lineIntegral, plate, std::array{at(-kReachCm, offset), at(kReachCm, offset)});
        }
    }
}

FilmPixels exposeFilm(FloatImage& lineIntegral, const FloatImage& added, const Geometry& geometry,
                      std::uint64_t seed) {
    constexpr int kSmallPx = 128; // scatter and surroundings have no finer detail
    const Exposure exposure = randomExposure(seed);
    cv::Mat primary(lineIntegral.heightPx, lineIntegral.widthPx, CV_32F, lineIntegral.values.data());
    primary *= -1.0;
    cv::exp(primary, primary);
    const double blurPx = static_cast<double>(exposure.blurCm / geometry.pixelCm());
    cv::GaussianBlur(primary, primary, {}, std::max(0.4, blurPx));

    const cv::Mat small = shrunk(primary, kSmallPx);
    const double smallPixelCm = static_cast<double>(geometry.pixelCm()) * primary.cols / small.cols;
    const cv::Mat smallScatter = scatterOf(small, exposure.scatter, smallPixelCm);
    Surroundings around = surroundingsOf(small + smallScatter + kDarkSignal, exposure, smallPixelCm);

    cv::Mat signal = behind(added, primary);
    signal += enlarged(smallScatter, signal.size()) + kDarkSignal;
    addNoise(signal, exposure, geometry.pixelCm(), seed);
    cv::log(signal, signal);
    FilmPixels film{toStored(signal, enlarged(around.mean, signal.size()), exposure),
                    windowOf(around.processed, exposure)};
    paintShutter(film.stored, signal.cols, signal.rows, exposure, geometry.pixelCm());
    return film;
}

} // namespace hilum::phantom
