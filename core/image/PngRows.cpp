#include "core/image/PngRows.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#include <libdeflate.h>

namespace hilum {
namespace {

using Byte = std::uint8_t;

// The one of left, up and upper left that is closest to left + up − upper left; of equal ones the first.
// (PNG 1.2, 6.6)
inline int paethOf(int left, int up, int corner) {
    const int toLeft = std::abs(up - corner), toUp = std::abs(left - corner),
              toCorner = std::abs(left + up - 2 * corner);
    const int upOrCorner = toUp <= toCorner ? up : corner;
    return toLeft <= std::min(toUp, toCorner) ? left : upOrCorner;
}

// row: filtered, then not. above: the row before, zeros for the first one. predict(left, up, corner) in [0,
// 255].
template <class Predict>
void unfilter(Byte* row, const Byte* above, std::size_t bytes, std::size_t pixelBytes,
              const Predict& predict) {
    for (std::size_t sample = 0; sample < pixelBytes;
         ++sample) { // one by one: what is to the left stays in a register
        int left = 0, corner = 0;
        for (std::size_t i = sample; i < bytes; i += pixelBytes) {
            const int up = above[i];
            left = (row[i] + predict(left, up, corner)) & 0xFF;
            corner = up;
            row[i] = static_cast<Byte>(left);
        }
    }
}

bool unfilterRow(int type, Byte* row, const Byte* above, std::size_t bytes, std::size_t pixelBytes) {
    switch (type) {
    case 0:
        return true;
    case 1:
        unfilter(row, above, bytes, pixelBytes, [](int left, int, int) { return left; });
        return true;
    case 2:
        std::transform(row, row + bytes, above, row, [](Byte a, Byte b) { return static_cast<Byte>(a + b); });
        return true;
    case 3:
        unfilter(row, above, bytes, pixelBytes, [](int left, int up, int) { return (left + up) / 2; });
        return true;
    case 4:
        unfilter(row, above, bytes, pixelBytes, paethOf);
        return true;
    default:
        return false;
    }
}

} // namespace

std::optional<std::vector<Byte>> inflatedPng(const std::vector<Bytes>& chunks, const PngRows& rows) {
    std::vector<Byte> joined;
    if (chunks.size() > 1) {
        std::size_t all = 0;
        for (const Bytes chunk : chunks)
            all += chunk.size();
        joined.reserve(all);
        for (const Bytes chunk : chunks)
            joined.insert(joined.end(), chunk.begin(), chunk.end());
    }
    const Bytes stream = chunks.size() == 1 ? chunks.front() : Bytes(joined);
    const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor(
        libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
    if (!decompressor)
        throw std::bad_alloc();
    std::vector<Byte> inflated((rows.rowBytes + 1) * rows.count);
    const libdeflate_result result = libdeflate_zlib_decompress(
        decompressor.get(), stream.data(), stream.size(), inflated.data(), inflated.size(), nullptr);
    if (result != LIBDEFLATE_SUCCESS)
        return std::nullopt;
    return inflated;
}

bool forEachPngRow(Bytes inflated, const PngRows& rows,
                   const std::function<bool(std::size_t row, const Byte* bytes)>& work) {
    std::vector<Byte> row(rows.rowBytes), above(rows.rowBytes);
    const Byte* from = inflated.data();
    for (std::size_t y = 0; y < rows.count; ++y, from += rows.rowBytes + 1) {
        std::copy_n(from + 1, rows.rowBytes, row.begin());
        if (!unfilterRow(*from, row.data(), above.data(), rows.rowBytes, rows.pixelBytes) ||
            !work(y, row.data()))
            return false;
        row.swap(above);
    }
    return true;
}

std::uint32_t pngChecksum(Bytes bytes) { return libdeflate_crc32(0, bytes.data(), bytes.size()); }

} // namespace hilum
