#include "core/image/DicomOverlays.h"

#include <optional>
#include <utility>

#include "core/image/FilmLimits.h"

namespace hilum {

namespace {

using Bits = std::vector<std::uint8_t>;

// One group's attributes, checked.
struct OverlayPlane {
    std::uint16_t group = 0x6000;
    FilmOverlay overlay; // without bits
    long frames = 1;
    long firstFrame = 0; // of the film, from 0
    long bitsAllocated = 1;
    long bitPosition = 0;

    [[nodiscard]] std::uint64_t bitCount() const {
        return static_cast<std::uint64_t>(overlay.widthPx) * static_cast<std::uint64_t>(overlay.heightPx);
    }
};

int signedWord(long value) { return static_cast<int>(value > 0x7FFF ? value - 0x10000 : value); }

std::optional<OverlayPlane> readPlane(const DicomAttributes& attributes, std::uint16_t group) {
    OverlayPlane plane;
    plane.group = group;
    const auto number = [&](std::uint16_t element, long otherwise, unsigned long i = 0) {
        return attributes.integer({group, element}, i).value_or(otherwise);
    };
    plane.overlay.heightPx = static_cast<int>(number(0x0010, 0));
    plane.overlay.widthPx = static_cast<int>(number(0x0011, 0));
    plane.overlay.topPx = signedWord(number(0x0050, 1, 0)) - 1; // the first pixel is 1\1
    plane.overlay.leftPx = signedWord(number(0x0050, 1, 1)) - 1;
    plane.overlay.label = attributes.text({group, 0x1500});
    if (plane.overlay.label.empty())
        plane.overlay.label = attributes.text({group, 0x0022});
    plane.frames = number(0x0015, 1);
    plane.firstFrame = number(0x0051, 1) - 1;
    plane.bitsAllocated = number(0x0100, 1);
    plane.bitPosition = number(0x0102, 0);
    if (plane.overlay.widthPx <= 0 || plane.overlay.heightPx <= 0 || plane.frames < 1 ||
        !checkFilmSize(static_cast<std::uint64_t>(plane.overlay.widthPx),
                       static_cast<std::uint64_t>(plane.overlay.heightPx)))
        return std::nullopt;
    return plane;
}

void setBit(Bits& bits, std::size_t index) {
    bits[index / 8] = static_cast<std::uint8_t>(bits[index / 8] | 1U << (index % 8));
}

// From Overlay Data: frames follow each other without gaps, so that one may begin inside a byte. In big
// endian the bytes of each word change places.
std::optional<Bits> ownBits(const DicomParts& parts, const OverlayPlane& plane, const DicomElement& data,
                            std::uint64_t frame) {
    const std::uint64_t first = frame * plane.bitCount();
    if (data.undefinedLength || data.valueBytes < (first + plane.bitCount() + 7) / 8)
        return std::nullopt;
    const Bytes value = parts.file.subspan(data.valueOffset, data.valueBytes);
    // The length is even.
    const unsigned swap = parts.syntax.encoding.order == ByteOrder::Big && data.vr == "OW" ? 1U : 0U;
    const auto byteAt = [&](std::uint64_t i) {
        return i < value.size() ? unsigned{value[static_cast<std::size_t>(i) ^ swap]} : 0U;
    };
    Bits bits(static_cast<std::size_t>((plane.bitCount() + 7) / 8));
    const unsigned shift = first % 8;
    for (std::size_t i = 0; i < bits.size(); ++i)
        bits[i] =
            static_cast<std::uint8_t>((byteAt(first / 8 + i) | byteAt(first / 8 + i + 1) << 8U) >> shift);
    return bits;
}

// From the pixels themselves: the plane has the film's size then, and its bit is none of the stored ones.
std::optional<Bits> embeddedBits(const OverlayPlane& plane, const DicomPixelFormat& format,
                                 const DicomFrame& frame) {
    const bool unused =
        plane.bitPosition < format.lowBit || plane.bitPosition >= format.lowBit + format.bitsStored;
    if (plane.bitsAllocated != format.bitsAllocated || plane.bitPosition < 0 ||
        plane.bitPosition >= format.bitsAllocated || !unused || format.samplesPerPixel != 1 ||
        frame.bytesPerSample * 8 != format.bitsAllocated || plane.overlay.widthPx != format.columns ||
        plane.overlay.heightPx != format.rows)
        return std::nullopt;
    Bits bits(static_cast<std::size_t>((plane.bitCount() + 7) / 8));
    const std::uint32_t mask = 1U << static_cast<unsigned>(plane.bitPosition);
    forEachSample(frame, static_cast<std::size_t>(plane.bitCount()), [&](std::size_t i, std::uint32_t raw) {
        if ((raw & mask) != 0)
            setBit(bits, i);
    });
    return bits;
}

bool reachesBeyond(const FilmOverlay& overlay, const DicomPixelFormat& format) {
    return overlay.leftPx < 0 || overlay.topPx < 0 || overlay.leftPx + overlay.widthPx > format.columns ||
           overlay.topPx + overlay.heightPx > format.rows;
}

} // namespace

std::vector<FilmOverlay> readOverlays(const DicomParts& parts, const DicomPixelFormat& format,
                                      const DicomFrame& frame, std::size_t index,
                                      std::vector<std::string>& warnings) {
    std::vector<FilmOverlay> overlays;
    std::uint64_t bytes = parts.file.size() + frame.owned.size() + 2 * format.pixelCount();
    for (std::uint16_t group = 0x6000; group <= 0x601E; group = static_cast<std::uint16_t>(group + 2)) {
        const DicomElement* data = parts.dataset.structure.find({group, 0x3000});
        if (data == nullptr && parts.dataset.structure.find({group, 0x0102}) == nullptr)
            continue;
        auto plane = readPlane(parts.dataset.attributes, group);
        const long own = static_cast<long>(index) - (plane ? plane->firstFrame : 0);
        if (plane && plane->frames > 1 && (own < 0 || own >= plane->frames))
            continue; // of other frames
        bytes += plane ? plane->bitCount() / 8 : 0;
        std::optional<Bits> bits;
        if (plane && checkDecodeBytes(bytes))
            bits = data != nullptr ? ownBits(parts, *plane, *data,
                                             plane->frames > 1 ? static_cast<std::uint64_t>(own) : 0)
                                   : embeddedBits(*plane, format, frame);
        if (!bits) {
            warnings.push_back("An overlay of the file is not usable " + toString({group, 0x0010}) +
                               "; it is left out.");
            continue;
        }
        if (reachesBeyond(plane->overlay, format))
            warnings.push_back("An overlay of the file reaches beyond the film " + toString({group, 0x0050}) +
                               "; what lies outside is not shown.");
        plane->overlay.bits = std::make_shared<const Bits>(std::move(*bits));
        overlays.push_back(std::move(plane->overlay));
    }
    return overlays;
}

} // namespace hilum
