#include "core/image/ImageWriter.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <vector>

#include <png.h>
#include <tiffio.h>

#include "core/image/TiffMemory.h"
#include "core/storage/AtomicFile.h"

namespace hilum {

namespace {

constexpr int kFastCompression = 2; // zlib's level: films barely shrink further

// What libpng and libtiff write. An error of libpng's jumps back to escape.
struct PngSession {
    png_structp png = nullptr;
    png_infop info = nullptr;
    std::jmp_buf escape{};
    std::string bytes;

    PngSession() = default;
    PngSession(const PngSession&) = delete;
    PngSession& operator=(const PngSession&) = delete;
    ~PngSession() { png_destroy_write_struct(&png, &info); }
};

struct TiffSession {
    std::string bytes;
    std::uint64_t position = 0;
};

// False where there is no memory: no exception may cross a C library.
bool appended(std::string& bytes, const void* data, std::size_t count) {
    try {
        bytes.append(static_cast<const char*>(data), count);
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

extern "C" {

[[noreturn]] static void leaveOnPngError(png_structp png, png_const_charp) {
    std::longjmp(static_cast<PngSession*>(png_get_error_ptr(png))->escape, 1);
}

static void ignorePngWarning(png_structp, png_const_charp) {}

static void appendPngBytes(png_structp png, png_bytep data, png_size_t count) {
    if (!appended(static_cast<PngSession*>(png_get_io_ptr(png))->bytes, data, count))
        png_error(png, "no memory");
}

static void flushNothing(png_structp) {}

static tmsize_t readTiffBytes(thandle_t handle, void* target, tmsize_t wanted) {
    auto* session = static_cast<TiffSession*>(handle);
    if (wanted <= 0 || session->position >= session->bytes.size())
        return 0;
    const std::size_t count =
        session->bytes.copy(static_cast<char*>(target), static_cast<std::size_t>(wanted),
                            static_cast<std::size_t>(session->position));
    session->position += count;
    return static_cast<tmsize_t>(count);
}

static tmsize_t writeTiffBytes(thandle_t handle, void* data, tmsize_t count) {
    auto* session = static_cast<TiffSession*>(handle);
    const auto begin = static_cast<std::size_t>(session->position), size = static_cast<std::size_t>(count);
    const std::size_t inside = std::min(size, session->bytes.size() - std::min(session->bytes.size(), begin));
    if (begin > session->bytes.size() ||
        !appended(session->bytes, static_cast<const char*>(data) + inside, size - inside))
        return -1;
    std::memcpy(session->bytes.data() + begin, data, inside);
    session->position = begin + size;
    return count;
}

static toff_t seekInTiff(thandle_t handle, toff_t offset, int whence) {
    auto* session = static_cast<TiffSession*>(handle);
    return seekInMemory(session->position, session->bytes.size(), offset, whence);
}

static toff_t sizeOfTiff(thandle_t handle) { return static_cast<TiffSession*>(handle)->bytes.size(); }

} // extern "C"

// Nothing in here needs a destructor: an error jumps out of libpng.
template <class T>
bool writePngRows(PngSession& session, const T* values, int widthPx, int heightPx, int channels) {
    if (setjmp(session.escape) != 0)
        return false;
    session.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &session, leaveOnPngError, ignorePngWarning);
    if (session.png == nullptr)
        return false;
    session.info = png_create_info_struct(session.png);
    if (session.info == nullptr)
        return false;
    png_set_write_fn(session.png, &session, appendPngBytes, flushNothing);
    png_set_compression_level(session.png, kFastCompression);
    png_set_filter(session.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
    png_set_IHDR(session.png, session.info, static_cast<png_uint_32>(widthPx),
                 static_cast<png_uint_32>(heightPx), 8 * static_cast<int>(sizeof(T)),
                 channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(session.png, session.info);
    if constexpr (sizeof(T) == 2 && std::endian::native == std::endian::little)
        png_set_swap(session.png);
    const std::size_t rowValues = static_cast<std::size_t>(widthPx) * static_cast<std::size_t>(channels);
    for (int y = 0; y < heightPx; ++y)
        png_write_row(session.png,
                      reinterpret_cast<png_const_bytep>(values + static_cast<std::size_t>(y) * rowValues));
    png_write_end(session.png, nullptr);
    return true;
}

// Empty where libpng fails. channels: 1 (grey) or 3 (red, green, blue).
template <class T>
std::string pngOf(const std::vector<T>& values, int widthPx, int heightPx, int channels) {
    assert(values.size() == static_cast<std::size_t>(widthPx) * static_cast<std::size_t>(heightPx) *
                                static_cast<std::size_t>(channels));
    PngSession session;
    return writePngRows(session, values.data(), widthPx, heightPx, channels) ? std::move(session.bytes)
                                                                             : std::string();
}

// Empty where libtiff fails.
std::string tiffOf(const FloatImage& image) {
    TiffSession session;
    {
        const std::unique_ptr<TIFF, decltype(&TIFFClose)> tiff(
            TIFFClientOpen("", "w", &session, readTiffBytes, writeTiffBytes, seekInTiff, closeNoTiffFile,
                           sizeOfTiff, nullptr, nullptr),
            TIFFClose);
        if (!tiff)
            return {};
        TIFF* const out = tiff.get();
        const bool described = TIFFSetField(out, TIFFTAG_IMAGEWIDTH, image.widthPx) == 1 &&
                               TIFFSetField(out, TIFFTAG_IMAGELENGTH, image.heightPx) == 1 &&
                               TIFFSetField(out, TIFFTAG_BITSPERSAMPLE, 32) == 1 &&
                               TIFFSetField(out, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP) == 1 &&
                               TIFFSetField(out, TIFFTAG_SAMPLESPERPIXEL, 1) == 1 &&
                               TIFFSetField(out, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK) == 1 &&
                               TIFFSetField(out, TIFFTAG_ROWSPERSTRIP, image.heightPx) == 1;
        auto* const values = const_cast<float*>(image.values.data()); // is only read
        const auto bytes = static_cast<tmsize_t>(image.values.size() * sizeof(float));
        if (!described || TIFFWriteEncodedStrip(out, 0, values, bytes) != bytes || TIFFFlush(out) != 1)
            return {};
    }
    return std::move(session.bytes);
}

Result<void> writeEncoded(const std::string& bytes, const std::filesystem::path& file) {
    if (bytes.empty())
        return fail(ErrorCode::Internal, "The picture could not be encoded.", file.string());
    return writeFileAtomically(file, bytes);
}

} // namespace

std::string encodePng(const Raster<std::uint8_t>& image) {
    assert(image.channels == 1 || image.channels == 3);
    return pngOf(image.values, image.widthPx, image.heightPx, image.channels);
}

Result<void> writePng(const Raster<std::uint8_t>& image, const std::filesystem::path& file) {
    return writeEncoded(encodePng(image), file);
}

Result<void> writeStoredValuesPng(const Radiograph& film, const std::filesystem::path& file) {
    std::vector<std::uint16_t> stored(film.pixels->begin(), film.pixels->end());
    for (std::uint16_t& value : stored)
        value = static_cast<std::uint16_t>(film.storedValue(value) - film.storedMin);
    return writeEncoded(pngOf(stored, film.widthPx, film.heightPx, 1), file);
}

Result<void> writeFloatTiff(const FloatImage& image, const std::filesystem::path& file) {
    assert(image.channels == 1);
    return writeEncoded(tiffOf(image), file);
}

} // namespace hilum
