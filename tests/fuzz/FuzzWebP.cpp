#include "tests/fuzz/FuzzFilm.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return hilum::test::fuzzFilm(hilum::FileKind::WebP, data, size);
}
