// PNG, TIFF and JPEG files with known pixels, built in memory. PNG and TIFF are put together byte by byte, so
// that what the reader is held against does not come from the library that it reads with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/domain/Raster.h"
#include "core/image/Bytes.h"

namespace hilum::test {

using ByteVector = std::vector<std::uint8_t>;

struct PngSpec {
    int widthPx = 1;
    int heightPx = 1;
    int bitDepth = 8;
    int colourType = 0;        // 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGB + alpha
    ByteVector rows{};         // packed as PNG has them, 16 bit in big endian, without filter bytes
    ByteVector palette{};      // red, green, blue of each entry
    ByteVector transparency{}; // content of the tRNS chunk; none where empty
    ByteVector exif{};         // content of the eXIf chunk; none where empty
    bool filters = false;      // the five filters in turn, row by row; else none
    std::size_t surplus = 0;   // bytes too many in the compressed stream: libpng alone puts up with them
};
ByteVector makePng(const PngSpec& spec);
// Appends length, type, content and checksum.
void appendPngChunk(ByteVector& file, const std::string& type, const ByteVector& content);

struct TiffSpec {
    ByteOrder order = ByteOrder::Little;
    int widthPx = 1;
    int heightPx = 1;
    int bits = 8;
    int samples = 1;
    int photometric = 1; // 0 grey with 0 white, 1 grey, 2 RGB, 3 palette, 5 CMYK
    int planar = 1;      // 2: one strip for each sample
    int orientation = 1;
    int sampleFormat = 1;
    int compression = 1;                    // the pixels are taken as already compressed
    std::vector<int> extraSamples{};        // 0 unspecified, 1 premultiplied, 2 straight alpha
    std::vector<std::uint16_t> colourMap{}; // all reds, all greens, all blues
    int tilePx = 0;      // 0: strips; otherwise square tiles of this side, pixels in tile order
    int pages = 1;       // directories, all with the same content
    ByteVector pixels{}; // in the file's byte order
};
ByteVector makeTiff(const TiffSpec& spec);
// 16-bit values in the byte order.
ByteVector bytesOf(const std::vector<std::uint16_t>& values, ByteOrder order);

struct JpegOptions {
    int quality = 95;
    bool progressive = false;
    int restartInterval = 0;
};
// channels 1: grey; 3: RGB, stored as YCbCr with halved chroma.
ByteVector makeJpeg(const Raster<std::uint8_t>& image, const JpegOptions& options = {});
// Adobe CMYK, four components.
ByteVector makeCmykJpeg(int widthPx, int heightPx);
struct Jpeg2000Options {
    int bits = 8;
    bool isSigned = false;
    bool lossless = true; // else a tenth of the size
    int tilePx = 0;       // 0: one tile
    bool boxes = false;   // JP2 around the code stream
};
// channels 1 or 3 (RGB, with the multiple component transform).
ByteVector makeJpeg2000(const Raster<int>& image, const Jpeg2000Options& options = {});

struct BmpSpec {
    int widthPx = 1;
    int heightPx = 1; // negative: rows from top to bottom
    int bitsPerPixel = 24;
    int compression = 0;
    ByteVector palette{};               // blue, green, red, 0 of each entry
    std::vector<std::uint32_t> masks{}; // red, green, blue, in the place of a palette
    ByteVector rows{};                  // as they lie in the file, padded
};
ByteVector makeBmp(const BmpSpec& spec);

// channels 3, or 4 with alpha.
ByteVector makeWebP(const Raster<std::uint8_t>& image, bool lossless);

// With an APP1 segment that holds only the orientation.
ByteVector withExifOrientation(const ByteVector& jpeg, int orientation);
// A TIFF structure that holds only the orientation, as EXIF embeds it.
ByteVector exifWithOrientation(int orientation);

// A smooth picture with some texture; values 0 … 255.
Raster<std::uint8_t> makePicture(int widthPx, int heightPx, int channels = 1);

} // namespace hilum::test
