// Small whole files besides films: a model, its card, a training's settings, a split.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/model/CardJson.h"
#include "core/model/ModelContent.h"
#include "training/EvaluationReport.h"
#include "training/ShortcutResult.h"
#include "training/TrainingConfig.h"
#include "training/TrainingProgress.h"

namespace hilum::test {

inline ModelCard sampleCard() {
    ModelCard card;
    card.name = "a";
    card.architecture = "hilumnet";
    card.labels = {"x", "y"};
    return card;
}

// A safetensors file with two tensors and the metadata of a model.
inline Result<void> writeSampleModel(const std::filesystem::path& file) {
    const std::vector<std::byte> values(24);
    return writeTensorFile(
        file, modelMetadata(sampleCard(), {0.5, -0.5}),
        {{"a", TensorType::F32, {2, 3}, values}, {"b", TensorType::F16, {}, std::span(values).first(2)}});
}

inline std::string sampleConfig() { return toJson(TrainingConfig{}); }

inline std::string sampleSplit() {
    return "file,label,patient,set\na/1.png,a,1,train\n\"b,2.png\",b,\"\"\"2\",test\n";
}

inline std::vector<std::string> sampleLabels() { return {"x", "y"}; }

inline std::vector<FilmPrediction> samplePredictions() {
    return {{"x/1.png", 0, {0.75, 0.25}}, {"x/2.png", 0, {0.5, 0.5}}, {"y/3.png", 1, {0.625, 0.375}}};
}

inline std::string sampleEvaluation() {
    EvaluationReport report = evaluationReport(sampleLabels(), samplePredictions());
    report.model = "a";
    report.testedOn = "3 films";
    report.notes = {"None."};
    return reportToJson(report);
}

inline std::string sampleShortcut() {
    ShortcutResult result;
    result.model = "a";
    result.labels = sampleLabels();
    result.films = {2, 1};
    result.withoutMask = 1;
    result.leftOut = {{"x/4.png", "None."}};
    result.asTheyAre = wilson(3, 3);
    result.regionBlack = wilson(1, 3);
    result.onlyRegion = wilson(2, 3);
    const auto heat = [](long films) {
        return RegionHeat{meanShare(std::vector<double>(static_cast<std::size_t>(films), 0.5)), 0.25,
                          wilson(1, films), 0.5};
    };
    result.heat = heat(3);
    result.heatByClass = {heat(2), heat(1)};
    result.lesions = heat(1);
    return shortcutToJson(result);
}

inline std::vector<EpochRecord> sampleHistory() {
    return {{1, 1.0, 0.5, 0.9, 0.5, 1e-3, 2, 30}, {2, 0.5, 0.75, std::nullopt, std::nullopt, 1e-4, 2, 30}};
}

} // namespace hilum::test
