// One frame of a DICOM image as raw samples, whatever it is encoded with.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "core/domain/Result.h"
#include "core/image/DicomParts.h"
#include "core/image/DicomPixelFormat.h"
#include "core/image/GreyRows.h"

namespace hilum {

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

// The frame with this index, from 0 and below format.frames. samples() holds exactly what the format asks
// for. Errors: Damaged, UnsupportedFormat, TooLarge, Cancelled.
Result<DicomFrame> decodeFrame(const DicomParts& parts, const DicomPixelFormat& format, std::size_t index,
                               const std::stop_token& stop);

// Calls take(i, raw sample i) for all samples of a frame.
template <class Take>
void forEachSample(const DicomFrame& frame, std::size_t count, Take take) {
    const std::uint8_t* bytes = frame.samples().data();
    if (frame.bytesPerSample == 1)
        for (std::size_t i = 0; i < count; ++i)
            take(i, static_cast<std::uint32_t>(bytes[i]));
    else if (frame.order == ByteOrder::Little)
        for (std::size_t i = 0; i < count; ++i)
            take(i, static_cast<std::uint32_t>(bytes[2 * i] | bytes[2 * i + 1] << 8));
    else
        for (std::size_t i = 0; i < count; ++i)
            take(i, static_cast<std::uint32_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]));
}

// All samples, pixel by pixel, masked to the stored bits; chroma that two pixels share is doubled.
std::vector<std::uint16_t> interleavedSamples(const DicomFrame& frame, const DicomPixelFormat& format);

} // namespace hilum
