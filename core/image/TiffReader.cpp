// TIFF by libtiff, strip row by strip row or tile by tile. Errors of its decompressors end the reading, and
// so do the JPEG decompressor's warnings, which mean altered pixels.
#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <vector>

#include <tiffio.h>

#include "core/image/FilmLimits.h"
#include "core/image/FrameChoice.h"
#include "core/image/RasterReader.h"
#include "core/image/TiffMemory.h"

namespace hilum {

namespace {

constexpr std::size_t kMaxPages = 10'000;

// The file in memory, as libtiff's callbacks see it, and what went wrong first.
struct TiffSession {
    Bytes bytes;
    std::uint64_t position = 0;
    std::string error;
};

extern "C" {

static tmsize_t readTiffBytes(thandle_t handle, void* target, tmsize_t wanted) {
    auto* session = static_cast<TiffSession*>(handle);
    if (wanted <= 0 || session->position >= session->bytes.size())
        return 0;
    const auto count = std::min<std::uint64_t>(static_cast<std::uint64_t>(wanted),
                                               session->bytes.size() - session->position);
    std::memcpy(target, session->bytes.data() + session->position, static_cast<std::size_t>(count));
    session->position += count;
    return static_cast<tmsize_t>(count);
}

static tmsize_t refuseToWrite(thandle_t, void*, tmsize_t) { return -1; }

static toff_t seekInBytes(thandle_t handle, toff_t offset, int whence) {
    auto* session = static_cast<TiffSession*>(handle);
    return seekInMemory(session->position, session->bytes.size(), offset, whence);
}

static toff_t sizeOfBytes(thandle_t handle) { return static_cast<TiffSession*>(handle)->bytes.size(); }

// libtiff only reads from the mapping; its interface is older than const.
static int mapBytes(thandle_t handle, void** base, toff_t* size) {
    auto* session = static_cast<TiffSession*>(handle);
    *base = const_cast<std::uint8_t*>(session->bytes.data());
    *size = session->bytes.size();
    return 1;
}

static void unmapNothing(thandle_t, void*, toff_t) {}

static int keepError(TIFF*, void* user, const char*, const char* format, va_list arguments) {
    auto* session = static_cast<TiffSession*>(user);
    if (session->error.empty()) {
        char text[256];
        std::vsnprintf(text, sizeof text, format, arguments);
        session->error = text;
    }
    return 1; // handled: nothing is printed
}

static int judgeWarning(TIFF* tiff, void* user, const char* module, const char* format, va_list arguments) {
    if (module != nullptr && std::strcmp(module, "JPEGLib") == 0)
        return keepError(tiff, user, module, format, arguments);
    return 1;
}

} // extern "C"

using TiffHandle = std::unique_ptr<TIFF, decltype(&TIFFClose)>;

TiffHandle openTiff(TiffSession& session) {
    const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                   &TIFFOpenOptionsFree);
    if (options == nullptr)
        throw std::bad_alloc();
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keepError, &session);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), judgeWarning, &session);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(kMaxDecodeBytes));
    // h: the header only; the page is chosen afterwards.
    return {TIFFClientOpenExt("film", "rh", &session, readTiffBytes, refuseToWrite, seekInBytes,
                              closeNoTiffFile, sizeOfBytes, mapBytes, unmapNothing, options.get()),
            &TIFFClose};
}

tl::unexpected<Error> unsupported(const std::string& what) {
    return fail(ErrorCode::UnsupportedFormat, "TIFF files with " + what + " are not supported.");
}

tl::unexpected<Error> damaged(const std::string& what) {
    return fail(ErrorCode::Damaged, "The TIFF file is damaged: " + what + ".");
}

struct TiffInfo {
    std::uint32_t widthPx = 0;
    std::uint32_t heightPx = 0;
    std::uint16_t bits = 1;
    std::uint16_t samples = 1;
    std::uint16_t photometric = PHOTOMETRIC_MINISBLACK;
    std::uint16_t compression = COMPRESSION_NONE;
    std::uint16_t planar = PLANARCONFIG_CONTIG;
    std::uint16_t sampleFormat = SAMPLEFORMAT_UINT;
    std::uint16_t orientation = ORIENTATION_TOPLEFT;
    AlphaKind alpha = AlphaKind::None;
    bool tiled = false;

