#include "core/image/Jpeg2000Markers.h"

#include <algorithm>
#include <optional>
#include <string>

namespace hilum {

namespace {

constexpr std::uint64_t kMaxTiles = 4096; // a decoder keeps some 7 kB for each

enum Marker : std::uint16_t {
    kSoc = 0xFF4F,
    kSiz = 0xFF51,
    kCod = 0xFF52,
    kCoc = 0xFF53,
    kSot = 0xFF90,
    kSod = 0xFF93,
    kEoc = 0xFFD9,
};

tl::unexpected<Error> damaged(const std::string& what, std::size_t offset) {
    return fail(ErrorCode::Damaged,
                "The JPEG 2000 data are damaged: " + what + " at byte " + std::to_string(offset) + ".");
}

std::uint64_t ceilDivide(std::uint64_t value, std::uint64_t divisor) {
    return (value + divisor - 1) / divisor;
}

// T.800 I.4: the code stream is the content of the box jp2c. What is not in boxes is a code stream itself.
Bytes withoutBoxes(Bytes bytes) {
    constexpr std::uint32_t kSignatureBox = 0x6A502020;
    constexpr std::uint32_t kCodeStreamBox = 0x6A703263;
    if (!holds(bytes, 0, 12) || readU32(bytes, 4, ByteOrder::Big) != kSignatureBox)
        return bytes;
    for (std::size_t position = 0; holds(bytes, position, 8);) {
        const std::size_t length = readU32(bytes, position, ByteOrder::Big);
        if (readU32(bytes, position + 4, ByteOrder::Big) == kCodeStreamBox)
            return length > 8 && holds(bytes, position, length) ? bytes.subspan(position + 8, length - 8)
                                                                : bytes.subspan(position + 8);
        if (length < 8)
            break;
        position += length;
    }
    return bytes;
}

// What decoding one tile takes beyond its samples: T.800 B.6 and B.7 cut every resolution of every component
// into precincts, and those into code-blocks, of which each has a record of its own.
class WorkEstimate {
public:
    void setTile(std::uint64_t widthPx, std::uint64_t heightPx, int components) {
        m_width = widthPx;
        m_height = heightPx;
        m_components = static_cast<std::uint64_t>(components);
    }
    void setLayers(std::uint64_t layers) { m_layers = std::max(m_layers, layers); }

    // SPcod or SPcoc (T.800 A.6.1): levels, code-block size, style, transform, precinct sizes.
    // False where it is not valid.
    bool add(Bytes style, bool ownPrecincts) {
        constexpr unsigned kWholeResolution = 15;
        if (style.size() < 5 || style[0] > 32 || style[1] > 8 || style[2] > 8 || style[1] + style[2] > 8)
            return false;
        const std::size_t levels = style[0];
        if (ownPrecincts && style.size() < 5 + levels + 1)
            return false;
        std::uint64_t records = 0;
        std::uint64_t mostPrecincts = 0;
        for (std::size_t r = 0; r <= levels; ++r) {
            const unsigned sizes = ownPrecincts ? style[5 + r] : kWholeResolution * 0x11U;
            const std::uint64_t precincts = pieces(levels - r, sizes & 15U, sizes >> 4U);
            records += precincts + pieces(levels - r, std::min(style[1] + 2U, sizes & 15U),
                                          std::min(style[2] + 2U, sizes >> 4U));
            mostPrecincts = std::max(mostPrecincts, precincts);
        }
        m_records = std::max(m_records, records);
        m_packets = std::max(m_packets, mostPrecincts * (levels + 1));
        return true;
    }

    [[nodiscard]] std::uint64_t bytes() const {
        constexpr std::uint64_t kRecordBytes = 200;
        constexpr std::uint64_t kSampleBytes = 4;
        return m_components * (m_records * kRecordBytes + m_packets * (m_layers + 1) * 2 +
                               m_width * m_height * kSampleBytes);
    }

private:
    // Rectangles of 2^x × 2^y that a resolution, so many levels below the full one, is cut into.
    [[nodiscard]] std::uint64_t pieces(std::size_t below, unsigned x, unsigned y) const {
        const auto along = [below](std::uint64_t size, unsigned exponent) {
            return ceilDivide(ceilDivide(size, std::uint64_t{1} << below), std::uint64_t{1} << exponent) + 1;
        };
        return along(m_width, x) * along(m_height, y);
    }

    std::uint64_t m_width = 0;
    std::uint64_t m_height = 0;
    std::uint64_t m_components = 0;
    std::uint64_t m_layers = 1;
    std::uint64_t m_records = 0;
    std::uint64_t m_packets = 0;
};

class CodeStreamScanner {
public:
    explicit CodeStreamScanner(Bytes bytes) : m_bytes(bytes) {}

