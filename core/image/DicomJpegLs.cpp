// JPEG-LS in DICOM (PS3.5 8.2.3) by CharLS, which reports every damage as an error. Where no marker follows
// the data, CharLS 2.4.1 never ends: the end-of-image marker is looked for first.
#include "core/image/DicomCodecs.h"

#include <algorithm>
#include <array>
#include <bit>
#include <system_error>

#include <charls/charls.h>

#include "core/image/FilmLimits.h"

namespace hilum {

namespace {

// Up to and including the last end-of-image marker; empty where there is none.
Bytes upToEnd(Bytes stream) {
    constexpr std::array<std::uint8_t, 2> kEnd{0xFF, 0xD9};
    const auto found = std::find_end(stream.begin(), stream.end(), kEnd.begin(), kEnd.end());
    return found == stream.end()
               ? Bytes()
               : stream.first(static_cast<std::size_t>(found - stream.begin()) + kEnd.size());
}

DicomFrame emptyFrame(const charls::jpegls_decoder& decoder, const DicomPixelFormat& format) {
    DicomFrame frame;
    frame.colour = format.colour();
    frame.bytesPerSample = decoder.frame_info().bits_per_sample > 8 ? 2 : 1;
    frame.order = std::endian::native == std::endian::little ? ByteOrder::Little : ByteOrder::Big;
    frame.planar = decoder.interleave_mode() == charls::interleave_mode::none;
    return frame;
}

Result<DicomFrame> decode(Bytes stream, const DicomPixelFormat& format) {
    const charls::jpegls_decoder decoder(stream.data(), stream.size());
    const charls::frame_info& info = decoder.frame_info();
    if (auto good = checkCodeStream(
            {info.width, info.height, info.component_count, info.bits_per_sample, false}, format);
        !good)
        return tl::unexpected(good.error());
    DicomFrame frame = emptyFrame(decoder, format);
    const std::uint64_t samples = format.pixelCount() * static_cast<std::uint64_t>(format.samplesPerPixel);
    const std::uint64_t bytes = samples * static_cast<std::uint64_t>(frame.bytesPerSample);
    if (auto size = checkDecodeBytes(stream.size() + bytes + 2 * format.pixelCount()); !size)
        return tl::unexpected(size.error());
    frame.owned.resize(static_cast<std::size_t>(bytes));
    decoder.decode(frame.owned.data(), frame.owned.size());
    return frame;
}

} // namespace

Result<DicomFrame> jpegLsFrame(Bytes stream, const DicomPixelFormat& format) {
    stream = upToEnd(stream);
    if (stream.empty())
        return damagedImage("the JPEG-LS data are cut short, without an end-of-image marker", kPixelDataTag);
    try {
        return decode(stream, format);
    } catch (const charls::jpegls_error& error) {
        return damagedImage(std::string("the JPEG-LS data cannot be decoded: ") + error.what(),
                            kPixelDataTag);
    }
}

} // namespace hilum
