#include "tests/support/PictureFiles.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <jpeglib.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <openjpeg.h>
#include <webp/encode.h>

namespace hilum::test {

namespace {

void appendBig32(ByteVector& bytes, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::uint32_t crc32(const std::uint8_t* bytes, std::size_t count) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (std::size_t i = 0; i < count; ++i) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
    }
    return ~crc;
}

// zlib with stored blocks: nothing is compressed.
ByteVector zlibStored(const ByteVector& bytes) {
    constexpr std::size_t kBlock = 65535;
    ByteVector out{0x78, 0x01};
    std::size_t position = 0;
    do {
        const std::size_t count = std::min(kBlock, bytes.size() - position);
        out.push_back(position + count == bytes.size() ? 1 : 0);
        for (const std::size_t word : {count, ~count}) {
            out.push_back(static_cast<std::uint8_t>(word & 0xFFU));
            out.push_back(static_cast<std::uint8_t>(word >> 8U & 0xFFU));
        }
        out.insert(out.end(), bytes.begin() + static_cast<std::ptrdiff_t>(position),
                   bytes.begin() + static_cast<std::ptrdiff_t>(position + count));
        position += count;
    } while (position < bytes.size());
    std::uint32_t a = 1;
    std::uint32_t b = 0;
    for (const std::uint8_t byte : bytes) {
        a = (a + byte) % 65521;
        b = (b + a) % 65521;
    }
    appendBig32(out, b << 16U | a);
    return out;
}

int channelsOf(int pngColourType) {
    constexpr std::array kChannels{1, 0, 3, 1, 2, 0, 4};
    return kChannels[static_cast<std::size_t>(pngColourType)];
}

// Grows a TIFF file; offsets are known when a value is appended.
class TiffBuilder {
public:
    explicit TiffBuilder(ByteOrder order) : m_order(order) {
        m_bytes = {order == ByteOrder::Little ? std::uint8_t{'I'} : std::uint8_t{'M'},
                   order == ByteOrder::Little ? std::uint8_t{'I'} : std::uint8_t{'M'}};
        put16(42);
        put32(0); // offset of the first directory, filled in later
    }

