#include "core/image/DicomFrame.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/image/DicomCodecs.h"

namespace hilum {

namespace {

// ---- native ----------------------------------------------------------------------------------------------

// PS3.5 8.1.1: OW in big endian swaps the two bytes of each word, so that 8-bit samples change places.
std::vector<std::uint8_t> wordsSwapped(Bytes value, std::size_t first, std::size_t count) {
    std::vector<std::uint8_t> swapped(count);
    for (std::size_t i = 0; i < count; ++i)
        swapped[i] = value[(first + i) ^ 1U]; // values have an even length
    return swapped;
}

Result<DicomFrame> nativeFrame(const DicomParts& parts, const DicomPixelFormat& format, std::size_t index) {
    const DicomElement& pixels = parts.dataset.structure.elements.back();
    if (pixels.undefinedLength)
        return damagedImage("the pixel data are encapsulated, the transfer syntax is uncompressed",
                            kPixelDataTag);
    DicomFrame frame;
    frame.colour = format.colour();
    frame.pairedChroma = format.photometric == "YBR_FULL_422";
    if (frame.pairedChroma && (format.bitsAllocated != 8 || format.columns % 2 != 0))
        return damagedImage("YBR_FULL_422 needs 8 bits and an even number of columns", {0x0028, 0x0004});
    const std::uint64_t samples = frame.pairedChroma ? 2 : static_cast<std::uint64_t>(format.samplesPerPixel);
    const std::uint64_t frameBytes = format.pixelCount() * samples * format.sampleBytes();
    const auto frames = static_cast<std::uint64_t>(format.frames); // frameBytes × frames < 2^30 × 2^31
    if (pixels.valueBytes < frameBytes * frames)
        return damagedImage("the pixel data are too short: " + std::to_string(pixels.valueBytes) + " of " +
                                std::to_string(frameBytes * frames) + " bytes",
                            kPixelDataTag);
    if (pixels.valueBytes > frameBytes * frames + 1)
        frame.warnings.emplace_back("The file holds more pixel data than it declares; the rest is left out.");
    const Bytes value = parts.file.subspan(pixels.valueOffset, pixels.valueBytes);
    const auto count = static_cast<std::size_t>(frameBytes);
    frame.view = value.subspan(index * count, count);
    frame.bytesPerSample = format.bitsAllocated / 8;
    frame.order = parts.syntax.encoding.order;
    frame.planar = format.planar && !frame.pairedChroma;
    if (frame.order == ByteOrder::Big && frame.bytesPerSample == 1 && pixels.vr == "OW")
        frame.owned = wordsSwapped(value, index * count, count);
    return frame;
}

// ---- encapsulated ----------------------------------------------------------------------------------------

// A run of fragments, last not included.
struct FragmentRange {
    std::size_t first = 0;
    std::size_t last = 0;
};

// PS3.5 A.4: where each frame begins, by the Basic Offset Table. Offsets count from the first fragment's
// item.
Result<FragmentRange> rangeByOffsetTable(Bytes file, const DicomStructure& structure, std::size_t frames,
                                         std::size_t index) {
    const auto& fragments = structure.fragments;
    const auto beginsAt = [&](std::size_t frame) {
        const std::size_t offset = readU32(file, structure.offsetTable.offset + 4 * frame, ByteOrder::Little);
        const auto found = std::ranges::lower_bound(fragments, fragments.front().offset + offset, {},
                                                    &DicomFragment::offset);
        return found != fragments.end() && found->offset == fragments.front().offset + offset
                   ? static_cast<std::size_t>(found - fragments.begin())
                   : fragments.size();
    };
    const FragmentRange range{beginsAt(index), index + 1 < frames ? beginsAt(index + 1) : fragments.size()};
    const bool complete = index + 1 == frames || range.last < fragments.size();
    if (range.first >= range.last || !complete)
        return damagedImage("the offset table points to no fragment", kPixelDataTag);
    return range;
}

// Without a table: a frame begins with each fragment that begins a code stream (FFD8 for JPEG and JPEG-LS,
// FF4F for JPEG 2000).
Result<FragmentRange> rangeByStarts(Bytes file, const std::vector<DicomFragment>& fragments,
                                    std::size_t frames, std::size_t index) {
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i < fragments.size(); ++i) {
        const std::uint16_t marker =
            fragments[i].bytes < 2 ? std::uint16_t{0} : readU16(file, fragments[i].offset, ByteOrder::Big);
        if (marker == 0xFFD8 || marker == 0xFF4F)
            starts.push_back(i);
    }
    if (starts.size() != frames)
        return damagedImage("the pixel data have " + std::to_string(fragments.size()) + " fragments for " +
                                std::to_string(frames) + " frames and no offset table",
                            kPixelDataTag);
    starts.push_back(fragments.size());
    return FragmentRange{starts[index], starts[index + 1]};
}

Result<FragmentRange> fragmentsOf(Bytes file, const DicomStructure& structure, std::size_t frames,
                                  std::size_t index) {
    const std::size_t count = structure.fragments.size();
    if (count == 0)
        return damagedImage("the pixel data have no fragment", kPixelDataTag);
    if (frames == 1)
        return FragmentRange{0, count};
    if (frames > count)
        return damagedImage("the pixel data have " + std::to_string(count) + " fragments for " +
                                std::to_string(frames) + " frames",
                            kPixelDataTag);
    if (structure.offsetTable.bytes != 0 && structure.offsetTable.bytes / 4 < frames)
        return damagedImage("the offset table is too short", kPixelDataTag);
    if (structure.offsetTable.bytes != 0)
        return rangeByOffsetTable(file, structure, frames, index);
    if (frames == count)
        return FragmentRange{index, index + 1};
    return rangeByStarts(file, structure.fragments, frames, index);
}

// The frame's code stream: as it lies in the file, or joined into storage.
Result<Bytes> codeStream(const DicomParts& parts, std::size_t frames, std::size_t index,
                         std::vector<std::uint8_t>& storage) {
    const DicomStructure& structure = parts.dataset.structure;
    const auto range = fragmentsOf(parts.file, structure, frames, index);
    if (!range)
        return tl::unexpected(range.error());
    const auto part = [&](std::size_t i) {
        return parts.file.subspan(structure.fragments[i].offset, structure.fragments[i].bytes);
    };
    if (range->last - range->first == 1)
        return part(range->first);
    std::size_t bytes = 0;
    for (std::size_t i = range->first; i < range->last; ++i)
        bytes += part(i).size();
    storage.reserve(bytes);
    for (std::size_t i = range->first; i < range->last; ++i)
        storage.insert(storage.end(), part(i).begin(), part(i).end());
    return Bytes(storage);
}

} // namespace

