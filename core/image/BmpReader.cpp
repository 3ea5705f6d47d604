// BMP, uncompressed. Rows lie at known places, so that sizes are checked against the file once and no library
// is needed.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "core/image/FilmLimits.h"
#include "core/image/RasterReader.h"

namespace hilum {

namespace {

constexpr std::size_t kFileHeaderBytes = 14;
constexpr std::uint32_t kCoreHeaderBytes = 12; // OS/2 1.x: 16-bit sizes, palette entries of three bytes
constexpr std::array<std::uint32_t, 6> kHeaderBytes{kCoreHeaderBytes, 40, 52, 56, 108, 124};

tl::unexpected<Error> damaged(const std::string& what) {
    return fail(ErrorCode::Damaged, "The BMP file is damaged: " + what + ".");
}

struct BmpInfo {
    std::uint32_t headerBytes = 40;
    std::uint64_t dataOffset = 0;
    std::uint64_t widthPx = 0;
    std::uint64_t heightPx = 0;
    bool topDown = false;
    unsigned bitsPerPixel = 24;
    std::uint32_t compression = 0;
    std::uint32_t coloursUsed = 0;
    std::array<std::uint32_t, 3> masks{}; // red, green, blue of 16 and 32 bits per pixel

    [[nodiscard]] bool isCore() const { return headerBytes == kCoreHeaderBytes; }
    [[nodiscard]] bool hasPalette() const { return bitsPerPixel <= 8; }
    [[nodiscard]] std::uint64_t rowBytes() const { return (widthPx * bitsPerPixel + 31) / 32 * 4; }
};

// The header is there as a whole.
BmpInfo readHeader(Bytes bytes) {
    const auto u16 = [bytes](std::size_t at) { return readU16(bytes, at, ByteOrder::Little); };
    const auto u32 = [bytes](std::size_t at) { return readU32(bytes, at, ByteOrder::Little); };
    BmpInfo info;
    info.dataOffset = u32(10);
    info.headerBytes = u32(kFileHeaderBytes);
    if (info.isCore()) {
        info.widthPx = u16(18);
        info.heightPx = u16(20);
        info.bitsPerPixel = u16(24);
        return info;
    }
    const auto height = static_cast<std::int32_t>(u32(22));
    info.widthPx = u32(18);
    info.heightPx = static_cast<std::uint64_t>(std::abs(std::int64_t{height}));
    info.topDown = height < 0;
    info.bitsPerPixel = u16(28);
    info.compression = u32(30);
    info.coloursUsed = u32(46);
    return info;
}

Result<void> readMasks(Bytes bytes, BmpInfo& info) {
    constexpr std::uint32_t kBitFields = 3;
    constexpr std::uint32_t kAlphaBitFields = 6;
    // In the header, or right behind the oldest one.
    constexpr std::size_t kMaskOffset = kFileHeaderBytes + 40;
    if (info.compression != 0 && info.compression != kBitFields && info.compression != kAlphaBitFields)
        return fail(ErrorCode::UnsupportedFormat, "Compressed BMP files are not supported.");
    if (info.bitsPerPixel != 16 && info.bitsPerPixel != 32)
        return info.compression == 0
                   ? Result<void>()
                   : damaged("it has bit masks for " + std::to_string(info.bitsPerPixel) + " bits per pixel");
    if (info.compression == 0) {
        info.masks = info.bitsPerPixel == 16 ? std::array<std::uint32_t, 3>{0x7C00, 0x03E0, 0x001F}
                                             : std::array<std::uint32_t, 3>{0xFF0000, 0xFF00, 0xFF};
        return {};
    }
    if (!holds(bytes, kMaskOffset, 12))
        return damaged("its bit masks are missing");
    for (std::size_t i = 0; i < 3; ++i)
        info.masks[i] = readU32(bytes, kMaskOffset + 4 * i, ByteOrder::Little);
    return {};
}

Result<BmpInfo> scanHeader(Bytes bytes) {
    if (!looksLikeBmp(bytes) ||
        !holds(bytes, kFileHeaderBytes, readU32(bytes, kFileHeaderBytes, ByteOrder::Little)))
        return damaged("its header is cut short");
    BmpInfo info = readHeader(bytes);
    constexpr std::array<unsigned, 6> kDepths{1, 4, 8, 16, 24, 32};
    if (std::find(kDepths.begin(), kDepths.end(), info.bitsPerPixel) == kDepths.end())
        return damaged("it declares " + std::to_string(info.bitsPerPixel) + " bits per pixel");
    if (auto masks = readMasks(bytes, info); !masks)
        return tl::unexpected(masks.error());
    if (auto size = checkFilmSize(info.widthPx, info.heightPx); !size)
        return tl::unexpected(size.error());
    if (!holds(bytes, info.dataOffset, info.rowBytes() * info.heightPx))
        return damaged("it is cut short at byte " + std::to_string(bytes.size()));
    if (auto size = checkDecodeBytes(bytes.size() + 2 * info.widthPx * info.heightPx); !size)
        return tl::unexpected(size.error());
    return info;
}

// Red, green, blue of each entry.
Result<std::vector<std::uint8_t>> readPalette(Bytes bytes, const BmpInfo& info) {
    std::vector<std::uint8_t> palette;
    if (!info.hasPalette())
        return palette;
    const std::size_t start = kFileHeaderBytes + info.headerBytes;
    const std::size_t entryBytes = info.isCore() ? 3 : 4;
    const std::size_t most = std::size_t{1} << info.bitsPerPixel;
    const std::size_t count = info.coloursUsed == 0 ? most : info.coloursUsed;
    if (count > most || !holds(bytes, start, count * entryBytes))
        return damaged("its palette is wrong or cut short");
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t channel = 3; channel-- > 0;)
            palette.push_back(bytes[start + i * entryBytes + channel]);
    return palette;
}

// One channel of a pixel, widened to 8 bits.
std::uint8_t channelOf(std::uint32_t pixel, std::uint32_t mask) {
    if (mask == 0)
        return 0;
    const std::uint32_t largest = mask / (mask & (~mask + 1));
    return static_cast<std::uint8_t>(
        (std::uint64_t{pixel & mask} / (mask & (~mask + 1)) * 255 + largest / 2) / largest);
}

// Expands the file's rows to red, green, blue.
class RowExpander {
public:
    RowExpander(const BmpInfo& info, std::vector<std::uint8_t> palette)
        : m_info(info), m_palette(std::move(palette)), m_rgb(static_cast<std::size_t>(info.widthPx) * 3) {}

