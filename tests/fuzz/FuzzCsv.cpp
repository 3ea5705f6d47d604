#include "tests/fuzz/FuzzInput.h"
#include "training/EvaluationReport.h"
#include "training/Split.h"
#include "training/TrainingProgress.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hilum::test;
    const std::string text = textOf(data, size);
    checkAnswer(hilum::parseSplitCsv(text));
    checkAnswer(hilum::parseHistoryCsv(text));
    checkAnswer(hilum::parsePredictionsCsv(text, {"x", "y"}));
    return 0;
}
