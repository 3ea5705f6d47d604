// The figures of one evaluation, for people (text) and programs (JSON).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/domain/Result.h"
#include "training/Metrics.h"

namespace hilum {

struct EvaluationReport {
    std::string model;       // name on the card
    std::string modelSha256; // empty where the figures belong to several models
    std::string testedOn;    // e.g. "113 held-out films, split by patient"
    std::vector<std::string> labels;
    ConfusionMatrix confusion;
    Proportion accuracy;               // with its Wilson 95 % interval
    std::vector<ClassMetrics> classes; // in labels order
    ClassMetrics macro;
    ClassMetrics weighted;
    double expectedCalibrationError = 0;
    double negativeLogLikelihood = 0;
    std::vector<std::string> notes; // what a reader must know, a sentence each
};

// Fills in every figure; model, sha256, testedOn and notes are the caller's.
EvaluationReport evaluationReport(std::vector<std::string> labels,
                                  const std::vector<FilmPrediction>& predictions);

// "91.20 % (95 %: 84.60 % to 95.10 %, 113 films)"
std::string proportionText(const Proportion& proportion);

std::string reportToJson(const EvaluationReport& report);
std::string reportToText(const EvaluationReport& report);

// Figures of K models, each on the fold that it did not see.
struct CrossValidationReport {
    EvaluationReport pooled; // over all held-out films together
    std::vector<Proportion> foldAccuracies;
};
std::string reportToJson(const CrossValidationReport& report);
std::string reportToText(const CrossValidationReport& report);

// file,truth,predicted, then one probability per label.
std::string predictionsToCsv(const std::vector<std::string>& labels,
                             const std::vector<FilmPrediction>& predictions);
// Errors: Damaged (not such a table, or of other labels).
Result<std::vector<FilmPrediction>> parsePredictionsCsv(std::string_view text,
                                                        const std::vector<std::string>& labels);

} // namespace hilum
