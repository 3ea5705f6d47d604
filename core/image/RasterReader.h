// PNG, JPEG, TIFF, BMP and WebP in memory -> Radiograph, each but BMP with its reference library (libpng,
// libjpeg, libtiff, libwebp): they tell about damage that OpenCV's readers keep to themselves. Thread-safe.
#pragma once

#include <stop_token>

#include "core/domain/Radiograph.h"
#include "core/domain/Result.h"
#include "core/image/Bytes.h"
#include "core/image/GreyRows.h"
#include "core/image/ReadOptions.h"

namespace hilum {

// The file in FilmSource and in the error's context is left to the caller.
// Errors of all: UnsupportedFormat, Damaged, TooLarge, OutOfMemory, Cancelled.

// Every PNG; 1, 2 and 4 bits are widened to 8.
Result<Radiograph> readPng(Bytes bytes, const std::stop_token& stop);

// 8-bit baseline, extended and progressive; grey, YCbCr, RGB, CMYK and YCCK. EXIF orientation is applied.
Result<Radiograph> readJpeg(Bytes bytes, const std::stop_token& stop);

// The page chosen; grey (also with 0 as white), palette and RGB of up to 16 unsigned bits; uncompressed, LZW,
// Deflate, PackBits, JPEG, LZMA and Zstandard. The orientation tag is applied. Errors also: InvalidArgument
// (no such page).
Result<Radiograph> readTiff(Bytes bytes, const ReadOptions& options, const std::stop_token& stop);

// "BM" and a header of a known length.
bool looksLikeBmp(Bytes head);
// Uncompressed, of 1 to 32 bits per pixel; alpha is not looked at: most writers leave it empty.
Result<Radiograph> readBmp(Bytes bytes, const std::stop_token& stop);

// Lossy and lossless, not animated. EXIF orientation is applied.
Result<Radiograph> readWebP(Bytes bytes, const std::stop_token& stop);

// Turns collected rows into a film. orientation: 1 … 8 as in EXIF. polarity: Inverted where 0 is white.
Radiograph makeRasterFilm(GreyRows rows, int orientation, Polarity polarity, FilmSource source);

} // namespace hilum