    void put16(std::uint32_t value) {
        const auto low = static_cast<std::uint8_t>(value & 0xFFU);
        const auto high = static_cast<std::uint8_t>(value >> 8U & 0xFFU);
        m_bytes.push_back(m_order == ByteOrder::Little ? low : high);
        m_bytes.push_back(m_order == ByteOrder::Little ? high : low);
    }
    void put32(std::uint32_t value) {
        put16(m_order == ByteOrder::Little ? value & 0xFFFFU : value >> 16U);
        put16(m_order == ByteOrder::Little ? value >> 16U : value & 0xFFFFU);
    }
    std::uint32_t append(const ByteVector& bytes) {
        const auto offset = static_cast<std::uint32_t>(m_bytes.size());
        m_bytes.insert(m_bytes.end(), bytes.begin(), bytes.end());
        if (m_bytes.size() % 2 != 0)
            m_bytes.push_back(0);
        return offset;
    }
    void patch32(std::size_t offset, std::uint32_t value) {
        TiffBuilder number(m_order);
        number.put32(value);
        std::copy(number.m_bytes.end() - 4, number.m_bytes.end(),
                  m_bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    }

    struct Entry {
        std::uint16_t tag;
        bool isLong; // type LONG, otherwise SHORT
        std::vector<std::uint32_t> values;
    };
    // The entries in ascending order of tags. Returns where the offset of the next directory stands.
    std::size_t directory(const std::vector<Entry>& entries, std::size_t pointer) {
        std::vector<std::uint32_t> offsets;
        for (const Entry& entry : entries) {
            offsets.push_back(static_cast<std::uint32_t>(m_bytes.size()));
            if (entry.values.size() * (entry.isLong ? 4 : 2) > 4)
                putValues(entry);
        }
        patch32(pointer, static_cast<std::uint32_t>(m_bytes.size()));
        put16(static_cast<std::uint32_t>(entries.size()));
        for (std::size_t i = 0; i < entries.size(); ++i) {
            put16(entries[i].tag);
            put16(entries[i].isLong ? 4 : 3);
            put32(static_cast<std::uint32_t>(entries[i].values.size()));
            const std::size_t end = m_bytes.size() + 4;
            if (entries[i].values.size() * (entries[i].isLong ? 4 : 2) > 4)
                put32(offsets[i]);
            else
                putValues(entries[i]);
            m_bytes.resize(end);
        }
        put32(0);
        return m_bytes.size() - 4;
    }
    [[nodiscard]] ByteVector take() { return std::move(m_bytes); }

private:
    void putValues(const Entry& entry) {
        for (const std::uint32_t value : entry.values)
            entry.isLong ? put32(value) : put16(value);
    }

    ByteOrder m_order;
    ByteVector m_bytes;
};

} // namespace

void appendPngChunk(ByteVector& file, const std::string& type, const ByteVector& content) {
    appendBig32(file, static_cast<std::uint32_t>(content.size()));
    const std::size_t start = file.size();
    file.insert(file.end(), type.begin(), type.end());
    file.insert(file.end(), content.begin(), content.end());
    appendBig32(file, crc32(file.data() + start, file.size() - start));
}

// PNG 1.2, 6.6, as it is written there.
static int paeth(int a, int b, int c) {
    const int p = a + b - c;
    const int pa = std::abs(p - a), pb = std::abs(p - b), pc = std::abs(p - c);
    if (pa <= pb && pa <= pc)
        return a;
    return pb <= pc ? b : c;
}

ByteVector makePng(const PngSpec& spec) {
    ByteVector file{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    ByteVector header;
    appendBig32(header, static_cast<std::uint32_t>(spec.widthPx));
    appendBig32(header, static_cast<std::uint32_t>(spec.heightPx));
    for (const int value : {spec.bitDepth, spec.colourType, 0, 0, 0})
        header.push_back(static_cast<std::uint8_t>(value));
    appendPngChunk(file, "IHDR", header);
    if (!spec.exif.empty())
        appendPngChunk(file, "eXIf", spec.exif);
    if (!spec.palette.empty())
        appendPngChunk(file, "PLTE", spec.palette);
    if (!spec.transparency.empty())
        appendPngChunk(file, "tRNS", spec.transparency);
    const auto rowBytes =
        static_cast<std::size_t>((spec.widthPx * channelsOf(spec.colourType) * spec.bitDepth + 7) / 8);
    const auto pixelBytes =
        static_cast<std::size_t>(std::max(1, channelsOf(spec.colourType) * spec.bitDepth / 8));
    ByteVector filtered;
    for (std::size_t i = 0; i < spec.rows.size(); ++i) {
        const std::size_t row = i / rowBytes, column = i % rowBytes, filter = spec.filters ? row % 5 : 0;
        if (column == 0)
            filtered.push_back(static_cast<std::uint8_t>(filter));
        const int left = column >= pixelBytes ? spec.rows[i - pixelBytes] : 0;
        const int up = row > 0 ? spec.rows[i - rowBytes] : 0;
        const int corner = row > 0 && column >= pixelBytes ? spec.rows[i - rowBytes - pixelBytes] : 0;
        const int guess[] = {0, left, up, (left + up) / 2, paeth(left, up, corner)};
        filtered.push_back(static_cast<std::uint8_t>(spec.rows[i] - guess[filter]));
    }
    filtered.insert(filtered.end(), spec.surplus, 0);
    appendPngChunk(file, "IDAT", zlibStored(filtered));
    appendPngChunk(file, "IEND", {});
    return file;
}

ByteVector bytesOf(const std::vector<std::uint16_t>& values, ByteOrder order) {
    ByteVector bytes;
    for (const std::uint16_t value : values) {
        const auto low = static_cast<std::uint8_t>(value & 0xFFU);
        const auto high = static_cast<std::uint8_t>(value >> 8U);
        bytes.push_back(order == ByteOrder::Little ? low : high);
        bytes.push_back(order == ByteOrder::Little ? high : low);
    }
    return bytes;
}

namespace {

std::uint32_t unsignedOf(int value) { return static_cast<std::uint32_t>(value); }

// Where the strips or tiles lie, and how large each is.
struct Chunks {
    std::vector<std::uint32_t> offsets;
    std::vector<std::uint32_t> sizes;
};

Chunks chunksOf(const TiffSpec& spec, std::uint32_t start) {
    const auto across = [&spec](int px) { return (px + spec.tilePx - 1) / spec.tilePx; };
    const int count = spec.tilePx > 0    ? across(spec.widthPx) * across(spec.heightPx)
                      : spec.planar == 2 ? spec.samples
                                         : 1;
    const auto bytes = static_cast<std::uint32_t>(spec.pixels.size()) / unsignedOf(count);
    Chunks chunks;
    for (std::uint32_t i = 0; i < unsignedOf(count); ++i)
        chunks.offsets.push_back(start + i * bytes);
    chunks.sizes.assign(chunks.offsets.size(), bytes);
    return chunks;
}

std::vector<TiffBuilder::Entry> tiffEntries(const TiffSpec& spec, const Chunks& chunks) {
    const auto perSample = [&spec](int value) {
        return std::vector<std::uint32_t>(static_cast<std::size_t>(spec.samples), unsignedOf(value));
    };
    std::vector<TiffBuilder::Entry> entries{
        {256, true, {unsignedOf(spec.widthPx)}},      {257, true, {unsignedOf(spec.heightPx)}},
        {258, false, perSample(spec.bits)},           {259, false, {unsignedOf(spec.compression)}},
        {262, false, {unsignedOf(spec.photometric)}}, {274, false, {unsignedOf(spec.orientation)}},
        {277, false, {unsignedOf(spec.samples)}},     {284, false, {unsignedOf(spec.planar)}},
        {339, false, perSample(spec.sampleFormat)}};
    if (spec.tilePx > 0) {
        entries.push_back({322, true, {unsignedOf(spec.tilePx)}});
        entries.push_back({323, true, {unsignedOf(spec.tilePx)}});
        entries.push_back({324, true, chunks.offsets});
        entries.push_back({325, true, chunks.sizes});
    } else {
        entries.push_back({273, true, chunks.offsets});
        entries.push_back({278, true, {unsignedOf(spec.heightPx)}});
        entries.push_back({279, true, chunks.sizes});
    }
    if (!spec.colourMap.empty())
        entries.push_back({320, false, {spec.colourMap.begin(), spec.colourMap.end()}});
    if (!spec.extraSamples.empty())
        entries.push_back({338, false, {spec.extraSamples.begin(), spec.extraSamples.end()}});
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.tag < b.tag; });
    return entries;
}

} // namespace