    [[nodiscard]] bool isRgb() const { return photometric == PHOTOMETRIC_RGB; }
    [[nodiscard]] bool isPalette() const { return photometric == PHOTOMETRIC_PALETTE; }
    [[nodiscard]] int colours() const { return isRgb() ? 3 : 1; }
    [[nodiscard]] bool separatePlanes() const { return planar == PLANARCONFIG_SEPARATE && samples > 1; }
};

AlphaKind alphaOf(TIFF* tiff, int colours, int samples) {
    std::uint16_t count = 0;
    std::uint16_t* kinds = nullptr;
    if (samples <= colours || TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) == 0 ||
        count == 0)
        return AlphaKind::None;
    switch (kinds[0]) {
    case EXTRASAMPLE_ASSOCALPHA:
        return AlphaKind::Premultiplied;
    case EXTRASAMPLE_UNASSALPHA:
        return AlphaKind::Straight;
    default:
        return AlphaKind::None;
    }
}

TiffInfo readTags(TIFF* tiff) {
    TiffInfo info;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &info.widthPx);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &info.heightPx);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &info.bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &info.samples);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &info.photometric);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &info.compression);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &info.planar);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &info.sampleFormat);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &info.orientation);
    if (info.photometric == PHOTOMETRIC_YCBCR && info.compression == COMPRESSION_JPEG) {
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        info.photometric = PHOTOMETRIC_RGB;
    }
    info.alpha = alphaOf(tiff, info.colours(), info.samples);
    info.tiled = TIFFIsTiled(tiff) != 0;
    return info;
}

Result<void> checkCompression(std::uint16_t compression) {
    switch (compression) {
    case COMPRESSION_NONE:
    case COMPRESSION_LZW:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_PACKBITS:
    case COMPRESSION_JPEG:
    case COMPRESSION_LZMA:
    case COMPRESSION_ZSTD:
        if (TIFFIsCODECConfigured(compression) != 0)
            return {};
        [[fallthrough]];
    default:
        return unsupported("compression " + std::to_string(compression));
    }
}

Result<void> checkSupported(const TiffInfo& info) {
    if (auto compression = checkCompression(info.compression); !compression)
        return compression;
    const bool grey =
        info.photometric == PHOTOMETRIC_MINISBLACK || info.photometric == PHOTOMETRIC_MINISWHITE;
    if (!grey && !info.isRgb() && !info.isPalette())
        return unsupported("photometric interpretation " + std::to_string(info.photometric));
    if (info.sampleFormat != SAMPLEFORMAT_UINT && info.sampleFormat != SAMPLEFORMAT_VOID)
        return unsupported("signed or floating-point samples");
    const bool wholeBytes = info.bits == 8 || (info.bits == 16 && !info.isPalette());
    const bool packed = (info.bits == 1 || info.bits == 2 || info.bits == 4) && info.samples == 1;
    if (!wholeBytes && !packed)
        return unsupported(std::to_string(info.bits) + " bits per sample and " +
                           std::to_string(info.samples) + " samples per pixel");
    if (info.samples < info.colours() || info.samples > 8)
        return unsupported(std::to_string(info.samples) + " samples per pixel");
    if (info.tiled && info.separatePlanes())
        return unsupported("tiles of separate planes");
    return {};
}

// Luma of the palette's entries, 8 bit. Some writers fill in 8-bit values where 16-bit ones belong.
class PaletteRows {
public:
    PaletteRows(TIFF* tiff, int bits) {
        std::uint16_t* red = nullptr;
        std::uint16_t* green = nullptr;
        std::uint16_t* blue = nullptr;
        if (TIFFGetField(tiff, TIFFTAG_COLORMAP, &red, &green, &blue) == 0)
            return;
        const std::size_t count = std::size_t{1} << static_cast<unsigned>(bits);
        const auto isSmall = [count](const std::uint16_t* values) {
            return std::all_of(values, values + count, [](std::uint16_t value) { return value < 256; });
        };
        const int shift = isSmall(red) && isSmall(green) && isSmall(blue) ? 0 : 8;
        for (std::size_t i = 0; i < count; ++i)
            for (const std::uint16_t* channel : {red, green, blue})
                m_entries.push_back(static_cast<std::uint8_t>(channel[i] >> shift));
    }

    [[nodiscard]] bool empty() const { return m_entries.empty(); }

    // Indices -> red, green, blue.
    void expand(const std::uint8_t* indices, std::size_t count, std::vector<std::uint8_t>& rgb) const {
        rgb.resize(count * 3);
        for (std::size_t i = 0; i < count; ++i)
            std::copy_n(m_entries.begin() + indices[i] * 3, 3,
                        rgb.begin() + static_cast<std::ptrdiff_t>(i * 3));
    }

private:
    std::vector<std::uint8_t> m_entries;
};

