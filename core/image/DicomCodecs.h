// Decoders of one frame's code stream. Each checks the stream's own header against the data set before its
// library sees the stream, and gives exactly the samples that the format asks for.
// Errors of all: Damaged, UnsupportedFormat, TooLarge.
#pragma once

#include "core/domain/Result.h"
#include "core/image/Bytes.h"
#include "core/image/DicomFrame.h"
#include "core/image/DicomPixelFormat.h"

namespace hilum {

// What a code stream says about itself.
struct CodeStreamInfo {
    std::uint32_t widthPx = 0;
    std::uint32_t heightPx = 0;
    int components = 0;
    int precisionBits = 0;
    bool isSigned = false;
};

// Against what the data set declares. Errors: Damaged.
Result<void> checkCodeStream(const CodeStreamInfo& info, const DicomPixelFormat& format);

// What is to be said where lossy coding overshoots the stored bits.
inline constexpr const char* kBeyondStoredBits =
    "Some pixels lie beyond the bits that the file declares; the nearest possible value is shown there.";

Result<DicomFrame> rleFrame(Bytes stream, const DicomPixelFormat& format);
Result<DicomFrame> jpegFrame(Bytes stream, const DicomPixelFormat& format);
Result<DicomFrame> jpegLsFrame(Bytes stream, const DicomPixelFormat& format);
Result<DicomFrame> jpeg2000Frame(Bytes stream, const DicomPixelFormat& format);

} // namespace hilum
