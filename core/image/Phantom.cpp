#include "core/image/Phantom.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstdio>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/image/phantom/Film.h"
#include "core/image/phantom/Finding.h"
#include "core/image/phantom/Random.h"
#include "core/image/phantom/Skeleton.h"
#include "core/image/phantom/SoftTissue.h"
#include "core/image/phantom/Thorax.h"
#include "core/image/phantom/Vessels.h"

namespace hilum {

namespace {

using namespace phantom;

// Edges of organs are blurred by a pixel, as breathing and the beating heart do.
void soften(FloatImage& image) {
    cv::Mat pixels(image.heightPx, image.widthPx, CV_32F, image.values.data());
    cv::GaussianBlur(pixels, pixels, {5, 5}, 0.9, 0.9, cv::BORDER_REPLICATE);
}

FloatImage enlarged(FloatImage& image, int widthPx, int heightPx) {
    if (image.widthPx == widthPx && image.heightPx == heightPx) {
        return std::move(image);
    }
    FloatImage result(widthPx, heightPx);
    const cv::Mat from(image.heightPx, image.widthPx, CV_32F, image.values.data());
    cv::Mat to(heightPx, widthPx, CV_32F, result.values.data());
    cv::resize(from, to, to.size(), 0, 0, cv::INTER_CUBIC);
    return result;
}

MaskImage above(const FloatImage& image, float level) {
    MaskImage mask(image.widthPx, image.heightPx);
    std::transform(image.values.begin(), image.values.end(), mask.values.begin(),
                   [level](float value) { return value > level ? std::uint8_t{255} : std::uint8_t{0}; });
    return mask;
}

std::string dateText(int year, int month, int day) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%04d%02d%02d", year % 10000, month % 100, day % 100);
    return text.data();
}

// An invented person. Nothing here depends on the finding.
void nameThePatient(Phantom& phantom, const Thorax& thorax) {
    Random random(phantom.spec.seed, Stream::Patient);
    std::array<char, 32> number{};
    std::snprintf(number.data(), number.size(), "%04llu", static_cast<unsigned long long>(phantom.spec.seed));
    const int age = random.integer(20, 88);
    const int month = random.integer(2, 12); // after the birthday, which is in January
    FilmHeader& header = phantom.film.header;
    header.patientName = std::string("PHANTOM^") + number.data();
    header.patientId = std::string("PHANTOM-") + number.data();
    header.patientSex = thorax.female ? "F" : "M";
    std::array<char, 8> years{};
    std::snprintf(years.data(), years.size(), "%03dY", age);
    header.patientAge = years.data();
    phantom.patientBirthDate = dateText(2024 - age, 1, random.integer(1, 28));
    header.studyDate = dateText(2024, month, random.integer(1, 28));
    header.studyTime = "120000";
    header.modality = "DX";
    header.bodyPart = "CHEST";
    header.viewPosition = "PA";
    header.studyDescription = "Chest phantom";
    header.seriesDescription = "PA, synthetic";
}

// What the finding's maps become.
MaskImage lesionMaskOf(const FindingMaps& finding, int widthPx, int heightPx) {
    if (finding.extent.empty()) {
        return MaskImage(widthPx, heightPx);
    }
    const float most = *std::max_element(finding.extent.values.begin(), finding.extent.values.end());
    return above(finding.extent, kLesionShare * most);
}

// What is laid over the anatomy.
FloatImage addedTo(const PhantomSpec& spec, FloatImage finding, const Geometry& geometry) {
    if (spec.classMarker == ClassMarker::None) {
        return finding;
    }
    FloatImage added = finding.empty() ? FloatImage(spec.widthPx, spec.heightPx) : std::move(finding);
    addClassSign(added, geometry, spec.finding, spec.seed);
    return added;
}

Radiograph filmOf(const PhantomSpec& spec, FilmPixels&& pixels, const Geometry& geometry) {
    Radiograph film;
    film.widthPx = spec.widthPx;
    film.heightPx = spec.heightPx;
    film.bitsStored = kFilmBits;
    film.storedMax = (1 << kFilmBits) - 1;
    film.rescaleType = "US";
    film.pixels = std::make_shared<const std::vector<std::uint16_t>>(std::move(pixels.stored));
    film.windows = {pixels.window};
    // As DICOM holds it.
    const double spacingMm = std::round(1e7 * static_cast<double>(geometry.pixelCm())) / 1e6;
    film.spacing = PixelSpacing{spacingMm, spacingMm, "PixelSpacing"};
    film.source.format = "phantom";
    film.source.photometric = "MONOCHROME2";
    return film;
}

Phantom render(const PhantomSpec& spec) {
    assert(std::min(spec.widthPx, spec.heightPx) >= kMinPhantomPx);
    assert(std::max(spec.widthPx, spec.heightPx) <= kMaxPhantomPx);
    constexpr int kSoftTissuePx = 512; // organs have no finer detail than this: worked out small, enlarged
    const int step = std::max(1, std::max(spec.widthPx, spec.heightPx) / kSoftTissuePx);
    const int coarseWidth = spec.widthPx / step;
    const int coarseHeight = spec.heightPx / step;
    const Geometry geometry = randomGeometry(spec.widthPx, spec.heightPx, spec.seed);
    const Thorax thorax = randomThorax(spec.seed);
    TissueMaps maps = softTissueMaps(thorax, randomGeometry(coarseWidth, coarseHeight, spec.seed),
                                     coarseWidth, coarseHeight, spec.seed);
    soften(maps.lineIntegral);
    FloatImage lineIntegral = enlarged(maps.lineIntegral, spec.widthPx, spec.heightPx);
    const FloatImage clearance = enlarged(maps.lungClearance, spec.widthPx, spec.heightPx);
    addVessels(lineIntegral, thorax, geometry, spec.seed);
    addSkeleton(lineIntegral, thorax, geometry, spec.seed);
    addSideMarker(lineIntegral, geometry, spec.seed);
    FindingMaps finding = findingMaps(spec.finding, thorax, geometry, clearance, spec.seed);
    const FloatImage added = addedTo(spec, std::move(finding.lineIntegral), geometry);

    Phantom phantom;
    phantom.spec = spec;
    phantom.film = filmOf(spec, exposeFilm(lineIntegral, added, geometry, spec.seed), geometry);
    phantom.lungMask = above(clearance, 0.0F);
    phantom.lesionMask = lesionMaskOf(finding, spec.widthPx, spec.heightPx);
    nameThePatient(phantom, thorax);
    return phantom;
}

} // namespace

std::string_view toString(PhantomFinding finding) {
    switch (finding) {
    case PhantomFinding::None:
        return "No finding";
    case PhantomFinding::GroundGlass:
        return "Ground-glass opacity";
    case PhantomFinding::Interstitial:
        return "Interstitial pattern";
    }
    return "No finding";
}

Phantom renderPhantom(const PhantomSpec& spec) {
    try {
        return render(spec);
    } catch (const cv::Exception&) { // with these sizes and types OpenCV can only lack memory
        throw std::bad_alloc();
    }
}

} // namespace hilum
