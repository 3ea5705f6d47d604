// The first frame of a DICOM image as raw samples: native, run-length encoded or JPEG.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "core/domain/Result.h"
#include "core/image/DicomAttributes.h"
#include "core/image/DicomStructure.h"
#include "core/image/GreyRows.h"

namespace hilum {

enum class DicomCodec { Native, Rle, Jpeg };

struct DicomSyntax {
    std::string uid;
    std::string name; // as FilmSource::encoding says it
    DicomEncoding encoding;
    DicomCodec codec = DicomCodec::Native;
};

// By the transfer syntax UID; where the file states none, a native encoding as guessed.
// Errors: UnsupportedFormat (with the syntax's name and UID).
Result<DicomSyntax> dicomSyntax(const DicomMeta& meta);

// Image Pixel module (PS3.3 C.7.6.3), checked: sizes within limits, bits consistent, photometric
// interpretation and samples per pixel agreeing.
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
};

// Errors: Damaged, TooLarge, UnsupportedFormat; the tag in the message.
Result<DicomPixelFormat> readPixelFormat(const DicomAttributes& attributes);

struct DicomFrame {
    std::vector<std::uint8_t> owned; // empty where the samples are used as they lie in the file
    Bytes view;                      // into the file, where owned is empty
    int bytesPerSample = 1;          // 1 or 2
    ByteOrder order = ByteOrder::Little;
    bool planar = false;       // all of one sample, then all of the next
    bool pairedChroma = false; // YBR_FULL_422: two lumas, then both colour differences
    SampleColour colour = SampleColour::Grey;
    std::vector<std::string> warnings;

    [[nodiscard]] Bytes samples() const { return owned.empty() ? view : Bytes(owned); }
};

// The frame that a viewer shows first. samples() holds exactly what the format asks for.
// Errors: Damaged, UnsupportedFormat, TooLarge, Cancelled.
Result<DicomFrame> decodeFirstFrame(Bytes file, const DicomStructure& structure, const DicomSyntax& syntax,
                                    const DicomPixelFormat& format, const std::stop_token& stop);

} // namespace hilum
