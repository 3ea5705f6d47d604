#include "core/model/ModelContent.h"
#include "tests/fuzz/MemoryFile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hilum::test;
    const MemoryFile file(data, size);
    const auto tensors = hilum::openTensorFile(file.path());
    checkAnswer(tensors);
    if (tensors) {
        for (const hilum::TensorView& tensor : tensors->tensors)
            hilum::toFloats(tensor);
    }
    checkAnswer(hilum::loadModelCard(file.path()));
    return 0;
}