ByteVector makeTiff(const TiffSpec& spec) {
    TiffBuilder builder(spec.order);
    const std::uint32_t start = builder.append(spec.pixels);
    const std::vector<TiffBuilder::Entry> entries = tiffEntries(spec, chunksOf(spec, start));
    std::size_t next = 4;
    for (int page = 0; page < spec.pages; ++page)
        next = builder.directory(entries, next);
    return builder.take();
}

ByteVector makeJpeg(const Raster<std::uint8_t>& image, const JpegOptions& options) {
    const cv::Mat pixels(image.heightPx, image.widthPx, CV_8UC(image.channels),
                         const_cast<std::uint8_t*>(image.values.data()));
    cv::Mat encoded = pixels;
    if (image.channels == 3)
        cv::cvtColor(pixels, encoded, cv::COLOR_RGB2BGR);
    ByteVector bytes;
    cv::imencode(".jpg", encoded, bytes,
                 {cv::IMWRITE_JPEG_QUALITY, options.quality, cv::IMWRITE_JPEG_PROGRESSIVE,
                  options.progressive ? 1 : 0, cv::IMWRITE_JPEG_RST_INTERVAL, options.restartInterval});
    return bytes;
}

ByteVector makeCmykJpeg(int widthPx, int heightPx) {
    jpeg_compress_struct codec{};
    jpeg_error_mgr errors{};
    codec.err = jpeg_std_error(&errors);
    jpeg_create_compress(&codec);
    unsigned char* buffer = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&codec, &buffer, &size);
    codec.image_width = static_cast<JDIMENSION>(widthPx);
    codec.image_height = static_cast<JDIMENSION>(heightPx);
    codec.input_components = 4;
    codec.in_color_space = JCS_CMYK;
    jpeg_set_defaults(&codec);
    jpeg_start_compress(&codec, TRUE);
    std::vector<JSAMPLE> row(static_cast<std::size_t>(widthPx) * 4, 128);
    JSAMPROW pointer = row.data();
    while (codec.next_scanline < codec.image_height)
        jpeg_write_scanlines(&codec, &pointer, 1);
    jpeg_finish_compress(&codec);
    jpeg_destroy_compress(&codec);
    ByteVector bytes(buffer, buffer + size);
    std::free(buffer);
    return bytes;
}

