// RLE Lossless (PS3.5 Annex G).
#include "core/image/DicomCodecs.h"
#include "core/image/FilmLimits.h"

namespace hilum {

namespace {

// PackBits into every stride-th byte from target. False where the segment is too short; what follows the last
// byte is padding.
bool unpackSegment(Bytes segment, std::uint8_t* target, std::size_t count, std::size_t stride) {
    std::size_t position = 0;
    while (count > 0) {
        if (position >= segment.size())
            return false;
        const unsigned control = segment[position++];
        if (control == 128)
            continue;
        const bool literal = control < 128;
        const std::size_t run = literal ? control + 1 : 257 - control;
        const std::size_t used = literal ? run : 1;
        if (run > count || used > segment.size() - position)
            return false;
        for (std::size_t i = 0; i < run; ++i, target += stride)
            *target = segment[position + (literal ? i : 0)];
        position += used;
        count -= run;
    }
    return true;
}

} // namespace

// One byte plane after the other, most significant first, is put together to planes of little-endian samples.
Result<DicomFrame> rleFrame(Bytes stream, const DicomPixelFormat& format) {
    constexpr std::size_t kHeaderBytes = 64;
    constexpr std::uint64_t kBestRatio = 64; // 2 bytes stand for at most 128
    const auto sampleBytes = static_cast<std::size_t>(format.sampleBytes());
    const std::size_t segments = sampleBytes * static_cast<std::size_t>(format.samplesPerPixel);
    if (stream.size() < kHeaderBytes || readU32(stream, 0, ByteOrder::Little) != segments)
        return damagedImage("the RLE header does not declare " + std::to_string(segments) + " segments",
                            kPixelDataTag);
    if (format.pixelCount() * segments > stream.size() * kBestRatio)
        return damagedImage("the RLE data are too short", kPixelDataTag);
    if (auto size = checkDecodeBytes(stream.size() + format.pixelCount() * (segments + 2)); !size)
        return tl::unexpected(size.error());
    DicomFrame frame;
    frame.colour = format.colour();
    frame.planar = true;
    frame.bytesPerSample = static_cast<int>(sampleBytes);
    const auto pixels = static_cast<std::size_t>(format.pixelCount());
    frame.owned.resize(pixels * segments);
    for (std::size_t i = 0; i < segments; ++i) {
        const std::size_t start = readU32(stream, 4 + 4 * i, ByteOrder::Little);
        const std::size_t end =
            i + 1 < segments ? readU32(stream, 8 + 4 * i, ByteOrder::Little) : stream.size();
        if (start < kHeaderBytes || start > end || end > stream.size())
            return damagedImage("the RLE header's segments lie outside the frame", kPixelDataTag);
        const std::size_t sample = i / sampleBytes;
        const std::size_t byte = sampleBytes - 1 - i % sampleBytes;
        std::uint8_t* target = frame.owned.data() + sample * pixels * sampleBytes + byte;
        if (!unpackSegment(stream.subspan(start, end - start), target, pixels, sampleBytes))
            return damagedImage("RLE segment " + std::to_string(i + 1) + " does not fill the picture",
                                kPixelDataTag);
    }
    return frame;
}

} // namespace hilum
