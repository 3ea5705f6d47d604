// evaluation.json and cross-validation.json, written and read.

#include "training/EvaluationReport.h"

#include <algorithm>
#include <cmath>

#include "training/JsonChecks.h"

namespace hilum {
namespace {

constexpr double kRounding = 1e-6;
constexpr const char* kNoFigures = "These are no figures of an evaluation";

Json toJson(const ClassMetrics& metrics) {
    Json json{{"precision", metrics.precision},
              {"recall", metrics.recall},
              {"specificity", metrics.specificity},
              {"f1", metrics.f1},
              {"films", metrics.support}};
    Json undefined = Json::array();
    if (metrics.precisionUndefined)
        undefined.push_back("precision");
    if (metrics.recallUndefined)
        undefined.push_back("recall");
    if (metrics.specificityUndefined)
        undefined.push_back("specificity");
    if (metrics.f1Undefined)
        undefined.push_back("f1");
    if (!undefined.empty())
        json["undefined"] = undefined;
    return json;
}

Json matrixJson(const ConfusionMatrix& matrix) {
    Json rows = Json::array();
    for (int truth = 0; truth < matrix.labelCount; ++truth) {
        Json row = Json::array();
        for (int predicted = 0; predicted < matrix.labelCount; ++predicted)
            row.push_back(matrix.at(truth, predicted));
        rows.push_back(row);
    }
    return rows;
}

Json toJson(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json toJson(const std::optional<Interval>& interval) {
    return interval
               ? Json{{"low", interval->low}, {"high", interval->high}, {"resamples", interval->resamples}}
               : Json(nullptr);
}

Json toJson(const std::vector<std::optional<Interval>>& intervals, const std::vector<std::string>& labels) {
    Json json = Json::object();
    for (std::size_t i = 0; i < intervals.size(); ++i)
        json[labels[i]] = toJson(intervals[i]);
    return json;
}

Json toJson(const BootstrapIntervals& intervals, const std::vector<std::string>& labels) {
    return {{"resamples", intervals.resamples},
            {"seed", intervals.seed},
            {"unit", intervals.byPatient ? "patient" : "film"},
            {"units", intervals.units},
            {"accuracy", toJson(intervals.accuracy)},
            {"macroF1", toJson(intervals.macroF1)},
            {"macroRocAuc", toJson(intervals.macroRocAuc)},
            {"f1", toJson(intervals.f1, labels)},
            {"rocAuc", toJson(intervals.rocAuc, labels)}};
}

Json toJson(const std::vector<ReliabilityBin>& bins) {
    Json json = Json::array();
    for (const ReliabilityBin& bin : bins)
        json.push_back({{"low", bin.low},
                        {"high", bin.high},
                        {"films", bin.films},
                        {"confidence", bin.confidence},
                        {"accuracy", bin.accuracy}});
    return json;
}

Json classJson(const EvaluationReport& report, std::size_t label) {
    Json json = toJson(report.classes[label]);
    const auto range = [](const Proportion& proportion) { return Json{proportion.low, proportion.high}; };
    const ClassProportions& proportions = report.proportions[label];
    json["wilson95"] = {{"precision", range(proportions.precision)},
                        {"recall", range(proportions.recall)},
                        {"specificity", range(proportions.specificity)}};
    if (label < report.rocAuc.size()) {
        json["rocAuc"] = toJson(report.rocAuc[label]);
        json["averagePrecision"] = toJson(report.averagePrecision[label]);
    }
    return json;
}

Json reportJson(const EvaluationReport& report) {
    Json classes = Json::object();
    for (std::size_t i = 0; i < report.labels.size(); ++i)
        classes[report.labels[i]] = classJson(report, i);
    Json json{{"model", report.model}};
    if (!report.modelSha256.empty())
        json["modelSha256"] = report.modelSha256;
    json["testedOn"] = report.testedOn;
    json["labels"] = report.labels;
    json["confusion"] = {
        {"rows", "true class"}, {"columns", "predicted class"}, {"counts", matrixJson(report.confusion)}};
    json["accuracy"] = proportionJson(report.accuracy);
    json["classes"] = classes;
    json["macro"] = toJson(report.macro);
    json["weighted"] = toJson(report.weighted);
    json["expectedCalibrationError"] = report.expectedCalibrationError;
    json["negativeLogLikelihood"] = report.negativeLogLikelihood;
    if (!report.rocAuc.empty()) {
        json["macro"]["rocAuc"] = toJson(report.macroRocAuc);
        json["macro"]["averagePrecision"] = toJson(report.macroAveragePrecision);
        json["bootstrap"] = toJson(report.bootstrap, report.labels);
        json["reliability"] = toJson(report.reliability);
    }
    json["notes"] = report.notes;
    return json;
}

std::optional<double> optionalFraction(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found == json.end() || found->is_null() ? std::nullopt : std::optional(fraction(*found));
}

std::optional<Interval> intervalOf(const Json& json) {
    if (json.is_null())
        return std::nullopt;
    const Interval interval{fraction(json.at("low")), fraction(json.at("high")),
                            static_cast<int>(count(json.at("resamples")))};
    require(interval.low <= interval.high, "an interval is turned round");
    return interval;
}

ConfusionMatrix matrixOf(const Json& rows, std::size_t labelCount) {
    require(rows.is_array() && rows.size() == labelCount, "the confusion matrix has not a row per label");
    ConfusionMatrix matrix{static_cast<int>(labelCount), {}};
    for (const Json& row : rows) {
        require(row.is_array() && row.size() == labelCount,
                "the confusion matrix has not a column per label");
        std::ranges::transform(row, std::back_inserter(matrix.counts), count);
    }
    return matrix;
}

BootstrapIntervals bootstrapOf(const Json& json, const std::vector<std::string>& labels) {
    BootstrapIntervals intervals{.resamples = static_cast<int>(count(json.at("resamples"))),
                                 .seed = json.at("seed").get<std::uint64_t>(),
                                 .byPatient = json.at("unit").get<std::string>() == "patient",
                                 .units = count(json.at("units")),
                                 .accuracy = intervalOf(json.at("accuracy")),
                                 .macroF1 = intervalOf(json.at("macroF1")),
                                 .macroRocAuc = intervalOf(json.at("macroRocAuc"))};
    for (const std::string& label : labels) {
        intervals.f1.push_back(intervalOf(json.at("f1").at(label)));
        intervals.rocAuc.push_back(intervalOf(json.at("rocAuc").at(label)));
    }
    return intervals;
}

std::vector<ReliabilityBin> binsOf(const Json& json, long films) {
    std::vector<ReliabilityBin> bins;
    long sum = 0;
    for (const Json& bin : json) {
        bins.push_back({fraction(bin.at("low")), fraction(bin.at("high")), count(bin.at("films")),
                        fraction(bin.at("confidence")), fraction(bin.at("accuracy"))});
        sum += bins.back().films;
    }
    require(sum == films, "the reliability bins do not hold the films");
    return bins;
}

// What files have had since they hold curves' areas; older ones have none of it.
void readRankings(const Json& json, EvaluationReport& report) {
    if (!json.contains("bootstrap"))
        return;
    for (const std::string& label : report.labels) {
        const Json& one = json.at("classes").at(label);
        report.rocAuc.push_back(optionalFraction(one, "rocAuc"));
        report.averagePrecision.push_back(optionalFraction(one, "averagePrecision"));
    }
    report.macroRocAuc = optionalFraction(json.at("macro"), "rocAuc");
    report.macroAveragePrecision = optionalFraction(json.at("macro"), "averagePrecision");
    report.bootstrap = bootstrapOf(json.at("bootstrap"), report.labels);
    report.reliability = binsOf(json.at("reliability"), report.confusion.total());
}

EvaluationReport reportOf(const Json& json) {
    EvaluationReport report;
    report.model = json.at("model").get<std::string>();
    report.modelSha256 = json.value("modelSha256", "");
    report.testedOn = json.at("testedOn").get<std::string>();
    report.notes = json.at("notes").get<std::vector<std::string>>();
    report.labels = distinctLabels(json.at("labels"));
    report.confusion = matrixOf(json.at("confusion").at("counts"), report.labels.size());
    report.accuracy = wilson(report.confusion.correct(), report.confusion.total());
    require(std::abs(fraction(json.at("accuracy").at("value")) - report.accuracy.value) < kRounding,
            "the accuracy is not that of the confusion matrix");
    report.classes = classMetrics(report.confusion);
    report.macro = macroAverage(report.classes);
    report.weighted = weightedAverage(report.classes);
    report.proportions = classProportions(report.confusion);
    report.expectedCalibrationError = fraction(json.at("expectedCalibrationError"));
    report.negativeLogLikelihood = json.at("negativeLogLikelihood").get<double>();
    require(report.negativeLogLikelihood >= 0, "the negative log-likelihood is negative");
    readRankings(json, report);
    return report;
}

CrossValidationReport crossValidationOf(const Json& json) {
    CrossValidationReport report{reportOf(json.at("pooled")), {}};
    for (const Json& accuracy : json.at("foldAccuracies")) {
        const long films = count(accuracy.at("films"));
        const double value = fraction(accuracy.at("value"));
        report.foldAccuracies.push_back(wilson(std::lround(value * static_cast<double>(films)), films));
    }
    return report;
}

} // namespace

std::string reportToJson(const EvaluationReport& report) { return dumpedJson(reportJson(report)); }

std::string reportToJson(const CrossValidationReport& report) {
    Json json{{"folds", report.foldAccuracies.size()}};
    Json accuracies = Json::array();
    for (const Proportion& accuracy : report.foldAccuracies)
        accuracies.push_back(proportionJson(accuracy));
    json["foldAccuracies"] = accuracies;
    json["pooled"] = reportJson(report.pooled);
    return dumpedJson(json);
}

Result<EvaluationReport> parseEvaluationJson(std::string_view text) {
    return parsedJson(text, kNoFigures, reportOf);
}

Result<CrossValidationReport> parseCrossValidationJson(std::string_view text) {
    return parsedJson(text, kNoFigures, crossValidationOf);
}

} // namespace hilum
