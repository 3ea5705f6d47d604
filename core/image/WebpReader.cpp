// WebP by libwebp. The RIFF chunks are walked first, so that sizes are known and a cut file is refused before
// decoding.
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <webp/decode.h>

#include "core/image/FilmLimits.h"
#include "core/image/JpegMarkers.h"
#include "core/image/RasterReader.h"

namespace hilum {

namespace {

tl::unexpected<Error> damaged(const std::string& what) {
    return fail(ErrorCode::Damaged, "The WebP file is damaged: " + what + ".");
}

std::string_view textAt(Bytes bytes, std::size_t offset, std::size_t count) {
    return {reinterpret_cast<const char*>(bytes.data()) + offset, count};
}

struct WebPInfo {
    Bytes file; // up to where the RIFF header says it ends
    int exifOrientation = 1;
    bool hasPicture = false;
};

// WebP container specification: "RIFF", size, "WEBP", then chunks of four letters, size and padded content.
Result<WebPInfo> scanChunks(Bytes bytes) {
    constexpr std::size_t kHeaderBytes = 12;
    if (!holds(bytes, 0, kHeaderBytes) || !holds(bytes, 8, readU32(bytes, 4, ByteOrder::Little)))
        return damaged("it is cut short at byte " + std::to_string(bytes.size()));
    WebPInfo info;
    info.file = bytes.first(8 + readU32(bytes, 4, ByteOrder::Little));
    for (std::size_t position = kHeaderBytes; holds(info.file, position, 8);) {
        const std::string_view type = textAt(info.file, position, 4);
        const std::size_t length = readU32(info.file, position + 4, ByteOrder::Little);
        if (!holds(info.file, position + 8, length))
            return damaged("a chunk at byte " + std::to_string(position) + " reaches beyond the end");
        Bytes content = info.file.subspan(position + 8, length);
        if (type == "EXIF") {
            constexpr std::string_view kName{"Exif\0\0", 6};
            if (content.size() >= kName.size() && textAt(content, 0, kName.size()) == kName)
                content = content.subspan(kName.size());
            info.exifOrientation = exifOrientation(content);
        }
        info.hasPicture |= type == "VP8 " || type == "VP8L";
        position += 8 + length + length % 2;
    }
    return info;
}

// Width, height and kind, checked.
Result<WebPBitstreamFeatures> readFeatures(const WebPInfo& info) {
    WebPBitstreamFeatures features;
    if (WebPGetFeatures(info.file.data(), info.file.size(), &features) != VP8_STATUS_OK)
        return damaged("its header cannot be read");
    if (features.has_animation != 0)
        return fail(ErrorCode::UnsupportedFormat, "Animated WebP files are not supported.");
    if (!info.hasPicture)
        return damaged("it holds no picture");
    const auto width = static_cast<std::uint64_t>(features.width);
    const auto height = static_cast<std::uint64_t>(features.height);
    if (auto size = checkFilmSize(width, height); !size)
        return tl::unexpected(size.error());
    // Four bytes a pixel here, as much again inside the decoder of lossless files, and the film.
    if (auto size = checkDecodeBytes(info.file.size() + width * height * (4 + 4 + 2)); !size)
        return tl::unexpected(size.error());
    return features;
}

FilmSource describe(const WebPBitstreamFeatures& features) {
    FilmSource source;
    source.format = "WebP";
    source.photometric = features.has_alpha != 0 ? "RGBA" : "RGB";
    source.encoding = features.format == 2 ? "lossless" : "lossy";
    return source;
}

Result<Radiograph> decodeWebP(Bytes bytes, const std::stop_token& stop) {
    const auto info = scanChunks(bytes);
    if (!info)
        return tl::unexpected(info.error());
    const auto features = readFeatures(*info);
    if (!features)
        return tl::unexpected(features.error());
    const std::size_t rowBytes = static_cast<std::size_t>(features->width) * 4;
    std::vector<std::uint8_t> pixels(rowBytes * static_cast<std::size_t>(features->height));
    if (WebPDecodeRGBAInto(info->file.data(), info->file.size(), pixels.data(), pixels.size(),
                           static_cast<int>(rowBytes)) == nullptr)
        return damaged("its data are corrupt or cut short");
    if (stop.stop_requested())
        return fail(ErrorCode::Cancelled, "Reading was stopped.");
    GreyRows rows(features->width, features->height, 8);
    const AlphaKind alpha = features->has_alpha != 0 ? AlphaKind::Straight : AlphaKind::None;
    for (std::size_t y = 0; y < static_cast<std::size_t>(features->height); ++y)
        rows.append(pixels.data() + rowBytes * y, {SampleColour::Rgb, alpha, 4});
    return makeRasterFilm(std::move(rows), info->exifOrientation, Polarity::AsStored, describe(*features));
}

} // namespace

Result<Radiograph> readWebP(Bytes bytes, const std::stop_token& stop) {
    try {
        return decodeWebP(bytes, stop);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to read the picture.");
    }
}

} // namespace hilum
