#include "core/image/DicomFrame.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <limits>
#include <memory>
#include <string_view>

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

constexpr DicomTag kPixelData{0x7FE0, 0x0010};

tl::unexpected<Error> damaged(const std::string& what, DicomTag tag) {
    return fail(ErrorCode::Damaged, "The DICOM image is damaged: " + what + " " + toString(tag) + ".");
}

tl::unexpected<Error> unsupported(const std::string& what, DicomTag tag) {
    return fail(ErrorCode::UnsupportedFormat,
                "DICOM images with " + what + " are not supported " + toString(tag) + ".");
}

// A UID from the file, fit for a message.
std::string safeUid(std::string_view uid) {
    const bool valid =
        !uid.empty() && uid.size() <= 64 && uid.find_first_not_of("0123456789.") == std::string_view::npos;
    return valid ? std::string(uid) : "not a valid UID";
}

} // namespace

Result<DicomSyntax> dicomSyntax(const DicomMeta& meta) {
    if (meta.transferSyntax.empty())
        return DicomSyntax{"", "uncompressed", meta.guessed, DicomCodec::Native};
    constexpr DicomEncoding kExplicit{true, ByteOrder::Little};
    static const std::array<DicomSyntax, 10> kSyntaxes{{
        {UID_LittleEndianImplicitTransferSyntax,
         "uncompressed",
         {false, ByteOrder::Little},
         DicomCodec::Native},
        {UID_LittleEndianExplicitTransferSyntax, "uncompressed", kExplicit, DicomCodec::Native},
        {UID_BigEndianExplicitTransferSyntax, "uncompressed", {true, ByteOrder::Big}, DicomCodec::Native},
        {UID_RLELosslessTransferSyntax, "RLE Lossless", kExplicit, DicomCodec::Rle},
        {UID_JPEGProcess1TransferSyntax, "JPEG Baseline", kExplicit, DicomCodec::Jpeg},
        {UID_JPEGProcess2_4TransferSyntax, "JPEG Extended", kExplicit, DicomCodec::Jpeg},
        {UID_JPEGProcess6_8TransferSyntax, "JPEG Spectral Selection", kExplicit, DicomCodec::Jpeg},
        {UID_JPEGProcess10_12TransferSyntax, "JPEG Progressive", kExplicit, DicomCodec::Jpeg},
        {UID_JPEGProcess14TransferSyntax, "JPEG Lossless", kExplicit, DicomCodec::Jpeg},
        {UID_JPEGProcess14SV1TransferSyntax, "JPEG Lossless", kExplicit, DicomCodec::Jpeg},
    }};
    for (const DicomSyntax& syntax : kSyntaxes)
        if (syntax.uid == meta.transferSyntax)
            return syntax;
    const DcmXfer known(meta.transferSyntax.c_str());
    return fail(ErrorCode::UnsupportedFormat,
                "The DICOM transfer syntax is not supported: " + std::string(known.getXferName()) + " (" +
                    safeUid(meta.transferSyntax) + ").");
}

