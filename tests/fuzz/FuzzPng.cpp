#include <algorithm>
#include <vector>

#include "core/image/PngRows.h"
#include "tests/fuzz/FuzzFilm.h"

namespace hilum::test {
namespace {

// The same file with every checksum right: else few inputs come further than those.
std::vector<std::uint8_t> mended(Bytes bytes) {
    std::vector<std::uint8_t> file(bytes.begin(), bytes.end());
    for (std::size_t at = 8; holds(file, at, 12);) {
        const std::size_t length = readU32(file, at, ByteOrder::Big);
        if (!holds(file, at + 12, length))
            break;
        const std::uint32_t checksum = pngChecksum(Bytes(file).subspan(at + 4, length + 4));
        for (std::size_t i = 0; i < 4; ++i)
            file[at + 8 + length + i] = static_cast<std::uint8_t>(checksum >> (24 - 8 * i));
        at += 12 + length;
    }
    return file;
}

// As if the bytes were what a stream inflates to: a fuzzer seldom makes a stream that does.
void fuzzRows(Bytes bytes) {
    if (bytes.size() < 2)
        return;
    PngRows rows;
    rows.rowBytes = 1 + bytes[0] % 64U;
    rows.pixelBytes = std::min<std::size_t>(rows.rowBytes, 1 + bytes[1] % 8U);
    rows.count = (bytes.size() - 2) / (rows.rowBytes + 1);
    std::size_t seen = 0;
    const bool isDone = forEachPngRow(bytes.subspan(2), rows,
                                      [&](std::size_t row, const std::uint8_t*) { return row == seen++; });
    require(!isDone || seen == rows.count);
}

} // namespace
} // namespace hilum::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    hilum::test::fuzzRows({data, size});
    const std::vector<std::uint8_t> file = hilum::test::mended({data, size});
    hilum::test::fuzzFilm(hilum::FileKind::Png, file.data(), file.size());
    return hilum::test::fuzzFilm(hilum::FileKind::Png, data, size);
}
