// PNG, JPEG and TIFF in memory -> Radiograph, each with its reference library (libpng, libjpeg, libtiff):
// they tell about damage that OpenCV's readers keep to themselves. Thread-safe.
#pragma once

#include <stop_token>

#include "core/domain/Radiograph.h"
#include "core/domain/Result.h"
#include "core/image/Bytes.h"
#include "core/image/GreyRows.h"

namespace hilum {

// The file in FilmSource and in the error's context is left to the caller.
// Errors of all three: UnsupportedFormat, Damaged, TooLarge, OutOfMemory, Cancelled.

// Every PNG; 1, 2 and 4 bits are widened to 8.
Result<Radiograph> readPng(Bytes bytes, const std::stop_token& stop);

// 8-bit baseline, extended and progressive; grey, YCbCr and RGB. CMYK is refused. EXIF orientation is
// applied.
Result<Radiograph> readJpeg(Bytes bytes, const std::stop_token& stop);

// The first page; grey (also with 0 as white), palette and RGB of up to 16 unsigned bits; uncompressed, LZW,
// Deflate, PackBits, JPEG, LZMA and Zstandard. The orientation tag is applied.
Result<Radiograph> readTiff(Bytes bytes, const std::stop_token& stop);

// Turns collected rows into a film. orientation: 1 … 8 as in EXIF. polarity: Inverted where 0 is white.
Radiograph makeRasterFilm(GreyRows rows, int orientation, Polarity polarity, FilmSource source);

} // namespace hilum
