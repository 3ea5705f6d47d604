// How the pixels of a DICOM image are stored: the Image Pixel module (PS3.3 C.7.6.3), checked.
#pragma once

#include <cstdint>
#include <string>

#include "core/domain/Result.h"
#include "core/image/DicomAttributes.h"
#include "core/image/DicomStructure.h"
#include "core/image/GreyRows.h"

namespace hilum {

inline constexpr DicomTag kPixelDataTag{0x7FE0, 0x0010};

struct DicomPixelFormat {
    int columns = 0;
    int rows = 0;
    int samplesPerPixel = 1;
    int bitsAllocated = 8; // 8 or 16
    int bitsStored = 8;    // 1 … bitsAllocated
    int lowBit = 0;        // position of the least significant stored bit
    bool isSigned = false;
    bool planar = false;
    long frames = 1;
    std::string photometric;

    [[nodiscard]] bool isMonochrome() const {
        return photometric == "MONOCHROME1" || photometric == "MONOCHROME2";
    }
    [[nodiscard]] std::uint64_t pixelCount() const {
        return static_cast<std::uint64_t>(columns) * static_cast<std::uint64_t>(rows);
    }
    [[nodiscard]] std::uint64_t sampleBytes() const { return static_cast<std::uint64_t>(bitsAllocated) / 8; }
    // What the samples are where nothing but the photometric interpretation tells. YBR_RCT and YBR_ICT are
    // transforms inside of JPEG 2000: its decoder gives RGB.
    [[nodiscard]] SampleColour colour() const;
};

// Sizes within limits, bits consistent, photometric interpretation and samples per pixel agreeing.
// Errors: Damaged, TooLarge, UnsupportedFormat; the tag in the message.
Result<DicomPixelFormat> readPixelFormat(const DicomAttributes& attributes);

// Errors about an image, with the attribute that they are about.
tl::unexpected<Error> damagedImage(const std::string& what, DicomTag tag);
tl::unexpected<Error> unsupportedImage(const std::string& what, DicomTag tag);

} // namespace hilum
