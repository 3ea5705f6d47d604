#include "tests/fuzz/FuzzInput.h"
#include "training/Split.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hilum::test;
    checkAnswer(hilum::parseSplitCsv(textOf(data, size)));
    return 0;
}