    Result<Jpeg2000Info> run() {
        if (!holds(m_bytes, 0, 4) || readU16(m_bytes, 0, ByteOrder::Big) != kSoc ||
            readU16(m_bytes, 2, ByteOrder::Big) != kSiz)
            return damaged("no start-of-codestream marker", 0);
        m_position = 2;
        while (true) {
            if (!holds(m_bytes, m_position, 2))
                return damaged("it is cut short, without an end-of-codestream marker", m_bytes.size());
            const std::uint16_t marker = readU16(m_bytes, m_position, ByteOrder::Big);
            if (marker == kEoc && m_tileParts > 0)
                break;
            const auto done = marker == kSot ? takeTilePart() : takeSegment(m_tileParts == 0);
            if (!done)
                return tl::unexpected(done.error());
        }
        m_info.codeStream = m_bytes.first(m_position + 2);
        m_info.workBytes = m_work.bytes() + 4 * m_info.widthPx * std::uint64_t{m_info.heightPx} *
                                                static_cast<std::uint64_t>(m_info.components);
        return m_info;
    }

private:
    // The segment at the position; moves behind it. Between tile-parts there is none.
    Result<void> takeSegment(bool allowed) {
        if (!allowed || !holds(m_bytes, m_position, 4))
            return damaged("no tile-part or end-of-codestream marker", m_position);
        const std::uint16_t marker = readU16(m_bytes, m_position, ByteOrder::Big);
        const std::size_t length = readU16(m_bytes, m_position + 2, ByteOrder::Big);
        if (marker < kSoc || length < 2 || !holds(m_bytes, m_position + 2, length))
            return damaged("a marker segment is wrong or reaches beyond the end", m_position);
        const Bytes content = m_bytes.subspan(m_position + 4, length - 2);
        const std::size_t start = m_position;
        m_position += 2 + length;
        if (marker == kSiz)
            return takeSize(content, start);
        if (marker == kCod || marker == kCoc)
            return takeCodingStyle(marker == kCod, content, start);
        return {};
    }

    // T.800 A.5.1.
    Result<void> takeSize(Bytes content, std::size_t offset) {
        if (m_info.components != 0 || content.size() < 36)
            return damaged("the picture's size is stated twice or cut short", offset);
        const auto at = [&](std::size_t i) {
            return std::uint64_t{readU32(content, 2 + 4 * i, ByteOrder::Big)};
        };
        m_info.components = readU16(content, 34, ByteOrder::Big);
        if (m_info.components == 0 || content.size() < 36 + 3 * static_cast<std::size_t>(m_info.components))
            return damaged("the components are missing", offset);
        const bool hasArea = at(2) < at(0) && at(3) < at(1);
        const bool hasTiles = at(4) > 0 && at(5) > 0 && at(6) <= at(2) && at(7) <= at(3) &&
                              at(6) + at(4) > at(2) && at(7) + at(5) > at(3);
        if (!hasArea || !hasTiles)
            return damaged("the picture or its tiles are empty", offset);
        m_info.widthPx = static_cast<std::uint32_t>(at(0) - at(2));
        m_info.heightPx = static_cast<std::uint32_t>(at(1) - at(3));
        const std::uint64_t across = ceilDivide(at(0) - at(6), at(4));
        const std::uint64_t down = ceilDivide(at(1) - at(7), at(5));
        if (across > kMaxTiles || down > kMaxTiles / across)
            return fail(ErrorCode::TooLarge,
                        "The JPEG 2000 data have more than " + std::to_string(kMaxTiles) + " tiles.");
        m_work.setTile(std::min<std::uint64_t>(at(4), m_info.widthPx),
                       std::min<std::uint64_t>(at(5), m_info.heightPx), m_info.components);
        return takeComponents(content.subspan(36));
    }

    Result<void> takeComponents(Bytes content) {
        m_info.precisionBits = (content[0] & 0x7F) + 1;
        m_info.isSigned = (content[0] & 0x80) != 0;
        for (std::size_t i = 0; i < static_cast<std::size_t>(m_info.components); ++i)
            if (content[3 * i] != content[0] || content[3 * i + 1] != 1 || content[3 * i + 2] != 1)
                return fail(ErrorCode::UnsupportedFormat,
                            "JPEG 2000 components of different depth or size are not supported.");
        return {};
    }

    // T.800 A.6.1 and A.6.2.
    Result<void> takeCodingStyle(bool isDefault, Bytes content, std::size_t offset) {
        const std::size_t start = isDefault ? 5 : (m_info.components < 257 ? 2 : 3);
        if (m_info.components == 0 || content.size() < start)
            return damaged("the coding style is cut short", offset);
        if (isDefault)
            m_work.setLayers(readU16(content, 2, ByteOrder::Big));
        const std::uint8_t flags = isDefault ? content[0] : content[start - 1];
        if (!m_work.add(content.subspan(start), (flags & 1U) != 0))
            return damaged("the coding style is wrong", offset);
        return {};
    }

    // T.800 A.4.2: its header up to the start of data, then over the data.
    Result<void> takeTilePart() {
        const std::size_t start = m_position;
        if (m_info.components == 0 || !holds(m_bytes, start, 12))
            return damaged("a tile-part is cut short", start);
        const std::size_t stated = readU32(m_bytes, start + 6, ByteOrder::Big);
        const std::size_t end = stated == 0 ? endOfLastPart(start) : start + stated;
        if (end < start + 14 || end > m_bytes.size())
            return damaged("a tile-part reaches beyond the end", start);
        m_position = start + 12;
        while (holds(m_bytes, m_position, 2) && readU16(m_bytes, m_position, ByteOrder::Big) != kSod) {
            if (m_position >= end)
                return damaged("a tile-part has no data", start);
            if (auto segment = takeSegment(true); !segment)
                return segment;
        }
        if (m_position + 2 > end)
            return damaged("a tile-part has no data", start);
        ++m_tileParts;
        m_position = end;
        return {};
    }

    // A length of 0 means up to the end-of-codestream marker, which is the last one of the stream.
    [[nodiscard]] std::size_t endOfLastPart(std::size_t start) const {
        for (std::size_t end = m_bytes.size(); end >= start + 2; --end)
            if (readU16(m_bytes, end - 2, ByteOrder::Big) == kEoc)
                return end - 2;
        return 0;
    }

    Bytes m_bytes;
    std::size_t m_position = 0;
    std::size_t m_tileParts = 0;
    Jpeg2000Info m_info;
    WorkEstimate m_work;
};

} // namespace

Result<Jpeg2000Info> scanJpeg2000Markers(Bytes bytes) { return CodeStreamScanner(withoutBoxes(bytes)).run(); }

} // namespace hilum
