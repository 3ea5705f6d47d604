#include "core/image/JpegMarkers.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace hilum {

namespace {

constexpr int kMaxScans = 100; // progressive encoders write about ten

enum Marker : std::uint8_t {
    kTem = 0x01,
    kSof0 = 0xC0,
    kDht = 0xC4,
    kJpg = 0xC8,
    kDac = 0xCC,
    kSof15 = 0xCF,
    kRst0 = 0xD0,
    kRst7 = 0xD7,
    kSoi = 0xD8,
    kEoi = 0xD9,
    kSos = 0xDA,
    kApp0 = 0xE0,
    kApp1 = 0xE1,
    kApp14 = 0xEE,
};

tl::unexpected<Error> damaged(const std::string& what, std::size_t offset) {
    return fail(ErrorCode::Damaged,
                "The JPEG data are damaged: " + what + " at byte " + std::to_string(offset) + ".");
}

bool isFrameHeader(std::uint8_t marker) {
    return marker >= kSof0 && marker <= kSof15 && marker != kDht && marker != kJpg && marker != kDac;
}

bool startsWith(Bytes bytes, std::string_view text) {
    return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

JpegProcess processOf(std::uint8_t marker) {
    switch (marker & 0x0FU) {
    case 0:
        return JpegProcess::Baseline;
    case 1:
    case 9:
        return JpegProcess::Extended;
    case 2:
    case 10:
        return JpegProcess::Progressive;
    case 3:
    case 11:
        return JpegProcess::Lossless;
    default:
        return JpegProcess::Other; // hierarchical
    }
}

class MarkerScanner {
public:
    explicit MarkerScanner(Bytes bytes) : m_bytes(bytes) {}

    Result<JpegInfo> run() {
        if (m_bytes.size() < 2 || m_bytes[0] != 0xFF || m_bytes[1] != kSoi)
            return damaged("no start-of-image marker", 0);
        m_position = 2;
        while (true) {
            const auto marker = nextMarker();
            if (!marker)
                return tl::unexpected(marker.error());
            if (*marker == kEoi)
                break;
            if (const auto done = takeSegment(*marker); !done)
                return tl::unexpected(done.error());
        }
        if (m_info.components == 0 || m_info.scans == 0)
            return damaged("it ends without a picture", m_position);
        m_info.sizeBytes = m_position;
        return m_info;
    }

private:
    // Moves behind the next marker and gives its code.
    Result<std::uint8_t> nextMarker() {
        if (m_position < m_bytes.size() && m_bytes[m_position] != 0xFF)
            return damaged("no marker", m_position);
        while (m_position < m_bytes.size() && m_bytes[m_position] == 0xFF)
            ++m_position;
        if (m_position >= m_bytes.size())
            return damaged("it is cut short, without an end-of-image marker", m_bytes.size());
        return m_bytes[m_position++];
    }

    Result<void> takeSegment(std::uint8_t marker) {
        if (marker == kTem || (marker >= kRst0 && marker <= kRst7))
            return {};
        if (marker == kSoi || marker == 0)
            return damaged("an unexpected marker", m_position - 2);
        if (!holds(m_bytes, m_position, 2))
            return damaged("a segment is cut short", m_position);
        const std::size_t length = readU16(m_bytes, m_position, ByteOrder::Big);
        if (length < 2 || !holds(m_bytes, m_position, length))
            return damaged("a segment reaches beyond the end", m_position);
        const Bytes content = m_bytes.subspan(m_position + 2, length - 2);
        const std::size_t start = m_position;
        m_position += length;
        if (isFrameHeader(marker))
            return takeFrameHeader(marker, content, start);
        if (marker == kSos)
            return takeScan(content, start);
        takeApplicationSegment(marker, content);
        return {};
    }

    Result<void> takeFrameHeader(std::uint8_t marker, Bytes content, std::size_t offset) {
        if (m_info.components != 0)
            return damaged("a second frame header", offset);
        if (content.size() < 6 || content[5] == 0 || content.size() < 6U + 3U * content[5])
            return damaged("the frame header is cut short", offset);
        m_info.process = processOf(marker);
        m_info.arithmetic = marker > kJpg;
        m_info.precisionBits = content[0];
        m_info.heightPx = readU16(content, 1, ByteOrder::Big);
        m_info.widthPx = readU16(content, 3, ByteOrder::Big);
        m_info.components = content[5];
        if (m_info.widthPx == 0 || m_info.heightPx == 0)
            return damaged("the frame header declares an empty picture", offset);
        m_info.componentsNamedRgb =
            m_info.components == 3 && content[6] == 'R' && content[9] == 'G' && content[12] == 'B';
        return {};
    }

    [[nodiscard]] bool isSequential() const {
        return m_info.process == JpegProcess::Baseline || m_info.process == JpegProcess::Extended;
    }

    // T.81 B.2.3: coefficients 0 … 63, no successive approximation.
    static bool hasSequentialParameters(Bytes header) {
        if (header.size() < 3)
            return true; // left to the decoder
        const Bytes last = header.last(3);
        return last[0] == 0 && last[1] == 63 && last[2] == 0;
    }

    // Skips the entropy-coded data: up to a marker that is neither a stuffed byte nor a restart.
    Result<void> takeScan(Bytes header, std::size_t offset) {
        if (m_info.components == 0)
            return damaged("a scan before the frame header", offset);
        if (++m_info.scans > kMaxScans)
            return fail(ErrorCode::TooLarge,
                        "The JPEG data have more than " + std::to_string(kMaxScans) + " scans.");
        if (isSequential() && !hasSequentialParameters(header))
            ++m_info.irregularScans;
        while (m_position < m_bytes.size()) {
            const void* found = std::memchr(m_bytes.data() + m_position, 0xFF, m_bytes.size() - m_position);
            if (found == nullptr)
                break;
            m_position = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - m_bytes.data());
            const std::uint8_t next = m_position + 1 < m_bytes.size() ? m_bytes[m_position + 1] : 0;
            if (next == 0xFF)
                m_position += 1;
            else if (next == 0 || (next >= kRst0 && next <= kRst7))
                m_position += 2;
            else
                return {};
        }
        return damaged("it is cut short, without an end-of-image marker", m_bytes.size());
    }

    void takeApplicationSegment(std::uint8_t marker, Bytes content) {
        constexpr std::string_view kExif{"Exif\0\0", 6};
        if (marker == kApp0 && startsWith(content, "JFIF"))
            m_info.hasJfif = true;
        else if (marker == kApp1 && startsWith(content, kExif) && m_info.exifOrientation == 1)
            m_info.exifOrientation = exifOrientation(content.subspan(kExif.size()));
        else if (marker == kApp14 && content.size() >= 12 && startsWith(content, "Adobe"))
            m_info.adobeTransform = content[11];
    }

    Bytes m_bytes;
    std::size_t m_position = 0;
    JpegInfo m_info;
};

} // namespace

Result<JpegInfo> scanJpegMarkers(Bytes bytes) { return MarkerScanner(bytes).run(); }

int exifOrientation(Bytes tiff) {
    if (tiff.size() < 8 || (tiff[0] != 'I' && tiff[0] != 'M'))
        return 1;
    const ByteOrder order = tiff[0] == 'I' ? ByteOrder::Little : ByteOrder::Big;
    const std::size_t directory = readU32(tiff, 4, order);
    if (!holds(tiff, directory, 2))
        return 1;
    const std::size_t count = readU16(tiff, directory, order);
    for (std::size_t i = 0; i < count && holds(tiff, directory + 2 + 12 * i, 12); ++i) {
        const std::size_t entry = directory + 2 + 12 * i;
        constexpr std::uint16_t kOrientationTag = 0x0112;
        constexpr std::uint16_t kShort = 3;
        if (readU16(tiff, entry, order) != kOrientationTag || readU16(tiff, entry + 2, order) != kShort)
            continue;
        const int orientation = readU16(tiff, entry + 8, order);
        return orientation >= 1 && orientation <= 8 ? orientation : 1;
    }
    return 1;
}

} // namespace hilum