    const std::uint8_t* expand(Bytes row) {
        std::uint8_t* target = m_rgb.data();
        for (std::size_t x = 0; x < m_info.widthPx; ++x, target += 3)
            put(row, x, target);
        return m_rgb.data();
    }
    [[nodiscard]] bool sawBeyondPalette() const { return m_beyond; }

private:
    void put(Bytes row, std::size_t x, std::uint8_t* target) {
        if (m_info.hasPalette()) {
            const std::size_t bit = x * m_info.bitsPerPixel;
            const unsigned shift = 8 - m_info.bitsPerPixel - static_cast<unsigned>(bit % 8);
            std::size_t index = (row[bit / 8] >> shift) & ((1U << m_info.bitsPerPixel) - 1);
            const std::size_t last = m_palette.size() / 3 - 1;
            m_beyond |= index > last;
            std::copy_n(m_palette.begin() + static_cast<std::ptrdiff_t>(std::min(index, last) * 3), 3,
                        target);
        } else if (m_info.bitsPerPixel == 24) {
            std::reverse_copy(row.begin() + static_cast<std::ptrdiff_t>(3 * x),
                              row.begin() + static_cast<std::ptrdiff_t>(3 * x + 3), target);
        } else {
            const std::uint32_t pixel = m_info.bitsPerPixel == 16 ? readU16(row, 2 * x, ByteOrder::Little)
                                                                  : readU32(row, 4 * x, ByteOrder::Little);
            for (std::size_t i = 0; i < 3; ++i)
                target[i] = channelOf(pixel, m_info.masks[i]);
        }
    }

    const BmpInfo& m_info;
    std::vector<std::uint8_t> m_palette;
    std::vector<std::uint8_t> m_rgb;
    bool m_beyond = false;
};

Result<Radiograph> decodeBmp(Bytes bytes, const std::stop_token& stop) {
    const auto info = scanHeader(bytes);
    if (!info)
        return tl::unexpected(info.error());
    auto palette = readPalette(bytes, *info);
    if (!palette)
        return tl::unexpected(palette.error());
    RowExpander expander(*info, std::move(*palette));
    GreyRows rows(static_cast<int>(info->widthPx), static_cast<int>(info->heightPx), 8);
    for (std::uint64_t y = 0; y < info->heightPx; ++y) {
        if (y % 256 == 0 && stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Reading was stopped.");
        const std::uint64_t line = info->topDown ? y : info->heightPx - 1 - y;
        const Bytes row = bytes.subspan(static_cast<std::size_t>(info->dataOffset + line * info->rowBytes()),
                                        static_cast<std::size_t>(info->rowBytes()));
        rows.append(expander.expand(row), {SampleColour::Rgb, AlphaKind::None, 3});
    }
    FilmSource source;
    source.format = "BMP";
    source.photometric = info->hasPalette() ? "palette" : "RGB";
    source.encoding = std::to_string(info->bitsPerPixel) + "-bit " + source.photometric;
    if (expander.sawBeyondPalette())
        source.warnings.emplace_back("Some pixels lie beyond the palette; its last colour is shown there.");
    return makeRasterFilm(std::move(rows), 1, Polarity::AsStored, std::move(source));
}

} // namespace

bool looksLikeBmp(Bytes head) {
    if (!holds(head, 0, kFileHeaderBytes + 4) || head[0] != 'B' || head[1] != 'M')
        return false;
    const std::uint32_t headerBytes = readU32(head, kFileHeaderBytes, ByteOrder::Little);
    return std::find(kHeaderBytes.begin(), kHeaderBytes.end(), headerBytes) != kHeaderBytes.end();
}

Result<Radiograph> readBmp(Bytes bytes, const std::stop_token& stop) {
    try {
        return decodeBmp(bytes, stop);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to read the picture.");
    }
}

} // namespace hilum