namespace {

// OpenJPEG writes into memory through these.
struct Jpeg2000Target {
    ByteVector bytes;
    std::size_t position = 0;
};

OPJ_SIZE_T writeBytes(void* source, OPJ_SIZE_T count, void* user) {
    auto* target = static_cast<Jpeg2000Target*>(user);
    target->bytes.resize(std::max(target->bytes.size(), target->position + count));
    std::copy_n(static_cast<const std::uint8_t*>(source), count,
                target->bytes.begin() + static_cast<std::ptrdiff_t>(target->position));
    target->position += count;
    return count;
}

OPJ_BOOL seekBytes(OPJ_OFF_T offset, void* user) {
    static_cast<Jpeg2000Target*>(user)->position = static_cast<std::size_t>(offset);
    return OPJ_TRUE;
}

OPJ_OFF_T skipBytes(OPJ_OFF_T count, void* user) {
    static_cast<Jpeg2000Target*>(user)->position += static_cast<std::size_t>(count);
    return count;
}

opj_image_t* opjImage(const Raster<int>& image, const Jpeg2000Options& options) {
    std::vector<opj_image_cmptparm_t> components(static_cast<std::size_t>(image.channels));
    for (opj_image_cmptparm_t& component : components) {
        component = {};
        component.dx = component.dy = 1;
        component.w = static_cast<OPJ_UINT32>(image.widthPx);
        component.h = static_cast<OPJ_UINT32>(image.heightPx);
        component.prec = static_cast<OPJ_UINT32>(options.bits);
        component.sgnd = options.isSigned ? 1 : 0;
    }
    opj_image_t* result = opj_image_create(static_cast<OPJ_UINT32>(image.channels), components.data(),
                                           image.channels == 3 ? OPJ_CLRSPC_SRGB : OPJ_CLRSPC_GRAY);
    result->x1 = static_cast<OPJ_UINT32>(image.widthPx);
    result->y1 = static_cast<OPJ_UINT32>(image.heightPx);
    for (std::size_t i = 0; i < image.values.size(); ++i)
        result->comps[i % static_cast<std::size_t>(image.channels)]
            .data[i / static_cast<std::size_t>(image.channels)] = image.values[i];
    return result;
}

} // namespace

ByteVector makeJpeg2000(const Raster<int>& image, const Jpeg2000Options& options) {
    opj_cparameters_t parameters;
    opj_set_default_encoder_parameters(&parameters);
    parameters.numresolution = 3;
    parameters.tcp_numlayers = 1;
    parameters.tcp_rates[0] = options.lossless ? 0 : 10;
    parameters.cp_disto_alloc = 1;
    parameters.irreversible = options.lossless ? 0 : 1;
    parameters.tcp_mct = image.channels == 3 ? 1 : 0;
    parameters.tile_size_on = options.tilePx > 0 ? OPJ_TRUE : OPJ_FALSE;
    parameters.cp_tdx = parameters.cp_tdy = options.tilePx;
    opj_image_t* pixels = opjImage(image, options);
    opj_codec_t* codec = opj_create_compress(options.boxes ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K);
    Jpeg2000Target target;
    opj_stream_t* stream = opj_stream_default_create(OPJ_FALSE);
    opj_stream_set_user_data(stream, &target, nullptr);
    opj_stream_set_write_function(stream, writeBytes);
    opj_stream_set_seek_function(stream, seekBytes);
    opj_stream_set_skip_function(stream, skipBytes);
    const bool good = opj_setup_encoder(codec, &parameters, pixels) != OPJ_FALSE &&
                      opj_start_compress(codec, pixels, stream) != OPJ_FALSE &&
                      opj_encode(codec, stream) != OPJ_FALSE && opj_end_compress(codec, stream) != OPJ_FALSE;
    opj_stream_destroy(stream);
    opj_destroy_codec(codec);
    opj_image_destroy(pixels);
    return good ? target.bytes : ByteVector{};
}

