// The rows of a plain PNG in one go: libdeflate inflates a whole stream in half the time that libpng takes
// for it piece by piece. (PNG 1.2, chapters 5 and 6.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/image/Bytes.h"

namespace hilum {

// Not interlaced; whole bytes a sample.
struct PngRows {
    std::size_t rowBytes = 0;
    std::size_t pixelBytes = 0; // at most rowBytes
    std::size_t count = 0;
};

// The inflated stream of the IDAT chunks: count times a filter type and a filtered row. None where it is
// anything else: libpng may know what to make of it, or what to say. Throws std::bad_alloc.
std::optional<std::vector<std::uint8_t>> inflatedPng(const std::vector<Bytes>& chunks, const PngRows& rows);

// work(row, bytes) for every row in turn, as in the file: samples of 16 bits are big-endian. False where work
// says so, or a filter type is unknown: that row was not worked on.
bool forEachPngRow(Bytes inflated, const PngRows& rows,
                   const std::function<bool(std::size_t row, const std::uint8_t* bytes)>& work);

// The checksum of a chunk: over its type and content.
std::uint32_t pngChecksum(Bytes bytes);

} // namespace hilum