// Takes rows as libtiff gives them to GreyRows.
class RowSink {
public:
    RowSink(TIFF* tiff, const TiffInfo& info, GreyRows& rows)
        : m_info(info), m_rows(rows), m_palette(tiff, info.isPalette() ? info.bits : 0) {
        m_layout.colour = info.isRgb() || info.isPalette() ? SampleColour::Rgb : SampleColour::Grey;
        m_layout.samplesPerPixel = info.isPalette() ? 3 : info.samples;
        m_layout.alpha = info.isPalette() ? AlphaKind::None : info.alpha;
    }

    [[nodiscard]] bool lacksPalette() const { return m_info.isPalette() && m_palette.empty(); }

    void take(const std::uint8_t* row) {
        if (m_info.bits == 16) {
            m_rows.append(reinterpret_cast<const std::uint16_t*>(row), m_layout);
            return;
        }
        if (m_info.bits < 8)
            row = unpack(row);
        if (m_info.isPalette()) {
            m_palette.expand(row, m_info.widthPx, m_colours);
            row = m_colours.data();
        }
        m_rows.append(row, m_layout);
    }

private:
    // 1, 2 or 4 bits -> bytes; grey is widened to 0 … 255, palette indices stay as they are.
    const std::uint8_t* unpack(const std::uint8_t* row) {
        m_unpacked.resize(m_info.widthPx);
        const unsigned bits = m_info.bits;
        const unsigned mask = (1U << bits) - 1;
        const unsigned factor = m_info.isPalette() ? 1 : 255 / mask;
        for (std::size_t x = 0; x < m_unpacked.size(); ++x) {
            const std::size_t bit = x * bits;
            const unsigned value = (row[bit / 8] >> (8 - bits - bit % 8)) & mask;
            m_unpacked[x] = static_cast<std::uint8_t>(value * factor);
        }
        return m_unpacked.data();
    }

    const TiffInfo& m_info;
    GreyRows& m_rows;
    PaletteRows m_palette;
    RowLayout m_layout;
    std::vector<std::uint8_t> m_unpacked;
    std::vector<std::uint8_t> m_colours;
};

std::size_t bytesPerRow(std::uint64_t widthPx, std::uint64_t samples, std::uint64_t bits) {
    return static_cast<std::size_t>((widthPx * samples * bits + 7) / 8);
}

class TiffDecoder {
public:
    TiffDecoder(TIFF* tiff, const TiffInfo& info, const TiffSession& session, std::stop_token stop)
        : m_tiff(tiff), m_info(info), m_session(session), m_stop(std::move(stop)) {}

    Result<void> decode(RowSink& sink) {
        if (m_info.tiled)
            return decodeTiles(sink);
        return m_info.separatePlanes() ? decodePlanes(sink) : decodeStrips(sink);
    }

private:
    Result<void> decodeStrips(RowSink& sink) {
        const std::size_t rowBytes = bytesPerRow(m_info.widthPx, m_info.samples, m_info.bits);
        if (TIFFScanlineSize64(m_tiff) != rowBytes)
            return damaged("its rows do not have the length that its header tells");
        std::vector<std::uint8_t> row(rowBytes);
        for (std::uint32_t y = 0; y < m_info.heightPx; ++y) {
            if (auto read = readRow(row.data(), y, 0); !read)
                return read;
            sink.take(row.data());
        }
        return {};
    }

