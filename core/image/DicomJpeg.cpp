// JPEG in DICOM (PS3.5 8.2.1) by DCMTK's builds of libjpeg, which read 12 bits and the lossless process.
#include "core/image/DicomCodecs.h"

#include <algorithm>
#include <bit>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
// After osconfig.h.
#include <dcmtk/dcmjpeg/djcparam.h>
#include <dcmtk/dcmjpeg/djdijg12.h>
#include <dcmtk/dcmjpeg/djdijg16.h>
#include <dcmtk/dcmjpeg/djdijg8.h>

#include "core/image/FilmLimits.h"
#include "core/image/JpegMarkers.h"

namespace hilum {

namespace {

// DCMTK's decoders go on after damage and only tell their log; here the messages are counted.
template <class Decoder>
class WatchedDecoder : public Decoder {
public:
    using Decoder::Decoder;

    void emitMessage(int level) const override {
        if (level < 0)
            ++m_messages;
    }
    [[nodiscard]] int messages() const { return m_messages; }

private:
    mutable int m_messages = 0;
};

// Samples as they are in the stream, without any colour conversion. The decoder may complain as often as the
// stream is known to be irregular where no pixel depends on it.
template <class Decoder>
Result<void> decodeJpegWith(Bytes stream, const JpegInfo& info, bool isSigned,
                            std::vector<std::uint8_t>& samples) {
    const DJCodecParameter parameter(ECC_lossyYCbCr, EDC_never, EUC_never, EPC_colorByPixel);
    WatchedDecoder<Decoder> decoder(parameter, OFFalse);
    OFCondition status = decoder.init();
    if (status.good()) // DCMTK's interface is older than const; the stream is only read
        status =
            decoder.decode(const_cast<Uint8*>(stream.data()), static_cast<Uint32>(stream.size()),
                           samples.data(), static_cast<Uint32>(samples.size()), isSigned ? OFTrue : OFFalse);
    if (status.bad())
        return damagedImage(std::string("the JPEG data cannot be decoded: ") + status.text(), kPixelDataTag);
    if (decoder.messages() > info.irregularScans)
        return damagedImage("the JPEG data are corrupt", kPixelDataTag);
    return {};
}

// Who says what the three components are: the stream's own markers, else the data set.
SampleColour jpegColour(const JpegInfo& info, const DicomPixelFormat& format) {
    if (info.components == 1)
        return SampleColour::Grey;
    if (info.process == JpegProcess::Lossless)
        return format.colour();
    if (info.adobeTransform >= 0)
        return info.adobeTransform == 0 ? SampleColour::Rgb : SampleColour::Ycc;
    if (info.hasJfif)
        return SampleColour::Ycc;
    return info.componentsNamedRgb ? SampleColour::Rgb : format.colour();
}

// Lossy coding may overshoot the stored bits: such values are clamped, not wrapped round.
void clampToStoredBits(DicomFrame& frame, const DicomPixelFormat& format) {
    const auto largest = static_cast<std::uint16_t>((1U << static_cast<unsigned>(format.bitsStored)) - 1);
    auto* samples = reinterpret_cast<std::uint16_t*>(frame.owned.data());
    bool clamped = false;
    for (std::size_t i = 0; i < frame.owned.size() / 2; ++i) {
        clamped |= samples[i] > largest;
        samples[i] = std::min(samples[i], largest);
    }
    if (clamped)
        frame.warnings.emplace_back(kBeyondStoredBits);
}

} // namespace

Result<DicomFrame> jpegFrame(Bytes stream, const DicomPixelFormat& format) {
    const auto info = scanJpegMarkers(stream);
    if (!info)
        return tl::unexpected(info.error());
    if (info->process == JpegProcess::Other || info->arithmetic)
        return unsupportedImage("hierarchical or arithmetic JPEG", kPixelDataTag);
    if (const auto good = checkCodeStream({static_cast<std::uint32_t>(info->widthPx),
                                           static_cast<std::uint32_t>(info->heightPx), info->components,
                                           info->precisionBits, false},
                                          format);
        !good)
        return tl::unexpected(good.error());
    DicomFrame frame;
    frame.colour = jpegColour(*info, format);
    frame.bytesPerSample = info->precisionBits > 8 ? 2 : 1;
    frame.order = std::endian::native == std::endian::little ? ByteOrder::Little : ByteOrder::Big;
    const std::uint64_t bytes =
        format.pixelCount() * static_cast<std::uint64_t>(format.samplesPerPixel * frame.bytesPerSample);
    const std::uint64_t coefficients =
        info->scans > 1 && info->process != JpegProcess::Lossless
            ? 2 * format.pixelCount() * static_cast<std::uint64_t>(format.samplesPerPixel)
            : 0;
    if (auto size = checkDecodeBytes(stream.size() + bytes + coefficients + 2 * format.pixelCount()); !size)
        return tl::unexpected(size.error());
    if (info->irregularScans > 0)
        frame.warnings.emplace_back(kSloppyJpeg);
    frame.owned.resize(static_cast<std::size_t>(bytes));
    const auto decode = info->precisionBits <= 8    ? decodeJpegWith<DJDecompressIJG8Bit>
                        : info->precisionBits <= 12 ? decodeJpegWith<DJDecompressIJG12Bit>
                                                    : decodeJpegWith<DJDecompressIJG16Bit>;
    if (const auto done = decode(stream.first(info->sizeBytes), *info, format.isSigned, frame.owned); !done)
        return tl::unexpected(done.error());
    if (info->process != JpegProcess::Lossless && frame.bytesPerSample == 2 && !format.isSigned &&
        format.lowBit == 0)
        clampToStoredBits(frame, format);
    return frame;
}

} // namespace hilum
