#include "core/network/PickleReader.h"
#include "tests/fuzz/MemoryFile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hilum::test;
    const MemoryFile file(data, size);
    hilum::looksLikePickledWeights(file.path());
    checkAnswer(hilum::readPickledWeights(file.path()));
    return 0;
}