ByteVector makeBmp(const BmpSpec& spec) {
    ByteVector file{'B', 'M'};
    const auto put = [&file](std::uint32_t value, int bytes) {
        for (int i = 0; i < bytes; ++i)
            file.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    };
    const std::size_t start = 54 + spec.palette.size() + 4 * spec.masks.size();
    put(static_cast<std::uint32_t>(start + spec.rows.size()), 4);
    put(0, 4);
    put(static_cast<std::uint32_t>(start), 4);
    put(40, 4);
    put(static_cast<std::uint32_t>(spec.widthPx), 4);
    put(static_cast<std::uint32_t>(spec.heightPx), 4);
    put(1, 2);
    put(static_cast<std::uint32_t>(spec.bitsPerPixel), 2);
    put(static_cast<std::uint32_t>(spec.compression), 4);
    for (int i = 0; i < 3; ++i)
        put(0, 4); // size of the data and resolution
    put(static_cast<std::uint32_t>(spec.palette.size() / 4), 4);
    put(0, 4);
    for (const std::uint32_t mask : spec.masks)
        put(mask, 4);
    file.insert(file.end(), spec.palette.begin(), spec.palette.end());
    file.insert(file.end(), spec.rows.begin(), spec.rows.end());
    return file;
}

ByteVector makeWebP(const Raster<std::uint8_t>& image, bool lossless) {
    std::uint8_t* bytes = nullptr;
    const int stride = image.widthPx * image.channels;
    const std::uint8_t* pixels = image.values.data();
    const int width = image.widthPx;
    const int height = image.heightPx;
    const bool alpha = image.channels == 4;
    const std::size_t count = lossless
                                  ? (alpha ? WebPEncodeLosslessRGBA(pixels, width, height, stride, &bytes)
                                           : WebPEncodeLosslessRGB(pixels, width, height, stride, &bytes))
                                  : (alpha ? WebPEncodeRGBA(pixels, width, height, stride, 90, &bytes)
                                           : WebPEncodeRGB(pixels, width, height, stride, 90, &bytes));
    ByteVector file(bytes, bytes + count);
    WebPFree(bytes);
    return file;
}

ByteVector exifWithOrientation(int orientation) {
    return {'M', 'M',  0, 42, 0, 0, 0, 8, // header, offset of the directory
            0,   1,                       // one entry
            1,   0x12, 0, 3,  0, 0, 0, 1, 0, static_cast<std::uint8_t>(orientation), 0, 0, 0, 0, 0, 0};
}

ByteVector withExifOrientation(const ByteVector& jpeg, int orientation) {
    constexpr std::string_view kName{"Exif\0\0", 6};
    const ByteVector exif = exifWithOrientation(orientation);
    const std::size_t length = 2 + kName.size() + exif.size();
    ByteVector segment{0xFF, 0xE1, static_cast<std::uint8_t>(length >> 8U),
                       static_cast<std::uint8_t>(length & 0xFFU)};
    segment.insert(segment.end(), kName.begin(), kName.end());
    segment.insert(segment.end(), exif.begin(), exif.end());
    ByteVector bytes = jpeg;
    bytes.insert(bytes.begin() + 2, segment.begin(), segment.end());
    return bytes;
}

Raster<std::uint8_t> makePicture(int widthPx, int heightPx, int channels) {
    Raster<std::uint8_t> image(widthPx, heightPx, channels);
    for (int y = 0; y < heightPx; ++y)
        for (int x = 0; x < widthPx; ++x)
            for (int c = 0; c < channels; ++c) {
                const double wave = std::sin(0.31 * x + 1.7 * c) * std::cos(0.23 * y - 0.9 * c);
                const int speckle = (x * 37 + y * 101 + c * 53) % 17;
                image.at(x, y, c) = static_cast<std::uint8_t>(std::lround(120 + 100 * wave + speckle));
            }
    return image;
}

} // namespace hilum::test
