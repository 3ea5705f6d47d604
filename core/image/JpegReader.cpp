// JPEG by libjpeg. A damaged scan is only a warning to libjpeg, which goes on and fills in what is missing;
// here every warning that means altered pixels ends the reading.
#include <csetjmp>
#include <cstdio>
#include <new>
#include <vector>

#include <jpeglib.h>
// After jpeglib.h.
#include <jerror.h>

#include "core/image/FilmLimits.h"
#include "core/image/JpegMarkers.h"
#include "core/image/RasterReader.h"

namespace hilum {

namespace {

struct JpegErrors {
    jpeg_error_mgr base{}; // first: libjpeg hands back a pointer to it
    std::jmp_buf escape{};
    char message[JMSG_LENGTH_MAX]{};
    bool sloppy = false; // the stream breaks the format's rules where no pixel depends on it
};

extern "C" {

[[noreturn]] static void leaveOnError(j_common_ptr codec) {
    auto* errors = reinterpret_cast<JpegErrors*>(codec->err);
    codec->err->format_message(codec, errors->message);
    std::longjmp(errors->escape, 1);
}

static void judgeMessage(j_common_ptr codec, int level) {
    if (level >= 0) // a trace message
        return;
    switch (codec->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_ADOBE_XFORM:
    case JWRN_NOT_SEQUENTIAL:
        reinterpret_cast<JpegErrors*>(codec->err)->sloppy = true;
        break;
    default:
        leaveOnError(codec);
    }
}

} // extern "C"

// Owns libjpeg's state, also after an error.
class JpegSession {
public:
    JpegSession() {
        m_codec.err = jpeg_std_error(&m_errors.base);
        m_errors.base.error_exit = leaveOnError;
        m_errors.base.emit_message = judgeMessage;
    }
    JpegSession(const JpegSession&) = delete;
    JpegSession& operator=(const JpegSession&) = delete;
    ~JpegSession() { jpeg_destroy_decompress(&m_codec); }

