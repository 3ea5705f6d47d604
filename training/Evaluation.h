// A finished model over a folder of films. Blocking.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/domain/FilmReader.h"
#include "core/domain/Result.h"
#include "training/DatasetIndex.h"
#include "training/EvaluationReport.h"
#include "training/TrainingProgress.h"

namespace hilum {

struct EvaluationRequest {
    std::filesystem::path model;
    std::filesystem::path data;  // a folder per class, named as the model's labels
    std::filesystem::path split; // split.csv of a run; empty: every film
    std::string set = "test";    // of the split: train, validation, test
    std::filesystem::path out; // evaluation.json, evaluation.txt, predictions.csv; empty: nothing is written
    int threads = 0;           // 0: every core
    FilmReader readFilm{};     // absent: readRadiograph()
};

struct EvaluationOutcome {
    EvaluationReport report;
    std::vector<FilmPrediction> predictions;
    std::vector<SkippedFile> skipped; // not read, or named by the split and not there
};

// Errors: InvalidArgument (a class folder that the model has no label for, a set without films), NotFound,
// NotReadable, BadModelFile, UnsupportedVersion, Damaged (split.csv), Cancelled, NotWritable, OutOfMemory,
// Internal.
Result<EvaluationOutcome> evaluate(const EvaluationRequest& request, const ProgressCallback& progress,
                                   std::stop_token stop);

} // namespace hilum
