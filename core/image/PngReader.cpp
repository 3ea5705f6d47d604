// PNG: plain grey and colour in one go (PngRows.h), all else by libpng. The chunks are walked first, so that
// sizes are known and a cut file is refused before decoding.
#include <algorithm>
#include <bit>
#include <csetjmp>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <png.h>

#include "core/image/FilmLimits.h"
#include "core/image/JpegMarkers.h"
#include "core/image/PngRows.h"
#include "core/image/RasterReader.h"

namespace hilum {

namespace {

constexpr std::size_t kSignatureBytes = 8;
constexpr std::uint64_t kDeflateRatio = 1032; // Deflate packs at most this many bytes into one

struct PngInfo {
    std::uint32_t widthPx = 0;
    std::uint32_t heightPx = 0;
    int bitDepth = 0;
    int colourType = 0;
    bool interlaced = false;
    bool hasTransparency = false; // a tRNS chunk
    std::uint64_t dataBytes = 0;  // in all IDAT chunks
    std::vector<Bytes> data;      // those
    bool isPlain = true; // pixels of whole bytes that depend on nothing but IDAT, all checksums right
    int exifOrientation = 1;
};

tl::unexpected<Error> damaged(const std::string& what) {
    return fail(ErrorCode::Damaged, "The PNG file is damaged: " + what + ".");
}

Result<void> takeHeader(PngInfo& info, Bytes content) {
    if (content.size() != 13)
        return damaged("its header has the wrong length");
    info.widthPx = readU32(content, 0, ByteOrder::Big);
    info.heightPx = readU32(content, 4, ByteOrder::Big);
    info.bitDepth = content[8];
    info.colourType = content[9];
    info.interlaced = content[12] != 0;
    const bool isWhole = info.bitDepth == 8 || info.bitDepth == 16;
    const bool isKnown = info.colourType <= PNG_COLOR_TYPE_RGB_ALPHA &&
                         (info.colourType & PNG_COLOR_MASK_PALETTE) == 0 && content[10] == 0 &&
                         content[11] == 0;
    info.isPlain = isWhole && isKnown && !info.interlaced;
    return {};
}

// PNG 1.2, 3.3: a small first letter says that pixels do not depend on it.
bool isPlainChunk(std::string_view type) {
    const auto isLetter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const bool isAncillary = type[0] >= 'a';
    return std::ranges::all_of(type, isLetter) &&
           (isAncillary || type == "IHDR" || type == "IDAT" || type == "IEND");
}

// PNG 1.2, 3.2: length, type, content, checksum. What a wrong checksum means is left to libpng.
Result<PngInfo> scanChunks(Bytes bytes) {
    PngInfo info;
    bool seenHeader = false;
    std::string_view before;
    for (std::size_t position = kSignatureBytes;;) {
        if (!holds(bytes, position, 12))
            return damaged("it is cut short at byte " + std::to_string(bytes.size()));
        const std::size_t length = readU32(bytes, position, ByteOrder::Big);
        const std::string_view type(reinterpret_cast<const char*>(bytes.data()) + position + 4, 4);
        if (!holds(bytes, position + 12, length))
            return damaged("a chunk at byte " + std::to_string(position) + " reaches beyond the end");
        const Bytes content = bytes.subspan(position + 8, length);
        if (seenHeader == (type == "IHDR"))
            return damaged(seenHeader ? "it has two headers" : "it does not begin with its header");
        if (type == "IHDR") {
            if (const auto header = takeHeader(info, content); !header)
                return tl::unexpected(header.error());
            seenHeader = true;
        } else if (type == "IDAT") {
            info.isPlain &= info.data.empty() || before == "IDAT";
            info.data.push_back(content);
            info.dataBytes += length;
        } else if (type == "tRNS") {
            info.hasTransparency = true;
            info.isPlain = false;
        } else if (type == "eXIf") {
            info.exifOrientation = exifOrientation(content);
        }
        info.isPlain &= isPlainChunk(type) && length <= PNG_UINT_31_MAX;
        info.isPlain &= pngChecksum(bytes.subspan(position + 4, length + 4)) ==
                        readU32(bytes, position + 8 + length, ByteOrder::Big);
        if (type == "IEND")
            return info;
        before = type;
        position += 12 + length;
    }
}

// libpng's state with what its callbacks need. An error jumps back to escape.
struct PngSession {
    png_structp png = nullptr;
    png_infop info = nullptr;
    std::jmp_buf escape{};
    Bytes bytes;
    std::size_t position = 0;
    char message[128]{};

