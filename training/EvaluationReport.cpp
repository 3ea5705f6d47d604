#include "training/EvaluationReport.h"

#include <algorithm>

#include "training/Curves.h"
#include "training/Text.h"

namespace hilum {
namespace {

constexpr std::size_t kFigureWidth = 13;
constexpr std::size_t kRangeWidth = 17;
constexpr int kDigits = 4;

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

std::string rangeText(double low, double high) {
    return fixedText(low, kDigits) + "–" + fixedText(high, kDigits);
}

std::string rangeText(const Proportion& proportion) {
    return proportion.count == 0 ? "–" : rangeText(proportion.low, proportion.high);
}

std::string rangeText(const std::vector<std::optional<Interval>>& intervals, std::size_t label) {
    return label < intervals.size() && intervals[label]
               ? rangeText(intervals[label]->low, intervals[label]->high)
               : "–";
}

std::string figureText(const std::optional<double>& value) {
    return value ? fixedText(*value, kDigits) : "–";
}

// Areas below the curves, then every interval.
std::string rankingTable(const EvaluationReport& report, std::size_t nameWidth) {
    const auto row = [nameWidth](const std::string& name, const std::vector<std::string>& cells) {
        std::string text = paddedRight(name, nameWidth);
        for (const std::string& cell : cells)
            text += paddedLeft(cell, kFigureWidth);
        return text + "\n";
    };
    std::string text = row("", {"ROC AUC", "avg. prec."});
    for (std::size_t i = 0; i < report.rocAuc.size(); ++i)
        text += row(report.labels[i], {figureText(report.rocAuc[i]), figureText(report.averagePrecision[i])});
    return text +
           row("macro average", {figureText(report.macroRocAuc), figureText(report.macroAveragePrecision)});
}

std::string intervalTable(const EvaluationReport& report, std::size_t nameWidth) {
    const auto row = [nameWidth](const std::string& name, const std::vector<std::string>& cells) {
        std::string text = paddedRight(name, nameWidth);
        for (const std::string& cell : cells)
            text += paddedLeft(cell, kRangeWidth);
        return text + "\n";
    };
    const BootstrapIntervals& resampled = report.bootstrap;
    std::string text = row("95 % intervals", {"precision", "recall", "specificity", "F1", "ROC AUC"});
    for (std::size_t i = 0; i < report.proportions.size(); ++i) {
        const ClassProportions& one = report.proportions[i];
        text += row(report.labels[i],
                    {rangeText(one.precision), rangeText(one.recall), rangeText(one.specificity),
                     rangeText(resampled.f1, i), rangeText(resampled.rocAuc, i)});
    }
    text += row("macro average",
                {"", "", "", rangeText({resampled.macroF1}, 0), rangeText({resampled.macroRocAuc}, 0)});
    return text + "F1 and ROC AUC: bootstrap, " + bootstrapText(resampled) + "; the others: Wilson\n";
}

std::string exactly(double share) { return percentText(share, 2); }

bool parseProbability(const std::string& text, double& value) {
    return parseDouble(text, value) && value >= 0 && value <= 1; // not NaN either
}

} // namespace

EvaluationReport evaluationReport(std::vector<std::string> labels,
                                  const std::vector<FilmPrediction>& predictions,
                                  std::vector<std::string> patients) {
    EvaluationReport report;
    report.labels = std::move(labels);
    const int labelCount = static_cast<int>(report.labels.size());
    report.confusion = confusionMatrix(predictions, labelCount);
    report.accuracy = wilson(report.confusion.correct(), report.confusion.total());
    report.classes = classMetrics(report.confusion);
    report.macro = macroAverage(report.classes);
    report.weighted = weightedAverage(report.classes);
    report.expectedCalibrationError = expectedCalibrationError(predictions);
    report.negativeLogLikelihood = negativeLogLikelihood(predictions);
    report.proportions = classProportions(report.confusion);
    const std::vector<ClassCurves> curves = classCurves(predictions, labelCount);
    for (const ClassCurves& one : curves) {
        report.rocAuc.push_back(one.rocAuc);
        report.averagePrecision.push_back(one.averagePrecision);
    }
    report.macroRocAuc = macroRocAuc(curves);
    report.macroAveragePrecision = macroAveragePrecision(curves);
    report.bootstrap = bootstrap(predictions, labelCount, {.patients = std::move(patients)});
    report.reliability = reliabilityBins(predictions);
    return report;
}

std::string proportionText(const Proportion& proportion) {
    return exactly(proportion.value) + " (95 %: " + exactly(proportion.low) + " to " +
           exactly(proportion.high) + ", " + std::to_string(proportion.count) +
           (proportion.count == 1 ? " film)" : " films)");
}

std::string bootstrapText(const BootstrapIntervals& intervals) {
    return std::to_string(intervals.resamples) + " resamples of " + std::to_string(intervals.units) +
           (intervals.byPatient ? " patients" : " films");
}

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
    if (!report.rocAuc.empty())
        text += "\n" + rankingTable(report, nameWidth) + "\n" + intervalTable(report, nameWidth);
    for (const std::string& note : report.notes)
        text += "\nNote: " + note;
    return text + (report.notes.empty() ? "" : "\n");
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
            good = parseProbability(cells[3 + k], film.probabilities[k]);
        if (!good)
            return fail(ErrorCode::Damaged, "A row of the table of predictions makes no sense.",
                        "row " + std::to_string(i + 1));
        predictions.push_back(std::move(film));
    }
    return predictions;
}

} // namespace hilum
