#include "core/image/DicomPixelFormat.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/image/FilmLimits.h"

namespace hilum {

tl::unexpected<Error> damagedImage(const std::string& what, DicomTag tag) {
    return fail(ErrorCode::Damaged, "The DICOM image is damaged: " + what + " " + toString(tag) + ".");
}

tl::unexpected<Error> unsupportedImage(const std::string& what, DicomTag tag) {
    return fail(ErrorCode::UnsupportedFormat,
                "DICOM images with " + what + " are not supported " + toString(tag) + ".");
}

namespace {

Result<int> required(const DicomAttributes& attributes, DicomTag tag, const char* name) {
    const auto value = attributes.integer(tag);
    if (!value)
        return damagedImage(std::string(name) + " is missing or not a number", tag);
    return static_cast<int>(std::clamp<long>(*value, -1, 1 << 20));
}

Result<void> readSize(const DicomAttributes& attributes, DicomPixelFormat& format) {
    const auto rows = required(attributes, {0x0028, 0x0010}, "Rows");
    const auto columns = required(attributes, {0x0028, 0x0011}, "Columns");
    if (!rows || !columns)
        return tl::unexpected(rows ? columns.error() : rows.error());
    if (*rows <= 0)
        return damagedImage("Rows is 0", {0x0028, 0x0010});
    if (*columns <= 0)
        return damagedImage("Columns is 0", {0x0028, 0x0011});
    format.rows = *rows;
    format.columns = *columns;
    return checkFilmSize(static_cast<std::uint64_t>(*columns), static_cast<std::uint64_t>(*rows));
}

Result<void> readBits(const DicomAttributes& attributes, DicomPixelFormat& format) {
    constexpr DicomTag kBitsAllocated{0x0028, 0x0100};
    constexpr DicomTag kBitsStored{0x0028, 0x0101};
    constexpr DicomTag kHighBit{0x0028, 0x0102};
    const auto allocated = required(attributes, kBitsAllocated, "Bits Allocated");
    if (!allocated)
        return tl::unexpected(allocated.error());
    if (*allocated == 1 || *allocated == 32 || *allocated == 64)
        return unsupportedImage(std::to_string(*allocated) + " bits allocated per sample", kBitsAllocated);
    if (*allocated != 8 && *allocated != 16)
        return damagedImage("Bits Allocated is " + std::to_string(*allocated), kBitsAllocated);
    const auto stored = attributes.integer(kBitsStored).value_or(*allocated);
    if (stored < 1 || stored > *allocated)
        return damagedImage("Bits Stored is " + std::to_string(stored) + " of " + std::to_string(*allocated),
                            kBitsStored);
    const auto highBit = attributes.integer(kHighBit).value_or(stored - 1);
    if (highBit < stored - 1 || highBit >= *allocated)
        return damagedImage("High Bit is " + std::to_string(highBit) + " with " + std::to_string(stored) +
                                " bits stored",
                            kHighBit);
    format.bitsAllocated = *allocated;
    format.bitsStored = static_cast<int>(stored);
    format.lowBit = static_cast<int>(highBit + 1 - stored);
    format.isSigned = attributes.integer({0x0028, 0x0103}).value_or(0) == 1;
    return {};
}

Result<void> readPhotometric(const DicomAttributes& attributes, DicomPixelFormat& format) {
    constexpr DicomTag kSamples{0x0028, 0x0002};
    constexpr DicomTag kPhotometric{0x0028, 0x0004};
    constexpr std::array<std::string_view, 3> kOneSample{"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"};
    constexpr std::array<std::string_view, 5> kThreeSamples{"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT",
                                                            "YBR_ICT"};
    const auto isOneOf = [&format](const auto& names) {
        return std::find(names.begin(), names.end(), format.photometric) != names.end();
    };
    format.photometric = attributes.text(kPhotometric);
    if (format.photometric.empty())
        return damagedImage("Photometric Interpretation is missing", kPhotometric);
    if (!isOneOf(kOneSample) && !isOneOf(kThreeSamples))
        return unsupportedImage("photometric interpretation " + format.photometric.substr(0, 16),
                                kPhotometric);
    const long samples = attributes.integer(kSamples).value_or(1);
    if (samples != (isOneOf(kOneSample) ? 1 : 3))
        return damagedImage(format.photometric + " with " + std::to_string(samples) + " samples per pixel",
                            kSamples);
    if (!format.isMonochrome() && format.isSigned)
        return damagedImage("signed samples with " + format.photometric, {0x0028, 0x0103});
    format.samplesPerPixel = static_cast<int>(samples);
    format.planar = samples > 1 && attributes.integer({0x0028, 0x0006}).value_or(0) == 1;
    return {};
}

Result<void> readFrames(const DicomAttributes& attributes, DicomPixelFormat& format) {
    constexpr DicomTag kFrames{0x0028, 0x0008};
    const std::string text = attributes.text(kFrames);
    const long frames = attributes.integer(kFrames).value_or(text.empty() ? 1 : 0);
    if (frames < 1)
        return damagedImage("Number of Frames is '" + text.substr(0, 16) + "'", kFrames);
    format.frames = frames;
    return {};
}

} // namespace

SampleColour DicomPixelFormat::colour() const {
    if (samplesPerPixel == 1)
        return SampleColour::Grey;
    return photometric == "YBR_FULL" || photometric == "YBR_FULL_422" ? SampleColour::Ycc : SampleColour::Rgb;
}

Result<DicomPixelFormat> readPixelFormat(const DicomAttributes& attributes) {
    DicomPixelFormat format;
    for (const auto read : {readSize, readBits, readPhotometric, readFrames})
        if (const auto done = read(attributes, format); !done)
            return tl::unexpected(done.error());
    return format;
}

} // namespace hilum