    Result<void> readRow(std::uint8_t* row, std::uint32_t y, std::uint16_t plane) {
        if (y % 256 == 0 && m_stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Reading was stopped.");
        if (TIFFReadScanline(m_tiff, row, y, plane) != 1 || !m_session.error.empty())
            return readError();
        return {};
    }

    // One plane after the other, since strips are decoded from their first row; then woven together.
    Result<void> decodePlanes(RowSink& sink) {
        const std::size_t sampleBytes = m_info.bits / 8U;
        const std::size_t planeRow = bytesPerRow(m_info.widthPx, 1, m_info.bits);
        if (TIFFScanlineSize64(m_tiff) != planeRow)
            return damaged("its rows do not have the length that its header tells");
        const std::size_t rowBytes = planeRow * m_info.samples;
        if (auto size = checkDecodeBytes(m_session.bytes.size() +
                                         (rowBytes + 2ULL * m_info.widthPx) * m_info.heightPx);
            !size)
            return size;
        std::vector<std::uint8_t> all(rowBytes * m_info.heightPx);
        std::vector<std::uint8_t> row(planeRow);
        for (std::uint16_t plane = 0; plane < m_info.samples; ++plane) {
            for (std::uint32_t y = 0; y < m_info.heightPx; ++y) {
                if (auto read = readRow(row.data(), y, plane); !read)
                    return read;
                std::uint8_t* target = all.data() + rowBytes * y + plane * sampleBytes;
                for (std::size_t x = 0; x < m_info.widthPx; ++x, target += m_info.samples * sampleBytes)
                    std::memcpy(target, row.data() + x * sampleBytes, sampleBytes);
            }
        }
        for (std::uint32_t y = 0; y < m_info.heightPx; ++y)
            sink.take(all.data() + rowBytes * y);
        return {};
    }

    // A band of tiles at a time.
    Result<void> decodeTiles(RowSink& sink) {
        std::uint32_t tileWidth = 0;
        std::uint32_t tileHeight = 0;
        TIFFGetField(m_tiff, TIFFTAG_TILEWIDTH, &tileWidth);
        TIFFGetField(m_tiff, TIFFTAG_TILELENGTH, &tileHeight);
        if (auto size = checkFilmSize(tileWidth, tileHeight); !size)
            return size;
        const std::size_t tileRow = bytesPerRow(tileWidth, m_info.samples, m_info.bits);
        const std::uint64_t across = (m_info.widthPx + std::uint64_t{tileWidth} - 1) / tileWidth;
        const std::uint64_t bandBytes = across * tileRow * tileHeight;
        if (auto size =
                checkDecodeBytes(m_session.bytes.size() + bandBytes + std::uint64_t{tileRow} * tileHeight +
                                 2ULL * m_info.widthPx * m_info.heightPx);
            !size)
            return size;
        if (TIFFTileSize64(m_tiff) != std::uint64_t{tileRow} * tileHeight || tileWidth * m_info.bits % 8 != 0)
            return damaged("its tiles do not have the size that its header tells");
        std::vector<std::uint8_t> tile(tileRow * tileHeight);
        std::vector<std::uint8_t> band(static_cast<std::size_t>(bandBytes));
        const auto bandRow = static_cast<std::size_t>(across * tileRow);
        for (std::uint64_t top = 0; top < m_info.heightPx; top += tileHeight) {
            if (auto read =
                    readBand(band, tile, static_cast<std::uint32_t>(top), tileWidth, tileRow, bandRow);
                !read)
                return read;
            const std::uint64_t rows = std::min<std::uint64_t>(tileHeight, m_info.heightPx - top);
            for (std::size_t y = 0; y < rows; ++y)
                sink.take(band.data() + bandRow * y);
        }
        return {};
    }

    Result<void> readBand(std::vector<std::uint8_t>& band, std::vector<std::uint8_t>& tile, std::uint32_t top,
                          std::uint32_t tileWidth, std::size_t tileRow, std::size_t bandRow) {
        if (m_stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Reading was stopped.");
        std::size_t column = 0;
        for (std::uint64_t left = 0; left < m_info.widthPx; left += tileWidth, column += tileRow) {
            const std::uint32_t index = TIFFComputeTile(m_tiff, static_cast<std::uint32_t>(left), top, 0, 0);
            const auto size = static_cast<tmsize_t>(tile.size());
            if (TIFFReadEncodedTile(m_tiff, index, tile.data(), size) != size || !m_session.error.empty())
                return readError();
            for (std::size_t y = 0; y < tile.size() / tileRow; ++y)
                std::memcpy(band.data() + bandRow * y + column, tile.data() + tileRow * y, tileRow);
        }
        return {};
    }

    [[nodiscard]] tl::unexpected<Error> readError() const {
        return damaged(m_session.error.empty() ? "its data end too early" : m_session.error);
    }

    TIFF* m_tiff;
    const TiffInfo& m_info;
    const TiffSession& m_session;
    std::stop_token m_stop;
};

// Where the pages' directories lie (TIFF 6.0, section 2; BigTIFF: sizes and offsets of 8 bytes). libtiff
// would take time in the square of their number, and go round in circles for longer than that.
Result<std::vector<std::uint64_t>> findPages(Bytes bytes) {
    if (!holds(bytes, 0, 16))
        return damaged("its header is cut short");
    const ByteOrder order = bytes[0] == 'I' ? ByteOrder::Little : ByteOrder::Big;
    const bool big = readU16(bytes, 2, order) == 43;
    const auto offsetAt = [&](std::size_t at) {
        if (!big)
            return std::uint64_t{readU32(bytes, at, order)};
        const std::uint64_t first = readU32(bytes, at, order);
        const std::uint64_t second = readU32(bytes, at + 4, order);
        return order == ByteOrder::Little ? first | second << 32U : first << 32U | second;
    };
    const std::size_t countBytes = big ? 8 : 2;
    std::vector<std::uint64_t> pages;
    std::set<std::uint64_t> seen;
    for (std::uint64_t page = offsetAt(big ? 8 : 4); page != 0;) {
        if (!seen.insert(page).second)
            return damaged("its pages go round in a circle");
        if (pages.size() == kMaxPages)
            return fail(ErrorCode::TooLarge,
                        "The TIFF file has more than " + std::to_string(kMaxPages) + " pages.");
        if (!holds(bytes, page, countBytes))
            return damaged("a page's directory lies beyond the end");
        pages.push_back(page);
        const auto at = static_cast<std::size_t>(page);
        const std::uint64_t entries = big ? offsetAt(at) : readU16(bytes, at, order);
        const std::uint64_t entryBytes = big ? 20 : 12;
        if (entries > bytes.size() || !holds(bytes, page + countBytes + entries * entryBytes, big ? 8 : 4))
            return damaged("a page's directory reaches beyond the end");
        page = offsetAt(at + countBytes + static_cast<std::size_t>(entries * entryBytes));
    }
    if (pages.empty())
        return damaged("it has no page");
    return pages;
}

FilmSource describe(const TiffInfo& info) {
    FilmSource source;
    source.format = "TIFF";
    source.photometric = info.isRgb()                                 ? "RGB"
                         : info.isPalette()                           ? "palette"
                         : info.photometric == PHOTOMETRIC_MINISWHITE ? "grey, 0 is white"
                                                                      : "grey";
    source.encoding = std::to_string(info.bits) + "-bit " +
                      (info.isRgb()       ? "RGB"
                       : info.isPalette() ? "palette"
                                          : "grey");
    return source;
}

Result<Radiograph> decodeTiff(Bytes bytes, const ReadOptions& options, const std::stop_token& stop) {
    const auto pages = findPages(bytes);
    if (!pages)
        return tl::unexpected(pages.error());
    const auto page = chosenFrame(options, static_cast<long>(pages->size()), "pages");
    if (!page)
        return tl::unexpected(page.error());
    TiffSession session{bytes, 0, {}};
    const TiffHandle tiff = openTiff(session);
    if (tiff == nullptr || TIFFSetSubDirectory(tiff.get(), (*pages)[*page]) == 0)
        return damaged(session.error.empty() ? "it cannot be opened" : session.error);
    const TiffInfo info = readTags(tiff.get());
    if (const auto supported = checkSupported(info); !supported)
        return tl::unexpected(supported.error());
    if (const auto size = checkFilmSize(info.widthPx, info.heightPx); !size)
        return tl::unexpected(size.error());
    if (const auto size = checkDecodeBytes(bytes.size() + 2ULL * info.widthPx * info.heightPx); !size)
        return tl::unexpected(size.error());
    GreyRows rows(static_cast<int>(info.widthPx), static_cast<int>(info.heightPx), info.bits == 16 ? 16 : 8);
    RowSink sink(tiff.get(), info, rows);
    if (sink.lacksPalette())
        return damaged("it has no palette");
    session.error.clear(); // of tags that no pixel depends on
    if (const auto decoded = TiffDecoder(tiff.get(), info, session, stop).decode(sink); !decoded)
        return tl::unexpected(decoded.error());
    const Polarity polarity =
        info.photometric == PHOTOMETRIC_MINISWHITE ? Polarity::Inverted : Polarity::AsStored;
    FilmSource source = describe(info);
    tellFrame(source, static_cast<int>(*page), static_cast<int>(pages->size()), "pages");
    return makeRasterFilm(std::move(rows), info.orientation, polarity, std::move(source));
}

} // namespace

Result<Radiograph> readTiff(Bytes bytes, const ReadOptions& options, const std::stop_token& stop) {
    try {
        return decodeTiff(bytes, options, stop);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to read the picture.");
    }
}

} // namespace hilum