    explicit PngSession(Bytes file) : bytes(file) {}
    PngSession(const PngSession&) = delete;
    PngSession& operator=(const PngSession&) = delete;
    ~PngSession() { png_destroy_read_struct(&png, &info, nullptr); }
};

extern "C" {

[[noreturn]] static void leaveOnPngError(png_structp png, png_const_charp message) {
    auto* session = static_cast<PngSession*>(png_get_error_ptr(png));
    std::strncpy(session->message, message, sizeof session->message - 1);
    std::longjmp(session->escape, 1);
}

static void ignorePngWarning(png_structp, png_const_charp) {}

static void readPngBytes(png_structp png, png_bytep target, png_size_t count) {
    auto* session = static_cast<PngSession*>(png_get_io_ptr(png));
    if (!holds(session->bytes, session->position, count))
        png_error(png, "the data end too early");
    std::memcpy(target, session->bytes.data() + session->position, count);
    session->position += count;
}

} // extern "C"

// Only the chunks that pixels depend on are looked at; all others, compressed texts and profiles among them,
// are skipped. A wrong checksum in any chunk that is read is an error.
void startDecoder(PngSession& session) {
    session.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &session, leaveOnPngError, ignorePngWarning);
    if (session.png == nullptr)
        std::longjmp(session.escape, 1);
    session.info = png_create_info_struct(session.png);
    if (session.info == nullptr)
        std::longjmp(session.escape, 1);
    png_set_read_fn(session.png, &session, readPngBytes);
    png_set_keep_unknown_chunks(session.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    png_set_crc_action(session.png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_user_limits(session.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); // checked before
}

void setTransforms(PngSession& session) {
    png_set_palette_to_rgb(session.png);
    png_set_expand_gray_1_2_4_to_8(session.png);
    png_set_tRNS_to_alpha(session.png);
    if constexpr (std::endian::native == std::endian::little)
        png_set_swap(session.png);
}

RowLayout layoutFor(int channels) {
    return {channels >= 3 ? SampleColour::Rgb : SampleColour::Grey,
            channels % 2 == 0 ? AlphaKind::Straight : AlphaKind::None, channels};
}

void appendRow(GreyRows& rows, const std::uint8_t* row, const RowLayout& layout) {
    if (rows.bits() == 16)
        rows.append(reinterpret_cast<const std::uint16_t*>(row), layout);
    else
        rows.append(row, layout);
}

enum class Outcome { Done, Failed, Cancelled };

// Nothing in here needs a destructor: an error jumps out of libpng. buffer: one row of rowBytes, or all rows
// where the file is interlaced.
Outcome decodeRows(PngSession& session, GreyRows& rows, std::uint8_t* buffer, std::size_t rowBytes,
                   const std::stop_token& stop) {
    if (setjmp(session.escape) != 0)
        return Outcome::Failed;
    startDecoder(session);
    png_read_info(session.png, session.info);
    setTransforms(session);
    const int passes = png_set_interlace_handling(session.png);
    png_read_update_info(session.png, session.info);
    if (png_get_rowbytes(session.png, session.info) != rowBytes)
        png_error(session.png, "its rows do not have the length that its header tells");
    const RowLayout layout = layoutFor(png_get_channels(session.png, session.info));
    const std::size_t stride = passes > 1 ? rowBytes : 0;
    for (int pass = 0; pass < passes; ++pass) {
        for (int y = 0; y < rows.heightPx(); ++y) {
            if (y % 256 == 0 && stop.stop_requested())
                return Outcome::Cancelled;
            std::uint8_t* row = buffer + stride * static_cast<std::size_t>(y);
            png_read_row(session.png, row, nullptr);
            if (pass == passes - 1)
                appendRow(rows, row, layout);
        }
    }
    png_read_end(session.png, nullptr);
    return Outcome::Done;
}

// As decodeRows(). Failed: libpng is to be asked, which also takes less memory.
Outcome decodePlainRows(const PngInfo& info, GreyRows& rows, int channels, const std::stop_token& stop) try {
    const std::size_t samples = std::size_t{info.widthPx} * static_cast<std::size_t>(channels);
    const std::size_t sampleBytes = info.bitDepth == 16 ? 2 : 1;
    const PngRows layout{samples * sampleBytes, static_cast<std::size_t>(channels) * sampleBytes,
                         info.heightPx};
    const auto inflated = inflatedPng(info.data, layout);
    if (!inflated)
        return Outcome::Failed;
    const RowLayout meaning = layoutFor(channels);
    std::vector<std::uint16_t> wide(sampleBytes == 2 ? samples : 0);
    const bool isDone = forEachPngRow(*inflated, layout, [&](std::size_t y, const std::uint8_t* bytes) {
        if (y % 256 == 0 && stop.stop_requested())
            return false;
        for (std::size_t i = 0; i < wide.size(); ++i)
            wide[i] = static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
        if (sampleBytes == 2)
            rows.append(wide.data(), meaning);
        else
            rows.append(bytes, meaning);
        return true;
    });
    return isDone ? Outcome::Done : stop.stop_requested() ? Outcome::Cancelled : Outcome::Failed;
} catch (const std::bad_alloc&) {
    return Outcome::Failed;
}

int channelsAfterTransforms(const PngInfo& info) {
    const int colours = (info.colourType & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1;
    return colours + ((info.colourType & PNG_COLOR_MASK_ALPHA) != 0 || info.hasTransparency ? 1 : 0);
}

Result<void> checkSize(const PngInfo& info, std::size_t fileBytes) {
    if (auto size = checkFilmSize(info.widthPx, info.heightPx); !size)
        return size;
    const std::uint64_t pixels = std::uint64_t{info.widthPx} * info.heightPx;
    const std::uint64_t samples = (info.colourType & PNG_COLOR_MASK_PALETTE) != 0
                                      ? 1
                                      : ((info.colourType & PNG_COLOR_MASK_COLOR) != 0 ? 3U : 1U);
    const std::uint64_t packedBits = pixels * samples * static_cast<std::uint64_t>(info.bitDepth);
    if (packedBits / 8 > info.dataBytes * kDeflateRatio)
        return damaged("its data cannot hold the picture that it declares");
    const std::uint64_t decoded = info.interlaced
                                      ? pixels * static_cast<std::uint64_t>(channelsAfterTransforms(info)) *
                                            (info.bitDepth == 16 ? 2U : 1U)
                                      : 0;
    return checkDecodeBytes(fileBytes + decoded + 2 * pixels);
}

FilmSource describe(const PngInfo& info) {
    FilmSource source;
    source.format = "PNG";
    switch (info.colourType) {
    case PNG_COLOR_TYPE_PALETTE:
        source.photometric = "palette";
        break;
    case PNG_COLOR_TYPE_RGB:
        source.photometric = "RGB";
        break;
    case PNG_COLOR_TYPE_RGB_ALPHA:
        source.photometric = "RGBA";
        break;
    case PNG_COLOR_TYPE_GRAY_ALPHA:
        source.photometric = "grey + alpha";
        break;
    default:
        source.photometric = "grey";
    }
    source.encoding = std::to_string(info.bitDepth) + "-bit " + source.photometric;
    return source;
}

Result<Radiograph> decodePng(Bytes bytes, const std::stop_token& stop) {
    const auto info = scanChunks(bytes);
    if (!info)
        return tl::unexpected(info.error());
    if (const auto size = checkSize(*info, bytes.size()); !size)
        return tl::unexpected(size.error());
    const int bits = info->bitDepth == 16 ? 16 : 8;
    const int channels = channelsAfterTransforms(*info);
    const auto newRows = [&] {
        return GreyRows(static_cast<int>(info->widthPx), static_cast<int>(info->heightPx), bits);
    };
    GreyRows rows = newRows();
    const std::size_t rowBytes =
        std::size_t{info->widthPx} * static_cast<std::size_t>(channels) * static_cast<std::size_t>(bits / 8);
    const auto cancelled = fail(ErrorCode::Cancelled, "Reading was stopped.");
    const auto film = [&] {
        return makeRasterFilm(std::move(rows), info->exifOrientation, Polarity::AsStored, describe(*info));
    };
    if (info->isPlain && checkDecodeBytes(bytes.size() + info->dataBytes + (rowBytes + 1) * info->heightPx +
                                          2 * std::uint64_t{info->widthPx} * info->heightPx)) {
        const Outcome outcome = decodePlainRows(*info, rows, channels, stop);
        if (outcome == Outcome::Done)
            return film();
        if (outcome == Outcome::Cancelled)
            return cancelled;
        rows.take(); // gives its memory back
        rows = newRows();
    }
    std::vector<std::uint8_t> buffer(rowBytes * (info->interlaced ? info->heightPx : 1));
    PngSession session(bytes);
    switch (decodeRows(session, rows, buffer.data(), rowBytes, stop)) {
    case Outcome::Done:
        break;
    case Outcome::Failed:
        return damaged(session.message);
    case Outcome::Cancelled:
        return cancelled;
    }
    return film();
}

} // namespace

Result<Radiograph> readPng(Bytes bytes, const std::stop_token& stop) {
    try {
        return decodePng(bytes, stop);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to read the picture.");
    }
}

} // namespace hilum