namespace {

Result<int> required(const DicomAttributes& attributes, DicomTag tag, const char* name) {
    const auto value = attributes.integer(tag);
    if (!value)
        return damaged(std::string(name) + " is missing or not a number", tag);
    return static_cast<int>(std::clamp<long>(*value, -1, 1 << 20));
}

Result<void> readSize(const DicomAttributes& attributes, DicomPixelFormat& format) {
    const auto rows = required(attributes, {0x0028, 0x0010}, "Rows");
    const auto columns = required(attributes, {0x0028, 0x0011}, "Columns");
    if (!rows || !columns)
        return tl::unexpected(rows ? columns.error() : rows.error());
    if (*rows <= 0)
        return damaged("Rows is 0", {0x0028, 0x0010});
    if (*columns <= 0)
        return damaged("Columns is 0", {0x0028, 0x0011});
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
        return unsupported(std::to_string(*allocated) + " bits allocated per sample", kBitsAllocated);
    if (*allocated != 8 && *allocated != 16)
        return damaged("Bits Allocated is " + std::to_string(*allocated), kBitsAllocated);
    const auto stored = attributes.integer(kBitsStored).value_or(*allocated);
    if (stored < 1 || stored > *allocated)
        return damaged("Bits Stored is " + std::to_string(stored) + " of " + std::to_string(*allocated),
                       kBitsStored);
    const auto highBit = attributes.integer(kHighBit).value_or(stored - 1);
    if (highBit < stored - 1 || highBit >= *allocated)
        return damaged("High Bit is " + std::to_string(highBit) + " with " + std::to_string(stored) +
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
    constexpr std::array<std::string_view, 3> kThreeSamples{"RGB", "YBR_FULL", "YBR_FULL_422"};
    const auto isOneOf = [&format](const auto& names) {
        return std::find(names.begin(), names.end(), format.photometric) != names.end();
    };
    format.photometric = attributes.text(kPhotometric);
    if (format.photometric.empty())
        return damaged("Photometric Interpretation is missing", kPhotometric);
    if (!isOneOf(kOneSample) && !isOneOf(kThreeSamples))
        return unsupported("photometric interpretation " + format.photometric.substr(0, 16), kPhotometric);
    const long samples = attributes.integer(kSamples).value_or(1);
    if (samples != (isOneOf(kOneSample) ? 1 : 3))
        return damaged(format.photometric + " with " + std::to_string(samples) + " samples per pixel",
                       kSamples);
    if (!format.isMonochrome() && format.isSigned)
        return damaged("signed samples with " + format.photometric, {0x0028, 0x0103});
    format.samplesPerPixel = static_cast<int>(samples);
    format.planar = samples > 1 && attributes.integer({0x0028, 0x0006}).value_or(0) == 1;
    return {};
}

Result<void> readFrames(const DicomAttributes& attributes, DicomPixelFormat& format) {
    constexpr DicomTag kFrames{0x0028, 0x0008};
    const std::string text = attributes.text(kFrames);
    const long frames = attributes.integer(kFrames).value_or(text.empty() ? 1 : 0);
    if (frames < 1)
        return damaged("Number of Frames is '" + text.substr(0, 16) + "'", kFrames);
    format.frames = frames;
    return {};
}

} // namespace

Result<DicomPixelFormat> readPixelFormat(const DicomAttributes& attributes) {
    DicomPixelFormat format;
    for (const auto read : {readSize, readBits, readPhotometric, readFrames})
        if (const auto done = read(attributes, format); !done)
            return tl::unexpected(done.error());
    return format;
}

namespace {

SampleColour statedColour(const DicomPixelFormat& format) {
    if (format.samplesPerPixel == 1)
        return SampleColour::Grey;
    return format.photometric == "RGB" ? SampleColour::Rgb : SampleColour::Ycc;
}

// ---- native ----------------------------------------------------------------------------------------------

// PS3.5 8.1.1: OW in big endian swaps the two bytes of each word, so that 8-bit samples change places.
std::vector<std::uint8_t> wordsSwapped(Bytes bytes) {
    std::vector<std::uint8_t> swapped(bytes.begin(), bytes.end());
    for (std::size_t i = 0; i + 1 < swapped.size(); i += 2)
        std::swap(swapped[i], swapped[i + 1]);
    return swapped;
}

Result<DicomFrame> nativeFrame(Bytes file, const DicomElement& pixels, const DicomSyntax& syntax,
                               const DicomPixelFormat& format) {
    if (pixels.undefinedLength)
        return damaged("the pixel data are encapsulated, the transfer syntax is uncompressed", kPixelData);
    DicomFrame frame;
    frame.colour = statedColour(format);
    frame.pairedChroma = format.photometric == "YBR_FULL_422";
    if (frame.pairedChroma && (format.bitsAllocated != 8 || format.columns % 2 != 0))
        return damaged("YBR_FULL_422 needs 8 bits and an even number of columns", {0x0028, 0x0004});
    const std::uint64_t samples = frame.pairedChroma ? 2 : static_cast<std::uint64_t>(format.samplesPerPixel);
    const std::uint64_t frameBytes = format.pixelCount() * samples * format.sampleBytes();
    const auto frames = static_cast<std::uint64_t>(format.frames); // frameBytes × frames < 2^30 × 2^31
    if (pixels.valueBytes < frameBytes * frames)
        return damaged("the pixel data are too short: " + std::to_string(pixels.valueBytes) + " of " +
                           std::to_string(frameBytes * frames) + " bytes",
                       kPixelData);
    if (pixels.valueBytes > frameBytes * frames + 1)
        frame.warnings.emplace_back("The file holds more pixel data than it declares; the rest is left out.");
    frame.view = file.subspan(pixels.valueOffset, static_cast<std::size_t>(frameBytes));
    frame.bytesPerSample = format.bitsAllocated / 8;
    frame.order = syntax.encoding.order;
    frame.planar = format.planar && !frame.pairedChroma;
    if (frame.order == ByteOrder::Big && frame.bytesPerSample == 1 && pixels.vr == "OW")
        frame.owned = wordsSwapped(
            file.subspan(pixels.valueOffset, std::min(pixels.valueBytes, frame.view.size() + 1)));
    frame.owned.resize(frame.owned.empty() ? 0 : frame.view.size());
    return frame;
}

// ---- encapsulated ----------------------------------------------------------------------------------------

// PS3.5 A.4: which fragments belong to the first frame.
Result<std::size_t> fragmentsOfFirstFrame(Bytes file, const DicomStructure& structure, long frames) {
    const std::vector<DicomFragment>& fragments = structure.fragments;
    if (fragments.empty())
        return damaged("the pixel data have no fragment", kPixelData);
    if (frames == 1)
        return fragments.size();
    if (static_cast<std::uint64_t>(frames) > fragments.size())
        return damaged("the pixel data have " + std::to_string(fragments.size()) + " fragments for " +
                           std::to_string(frames) + " frames",
                       kPixelData);
    if (static_cast<std::uint64_t>(frames) == fragments.size())
        return 1;
    if (structure.offsetTable.bytes < 8)
        return unsupported("several fragments per frame and no offset table", kPixelData);
    const std::size_t second = readU32(file, structure.offsetTable.offset + 4, ByteOrder::Little);
    const std::size_t firstItem = fragments.front().offset - 8;
    for (std::size_t i = 1; i < fragments.size(); ++i)
        if (fragments[i].offset - 8 == firstItem + second)
            return i;
    return damaged("the offset table points to no fragment", kPixelData);
}

// The first frame's code stream: as it lies in the file, or joined into storage.
Result<Bytes> firstCodeStream(Bytes file, const DicomStructure& structure, long frames,
                              std::vector<std::uint8_t>& storage) {
    const auto count = fragmentsOfFirstFrame(file, structure, frames);
    if (!count)
        return tl::unexpected(count.error());
    if (*count == 1)
        return file.subspan(structure.fragments.front().offset, structure.fragments.front().bytes);
    for (std::size_t i = 0; i < *count; ++i) {
        const Bytes part = file.subspan(structure.fragments[i].offset, structure.fragments[i].bytes);
        storage.insert(storage.end(), part.begin(), part.end());
    }
    return Bytes(storage);
}

// ---- RLE (PS3.5 Annex G) ---------------------------------------------------------------------------------

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

// One byte plane after the other, most significant first, is put together to planes of little-endian samples.
Result<DicomFrame> rleFrame(Bytes stream, const DicomPixelFormat& format) {
    constexpr std::size_t kHeaderBytes = 64;
    constexpr std::uint64_t kBestRatio = 64; // 2 bytes stand for at most 128
    const auto sampleBytes = static_cast<std::size_t>(format.sampleBytes());
    const std::size_t segments = sampleBytes * static_cast<std::size_t>(format.samplesPerPixel);
    if (stream.size() < kHeaderBytes || readU32(stream, 0, ByteOrder::Little) != segments)
        return damaged("the RLE header does not declare " + std::to_string(segments) + " segments",
                       kPixelData);
    if (format.pixelCount() * segments > stream.size() * kBestRatio)
        return damaged("the RLE data are too short", kPixelData);
    if (auto size = checkDecodeBytes(stream.size() + format.pixelCount() * (segments + 2)); !size)
        return tl::unexpected(size.error());
    DicomFrame frame;
    frame.colour = statedColour(format);
    frame.planar = true;
    frame.bytesPerSample = static_cast<int>(sampleBytes);
    const auto pixels = static_cast<std::size_t>(format.pixelCount());
    frame.owned.resize(pixels * segments);
    for (std::size_t i = 0; i < segments; ++i) {
        const std::size_t start = readU32(stream, 4 + 4 * i, ByteOrder::Little);
        const std::size_t end =
            i + 1 < segments ? readU32(stream, 8 + 4 * i, ByteOrder::Little) : stream.size();
        if (start < kHeaderBytes || start > end || end > stream.size())
            return damaged("the RLE header's segments lie outside the frame", kPixelData);
        const std::size_t sample = i / sampleBytes;
        const std::size_t byte = sampleBytes - 1 - i % sampleBytes;
        std::uint8_t* target = frame.owned.data() + sample * pixels * sampleBytes + byte;
        if (!unpackSegment(stream.subspan(start, end - start), target, pixels, sampleBytes))
            return damaged("RLE segment " + std::to_string(i + 1) + " does not fill the picture", kPixelData);
    }
    return frame;
}

// ---- JPEG ------------------------------------------------------------------------------------------------

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
        return damaged(std::string("the JPEG data cannot be decoded: ") + status.text(), kPixelData);
    if (decoder.messages() > info.irregularScans)
        return damaged("the JPEG data are corrupt", kPixelData);
    return {};
}

// Who says what the three components are: the stream's own markers, else the data set.
SampleColour jpegColour(const JpegInfo& info, const DicomPixelFormat& format) {
    if (info.components == 1)
        return SampleColour::Grey;
    if (info.process == JpegProcess::Lossless)
        return statedColour(format);
    if (info.adobeTransform >= 0)
        return info.adobeTransform == 0 ? SampleColour::Rgb : SampleColour::Ycc;
    if (info.hasJfif)
        return SampleColour::Ycc;
    return info.componentsNamedRgb ? SampleColour::Rgb : statedColour(format);
}

Result<void> checkJpeg(const JpegInfo& info, const DicomPixelFormat& format) {
    if (info.widthPx != format.columns || info.heightPx != format.rows ||
        info.components != format.samplesPerPixel)
        return damaged("the JPEG data hold " + std::to_string(info.widthPx) + " × " +
                           std::to_string(info.heightPx) + " pixels with " + std::to_string(info.components) +
                           " samples, the data set declares " + std::to_string(format.columns) + " × " +
                           std::to_string(format.rows) + " with " + std::to_string(format.samplesPerPixel),
                       kPixelData);
    if (info.process == JpegProcess::Other || info.arithmetic)
        return unsupported("hierarchical or arithmetic JPEG", kPixelData);
    if (info.precisionBits < 2 || info.precisionBits > format.bitsAllocated)
        return damaged("the JPEG data have " + std::to_string(info.precisionBits) + " bits per sample",
                       kPixelData);
    if (info.precisionBits < format.bitsStored + format.lowBit && (format.isSigned || format.lowBit > 0))
        return damaged("the JPEG data have fewer bits per sample than are stored", kPixelData);
    return {};
}

Result<DicomFrame> jpegFrame(Bytes stream, const DicomPixelFormat& format) {
    const auto info = scanJpegMarkers(stream);
    if (!info)
        return tl::unexpected(info.error());
    if (const auto good = checkJpeg(*info, format); !good)
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
    return frame;
}

} // namespace

Result<DicomFrame> decodeFirstFrame(Bytes file, const DicomStructure& structure, const DicomSyntax& syntax,
                                    const DicomPixelFormat& format, const std::stop_token& stop) {
    if (stop.stop_requested())
        return fail(ErrorCode::Cancelled, "Reading was stopped.");
    const DicomElement& pixels = structure.elements.back();
    if (syntax.codec == DicomCodec::Native)
        return nativeFrame(file, pixels, syntax, format);
    if (!pixels.undefinedLength)
        return damaged("the pixel data are not encapsulated, the transfer syntax is " + syntax.name,
                       kPixelData);
    std::vector<std::uint8_t> storage;
    const auto stream = firstCodeStream(file, structure, format.frames, storage);
    if (!stream)
        return tl::unexpected(stream.error());
    return syntax.codec == DicomCodec::Rle ? rleFrame(*stream, format) : jpegFrame(*stream, format);
}

} // namespace hilum