    jpeg_decompress_struct& codec() { return m_codec; }
    JpegErrors& errors() { return m_errors; }

private:
    jpeg_decompress_struct m_codec{};
    JpegErrors m_errors;
};

enum class Outcome { Done, Failed, Cancelled };

RowLayout layoutFor(const jpeg_decompress_struct& codec) {
    switch (codec.out_color_space) {
    case JCS_GRAYSCALE:
        return {SampleColour::Grey, AlphaKind::None, 1};
    case JCS_YCbCr:
        return {SampleColour::Ycc, AlphaKind::None, 3};
    case JCS_CMYK:
        return {SampleColour::Rgb, AlphaKind::None, 4}; // after inkToLight()
    default:
        return {SampleColour::Rgb, AlphaKind::None, 3};
    }
}

// Cyan, magenta, yellow, black -> red, green, blue, and an unused sample. Adobe's files hold what is left of
// the light instead of the ink.
void inkToLight(std::uint8_t* pixel, JDIMENSION widthPx, bool holdsLight) noexcept {
    const unsigned flip = holdsLight ? 0 : 255;
    for (const std::uint8_t* end = pixel + 4 * std::size_t{widthPx}; pixel != end; pixel += 4)
        for (int i = 0; i < 3; ++i)
            pixel[i] = static_cast<std::uint8_t>(((pixel[i] ^ flip) * (pixel[3] ^ flip) + 127) / 255);
}

// Nothing in here needs a destructor: an error jumps out of libjpeg. row: widthPx × 4 bytes.
Outcome decodeRows(JpegSession& session, Bytes bytes, GreyRows& rows, std::uint8_t* row,
                   const std::stop_token& stop) {
    jpeg_decompress_struct& codec = session.codec();
    if (setjmp(session.errors().escape) != 0)
        return Outcome::Failed;
    jpeg_create_decompress(&codec);
    jpeg_mem_src(&codec, bytes.data(), static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&codec, TRUE);
    // No conversion: luma is taken as it is stored. YCCK is CMYK in disguise.
    codec.out_color_space = codec.jpeg_color_space == JCS_YCCK ? JCS_CMYK : codec.jpeg_color_space;
    jpeg_start_decompress(&codec);
    while (codec.output_scanline < codec.output_height) {
        if (codec.output_scanline % 256 == 0 && stop.stop_requested())
            return Outcome::Cancelled;
        JSAMPROW target = row;
        jpeg_read_scanlines(&codec, &target, 1);
        if (codec.out_color_space == JCS_CMYK)
            inkToLight(row, codec.output_width, codec.saw_Adobe_marker != 0);
        rows.append(row, layoutFor(codec));
    }
    jpeg_finish_decompress(&codec);
    return Outcome::Done;
}

Result<void> checkSupported(const JpegInfo& info) {
    if (info.process == JpegProcess::Lossless || info.process == JpegProcess::Other)
        return fail(ErrorCode::UnsupportedFormat, "Lossless and hierarchical JPEG files are not supported.");
    if (info.precisionBits != 8)
        return fail(ErrorCode::UnsupportedFormat, "JPEG files with " + std::to_string(info.precisionBits) +
                                                      " bits per sample are not supported.");
    if (info.components != 1 && info.components != 3 && info.components != 4)
        return fail(ErrorCode::UnsupportedFormat,
                    "JPEG files with " + std::to_string(info.components) + " components are not supported.");
    return {};
}

Result<void> checkSize(const JpegInfo& info, std::size_t fileBytes) {
    const auto width = static_cast<std::uint64_t>(info.widthPx);
    const auto height = static_cast<std::uint64_t>(info.heightPx);
    if (auto size = checkFilmSize(width, height); !size)
        return size;
    // With several scans libjpeg keeps two bytes per coefficient of the whole picture.
    const auto perPixel = 2U + (info.scans > 1 ? 2U * static_cast<std::uint64_t>(info.components) : 0U);
    return checkDecodeBytes(fileBytes + width * height * perPixel);
}

FilmSource describe(const jpeg_decompress_struct& codec, bool sloppy) {
    FilmSource source;
    source.format = "JPEG";
    source.photometric = codec.jpeg_color_space == JCS_GRAYSCALE ? "grey"
                         : codec.jpeg_color_space == JCS_YCbCr   ? "YCbCr"
                         : codec.out_color_space == JCS_CMYK     ? "CMYK"
                                                                 : "RGB";
    source.encoding = "8-bit " + source.photometric;
    if (sloppy)
        source.warnings.emplace_back(kSloppyJpeg);
    return source;
}

Result<Radiograph> decodeJpeg(Bytes bytes, const std::stop_token& stop) {
    const auto info = scanJpegMarkers(bytes);
    if (!info)
        return tl::unexpected(info.error());
    if (const auto supported = checkSupported(*info); !supported)
        return tl::unexpected(supported.error());
    if (const auto size = checkSize(*info, bytes.size()); !size)
        return tl::unexpected(size.error());
    GreyRows rows(info->widthPx, info->heightPx, 8);
    std::vector<std::uint8_t> row(static_cast<std::size_t>(info->widthPx) * 4);
    JpegSession session;
    switch (decodeRows(session, bytes.first(info->sizeBytes), rows, row.data(), stop)) {
    case Outcome::Done:
        break;
    case Outcome::Failed:
        return fail(ErrorCode::Damaged,
                    std::string("The JPEG data are damaged: ") + session.errors().message + ".");
    case Outcome::Cancelled:
        return fail(ErrorCode::Cancelled, "Reading was stopped.");
    }
    return makeRasterFilm(std::move(rows), info->exifOrientation, Polarity::AsStored,
                          describe(session.codec(), session.errors().sloppy));
}

} // namespace

Result<Radiograph> readJpeg(Bytes bytes, const std::stop_token& stop) {
    try {
        return decodeJpeg(bytes, stop);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to read the picture.");
    }
}

} // namespace hilum
