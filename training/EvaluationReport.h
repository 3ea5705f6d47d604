// The figures of one evaluation, for people (text) and programs (JSON).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/Result.h"
#include "training/Bootstrap.h"
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

    std::vector<ClassProportions> proportions; // with Wilson 95 % intervals, in labels order
    // Empty in a file of an earlier version, as are the intervals and bins.
    std::vector<std::optional<double>> rocAuc; // absent: see ClassCurves
    std::vector<std::optional<double>> averagePrecision;
    std::optional<double> macroRocAuc;
    std::optional<double> macroAveragePrecision;
    BootstrapIntervals bootstrap;
    std::vector<ReliabilityBin> reliability;
};

// Fills in every figure; model, sha256, testedOn and notes are the caller's. patients: one per film, for the
// bootstrap; empty: every film is a patient of its own. Takes some 25 ms for 1,000 films of four classes.
EvaluationReport evaluationReport(std::vector<std::string> labels,
                                  const std::vector<FilmPrediction>& predictions,
                                  std::vector<std::string> patients = {});

// "91.20 % (95 %: 84.60 % to 95.10 %, 113 films)"
std::string proportionText(const Proportion& proportion);
// "1000 resamples of 113 films"
std::string bootstrapText(const BootstrapIntervals& intervals);

std::string reportToJson(const EvaluationReport& report);
std::string reportToText(const EvaluationReport& report);
// evaluation.json, also of earlier versions. What follows from the confusion matrix is computed anew.
// Errors: Damaged (not such a file, or one that contradicts itself).
Result<EvaluationReport> parseEvaluationJson(std::string_view text);

// Figures of K models, each on the fold that it did not see.
struct CrossValidationReport {
    EvaluationReport pooled; // over all held-out films together
    std::vector<Proportion> foldAccuracies;
};
std::string reportToJson(const CrossValidationReport& report);
std::string reportToText(const CrossValidationReport& report);
// cross-validation.json. Errors: as parseEvaluationJson().
Result<CrossValidationReport> parseCrossValidationJson(std::string_view text);

// file,truth,predicted, then one probability per label.
std::string predictionsToCsv(const std::vector<std::string>& labels,
                             const std::vector<FilmPrediction>& predictions);
// Errors: Damaged (not such a table, of other labels, or with a probability outside [0, 1]).
Result<std::vector<FilmPrediction>> parsePredictionsCsv(std::string_view text,
                                                        const std::vector<std::string>& labels);

} // namespace hilum
