#include "core/model/CardJson.h"
#include "tests/fuzz/FuzzInput.h"
#include "training/EvaluationReport.h"
#include "training/ShortcutResult.h"
#include "training/TrainingConfig.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hilum::test;
    const std::string text = textOf(data, size);
    checkAnswer(hilum::trainingConfigFromJson(text));
    checkAnswer(hilum::cardFromJson(text));
    checkAnswer(hilum::parseEvaluationJson(text));
    checkAnswer(hilum::parseCrossValidationJson(text));
    checkAnswer(hilum::parseShortcutJson(text));
    return 0;
}