Result<DicomFrame> decodeFrame(const DicomParts& parts, const DicomPixelFormat& format, std::size_t index,
                               const std::stop_token& stop) {
    if (stop.stop_requested())
        return fail(ErrorCode::Cancelled, "Reading was stopped.");
    if (parts.syntax.codec == DicomCodec::Native)
        return nativeFrame(parts, format, index);
    if (!parts.dataset.structure.elements.back().undefinedLength)
        return damagedImage("the pixel data are not encapsulated, the transfer syntax is " +
                                parts.syntax.name,
                            kPixelDataTag);
    std::vector<std::uint8_t> storage;
    const auto stream = codeStream(parts, static_cast<std::size_t>(format.frames), index, storage);
    if (!stream)
        return tl::unexpected(stream.error());
    switch (parts.syntax.codec) {
    case DicomCodec::Rle:
        return rleFrame(*stream, format);
    case DicomCodec::JpegLs:
        return jpegLsFrame(*stream, format);
    case DicomCodec::Jpeg2000:
        return jpeg2000Frame(*stream, format);
    default:
        return jpegFrame(*stream, format);
    }
}

Result<void> checkCodeStream(const CodeStreamInfo& info, const DicomPixelFormat& format) {
    if (info.widthPx != static_cast<std::uint32_t>(format.columns) ||
        info.heightPx != static_cast<std::uint32_t>(format.rows) || info.components != format.samplesPerPixel)
        return damagedImage("the code stream holds " + std::to_string(info.widthPx) + " × " +
                                std::to_string(info.heightPx) + " pixels with " +
                                std::to_string(info.components) + " samples, the data set declares " +
                                std::to_string(format.columns) + " × " + std::to_string(format.rows) +
                                " with " + std::to_string(format.samplesPerPixel),
                            kPixelDataTag);
    if (info.precisionBits < 2 || info.precisionBits > format.bitsAllocated)
        return damagedImage("the code stream has " + std::to_string(info.precisionBits) + " bits per sample",
                            kPixelDataTag);
    const bool unclearSign = format.isSigned && !info.isSigned;
    if (info.precisionBits < format.bitsStored + format.lowBit && (unclearSign || format.lowBit > 0))
        return damagedImage("the code stream has fewer bits per sample than are stored", kPixelDataTag);
    return {};
}

std::vector<std::uint16_t> interleavedSamples(const DicomFrame& frame, const DicomPixelFormat& format) {
    const std::uint32_t mask = (1U << static_cast<unsigned>(format.bitsStored)) - 1;
    const auto lowBit = static_cast<unsigned>(format.lowBit);
    const auto pixels = static_cast<std::size_t>(format.pixelCount());
    const auto perPixel = static_cast<std::size_t>(format.samplesPerPixel);
    std::vector<std::uint16_t> samples(pixels * perPixel);
    const auto put = [&](std::size_t index, std::uint32_t raw) {
        samples[index] = static_cast<std::uint16_t>((raw >> lowBit) & mask);
    };
    if (frame.pairedChroma) {
        forEachSample(frame, pixels * 2, [&](std::size_t i, std::uint32_t raw) {
            const std::size_t first = i / 4 * 6; // of two pixels with three samples each
            if (i % 4 < 2) {
                put(first + i % 4 * 3, raw);
            } else {
                put(first + i % 4 - 1, raw);
                put(first + i % 4 + 2, raw);
            }
        });
    } else {
        forEachSample(frame, samples.size(), [&](std::size_t i, std::uint32_t raw) {
            put(frame.planar ? i % pixels * perPixel + i / pixels : i, raw);
        });
    }
    return samples;
}

} // namespace hilum
