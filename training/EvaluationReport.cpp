#include "training/EvaluationReport.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "training/Text.h"

namespace hilum {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kFigureWidth = 13;
constexpr int kDigits = 4;

Json toJson(const Proportion& proportion) {
    return {{"value", proportion.value},
            {"wilson95", {proportion.low, proportion.high}},
            {"films", proportion.count}};
}

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

Json reportJson(const EvaluationReport& report) {
    Json classes = Json::object();
    for (std::size_t i = 0; i < report.labels.size(); ++i)
        classes[report.labels[i]] = toJson(report.classes[i]);
    Json json{{"model", report.model}};
    if (!report.modelSha256.empty())
        json["modelSha256"] = report.modelSha256;
    json["testedOn"] = report.testedOn;
    json["labels"] = report.labels;
    json["confusion"] = {
        {"rows", "true class"}, {"columns", "predicted class"}, {"counts", matrixJson(report.confusion)}};
    json["accuracy"] = toJson(report.accuracy);
    json["classes"] = classes;
    json["macro"] = toJson(report.macro);
    json["weighted"] = toJson(report.weighted);
    json["expectedCalibrationError"] = report.expectedCalibrationError;
    json["negativeLogLikelihood"] = report.negativeLogLikelihood;
    json["notes"] = report.notes;
    return json;
}

std::string dumped(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string figure(double value, bool undefined) {
    return paddedLeft(fixedText(value, kDigits) + (undefined ? "*" : ""), kFigureWidth);
}

std::string metricsRow(const std::string& name, std::size_t nameWidth, const ClassMetrics& metrics) {
    return paddedRight(name, nameWidth) + figure(metrics.precision, metrics.precisionUndefined) +
           figure(metrics.recall, metrics.recallUndefined) + figure(metrics.f1, metrics.f1Undefined) +
           figure(metrics.specificity, metrics.specificityUndefined) +
           paddedLeft(std::to_string(metrics.support), kFigureWidth) + "\n";
}

std::string metricsTable(const EvaluationReport& report, std::size_t nameWidth) {
    std::string text = std::string(nameWidth, ' ');
    for (const char* title : {"precision", "recall", "F1", "specificity", "films"})
        text += paddedLeft(title, kFigureWidth);
    text += "\n";
    for (std::size_t i = 0; i < report.labels.size(); ++i)
        text += metricsRow(report.labels[i], nameWidth, report.classes[i]);
    text += metricsRow("macro average", nameWidth, report.macro);
    text += metricsRow("weighted average", nameWidth, report.weighted);
    const auto flagged = [](const ClassMetrics& m) {
        return m.precisionUndefined || m.recallUndefined || m.specificityUndefined || m.f1Undefined;
    };
    if (std::ranges::any_of(report.classes, flagged))
        text += "* 0/0, counted as 0\n";
    return text;
}

std::string confusionTable(const EvaluationReport& report, std::size_t nameWidth) {
    std::string text = paddedRight("true \\ predicted", nameWidth);
    for (const std::string& label : report.labels)
        text += "  " + paddedLeft(label, 6);
    text += "\n";
    for (int truth = 0; truth < report.confusion.labelCount; ++truth) {
        text += paddedRight(report.labels[static_cast<std::size_t>(truth)], nameWidth);
        for (int predicted = 0; predicted < report.confusion.labelCount; ++predicted) {
            const std::string& title = report.labels[static_cast<std::size_t>(predicted)];
            text += "  " + paddedLeft(std::to_string(report.confusion.at(truth, predicted)),
                                      std::max<std::size_t>(6, characterCount(title)));
        }
        text += "\n";
    }
    return text;
}

std::string percent(double value) { return fixedText(100 * value, 2) + " %"; }

bool parseDouble(const std::string& text, double& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

} // namespace

EvaluationReport evaluationReport(std::vector<std::string> labels,
                                  const std::vector<FilmPrediction>& predictions) {
    EvaluationReport report;
    report.labels = std::move(labels);
    report.confusion = confusionMatrix(predictions, static_cast<int>(report.labels.size()));
    report.accuracy = wilson(report.confusion.correct(), report.confusion.total());
    report.classes = classMetrics(report.confusion);
    report.macro = macroAverage(report.classes);
    report.weighted = weightedAverage(report.classes);
    report.expectedCalibrationError = expectedCalibrationError(predictions);
    report.negativeLogLikelihood = negativeLogLikelihood(predictions);
    return report;
}

std::string proportionText(const Proportion& proportion) {
    return percent(proportion.value) + " (95 %: " + percent(proportion.low) + " to " +
           percent(proportion.high) + ", " + std::to_string(proportion.count) +
           (proportion.count == 1 ? " film)" : " films)");
}

std::string reportToJson(const EvaluationReport& report) { return dumped(reportJson(report)); }

std::string reportToText(const EvaluationReport& report) {
    std::size_t nameWidth = characterCount("weighted average");
    for (const std::string& label : report.labels)
        nameWidth = std::max(nameWidth, characterCount(label));
    std::string text = "Model      " + report.model + "\n" + "Tested on  " + report.testedOn + "\n" +
                       "Accuracy   " + proportionText(report.accuracy) + "\n" + "ECE        " +
                       fixedText(report.expectedCalibrationError, kDigits) + " (top label, " +
                       std::to_string(kCalibrationBins) + " bins)\n" + "NLL        " +
                       fixedText(report.negativeLogLikelihood, kDigits) + "\n\n";
    text += metricsTable(report, nameWidth) + "\n" + confusionTable(report, nameWidth);
    for (const std::string& note : report.notes)
        text += "\nNote: " + note;
    return text + (report.notes.empty() ? "" : "\n");
}

std::string reportToJson(const CrossValidationReport& report) {
    Json json{{"folds", report.foldAccuracies.size()}};
    Json accuracies = Json::array();
    for (const Proportion& accuracy : report.foldAccuracies)
        accuracies.push_back(toJson(accuracy));
    json["foldAccuracies"] = accuracies;
    json["pooled"] = reportJson(report.pooled);
    return dumped(json);
}

std::string reportToText(const CrossValidationReport& report) {
    std::string text = reportToText(report.pooled) + "\n";
    for (std::size_t i = 0; i < report.foldAccuracies.size(); ++i)
        text += "Fold " + std::to_string(i + 1) + "     " + proportionText(report.foldAccuracies[i]) + "\n";
    return text;
}

std::string predictionsToCsv(const std::vector<std::string>& labels,
                             const std::vector<FilmPrediction>& predictions) {
    std::vector<std::string> header{"file", "truth", "predicted"};
    header.insert(header.end(), labels.begin(), labels.end());
    std::string text = csvRow(header);
    for (const FilmPrediction& film : predictions) {
        std::vector<std::string> cells{film.file.generic_string(),
                                       labels[static_cast<std::size_t>(film.truth)],
                                       labels[static_cast<std::size_t>(film.predicted())]};
        std::ranges::transform(film.probabilities, std::back_inserter(cells), numberText);
        text += csvRow(cells);
    }
    return text;
}

Result<std::vector<FilmPrediction>> parsePredictionsCsv(std::string_view text,
                                                        const std::vector<std::string>& labels) {
    auto rows = parseCsv(text);
    if (!rows)
        return tl::unexpected(rows.error());
    std::vector<std::string> header{"file", "truth", "predicted"};
    header.insert(header.end(), labels.begin(), labels.end());
    if (rows->empty() || rows->front() != header)
        return fail(ErrorCode::Damaged,
                    "The table of predictions has other columns than file, truth, predicted and "
                    "the labels.");
    std::vector<FilmPrediction> predictions;
    for (std::size_t i = 1; i < rows->size(); ++i) {
        const std::vector<std::string>& cells = (*rows)[i];
        const auto label = cells.size() == header.size() ? std::ranges::find(labels, cells[1]) : labels.end();
        FilmPrediction film{cells[0], static_cast<int>(label - labels.begin()),
                            std::vector<double>(labels.size())};
        bool good = label != labels.end();
        for (std::size_t k = 0; good && k < labels.size(); ++k)
            good = parseDouble(cells[3 + k], film.probabilities[k]);
        if (!good)
            return fail(ErrorCode::Damaged, "A row of the table of predictions makes no sense.",
                        "row " + std::to_string(i + 1));
        predictions.push_back(std::move(film));
    }
    return predictions;
}

} // namespace hilum
