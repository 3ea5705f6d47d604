#include "core/image/DicomSpacing.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace hilum {

namespace {

using Warnings = std::vector<std::string>;

constexpr DicomTag kPixelSpacing{0x0028, 0x0030};
constexpr DicomTag kImagerPixelSpacing{0x0018, 0x1164};
constexpr DicomTag kPixelMeasures{0x0028, 0x9110};
constexpr DicomTag kFramePixelData{0x0028, 0x9443}; // Frame Pixel Data Properties

// Values of an attribute and how it is told.
struct Stated {
    std::vector<double> values;
    std::string source;
};

// Both distances, or nothing and a warning.
std::optional<PixelSpacing> spacingFrom(Stated stated, Warnings& warnings) {
    const auto isDistance = [](double mm) { return std::isfinite(mm) && mm > 0; };
    if (stated.values.size() == 2 && std::ranges::all_of(stated.values, isDistance))
        return PixelSpacing{stated.values[0], stated.values[1], std::move(stated.source)};
    warnings.push_back(stated.source + " is not usable; distances are known in pixels only.");
    return std::nullopt;
}

// Of the data set, else of one of the frame's functional groups.
Result<Stated> find(const DicomParts& parts, std::size_t frame, DicomTag tag, const char* name,
                    DicomTag macro, const char* macroName) {
    Stated stated{parts.dataset.attributes.decimals(tag), name};
    if (!stated.values.empty())
        return stated;
    const auto item = readFrameMacro(parts.file, parts.dataset, macro, frame);
    if (!item)
        return tl::unexpected(item.error());
    if (*item)
        stated = {(*item)->attributes.decimals(tag), std::string(name) + " of " + macroName};
    return stated;
}

std::optional<PixelSpacing> atThePatient(Stated imager, const DicomAttributes& attributes,
                                         Warnings& warnings) {
    const std::vector<double> factors = attributes.decimals({0x0018, 0x1114});
    if (factors.empty())
        return spacingFrom(std::move(imager), warnings);
    if (!std::isfinite(factors.front()) || factors.front() <= 0) {
        warnings.emplace_back(
            "EstimatedRadiographicMagnificationFactor is not usable; distances are those at the detector.");
        return spacingFrom(std::move(imager), warnings);
    }
    for (double& value : imager.values)
        value /= factors.front();
    char divided[32];
    std::snprintf(divided, sizeof divided, " ÷ %.2f", factors.front());
    imager.source += divided;
    return spacingFrom(std::move(imager), warnings);
}

} // namespace

Result<std::optional<PixelSpacing>> readSpacing(const DicomParts& parts, std::size_t frame,
                                                std::vector<std::string>& warnings) {
    auto pixel = find(parts, frame, kPixelSpacing, "PixelSpacing", kPixelMeasures, "PixelMeasuresSequence");
    if (!pixel)
        return tl::unexpected(pixel.error());
    if (!pixel->values.empty())
        return spacingFrom(std::move(*pixel), warnings);
    auto imager = find(parts, frame, kImagerPixelSpacing, "ImagerPixelSpacing", kFramePixelData,
                       "FramePixelDataPropertiesSequence");
    if (!imager)
        return tl::unexpected(imager.error());
    if (imager->values.empty())
        return std::optional<PixelSpacing>();
    return atThePatient(std::move(*imager), parts.dataset.attributes, warnings);
}

} // namespace hilum
