#include "training/ResultsCharts.h"

#include <algorithm>
#include <cmath>

#include "training/Text.h"

namespace hilum {
namespace {

constexpr int kDigits = 3;
constexpr const char* kTrainColour = "#0072b2";
constexpr const char* kValidationColour = "#d55e00";

ChartLine diagonal(std::string name = {}) {
    return {std::move(name), {{0, 0}, {1, 1}}, "#999999", LineStyle::Dashed};
}

std::string legendOf(const std::string& label, const char* figure, double value) {
    return label + " (" + figure + " " + fixedText(value, kDigits) + ")";
}

// Precision holds back to the recall before, as average precision adds it up.
std::vector<ChartPoint> steps(const std::vector<PrecisionRecallPoint>& curve) {
    std::vector<ChartPoint> points;
    for (std::size_t i = 0; i < curve.size(); ++i) {
        if (i > 0)
            points.push_back({curve[i - 1].recall, curve[i].precision});
        points.push_back({curve[i].recall, curve[i].precision});
    }
    return points;
}

template <class Value>
std::vector<ChartPoint> pointsOf(const std::vector<EpochRecord>& history, Value EpochRecord::*figure) {
    std::vector<ChartPoint> points;
    for (const EpochRecord& record : history) {
        if constexpr (std::is_same_v<Value, double>)
            points.push_back({static_cast<double>(record.epoch), record.*figure});
        else if (record.*figure)
            points.push_back({static_cast<double>(record.epoch), *(record.*figure)});
    }
    return points;
}

Chart historyChart(std::string title, std::string unit, const std::vector<EpochRecord>& history,
                   int keptEpoch, std::vector<ChartLine> lines) {
    Chart chart{std::move(title), {"epoch"}, {std::move(unit)}, std::move(lines), {}, std::nullopt, {}};
    chart.x.finestStep = 1;
    chart.x.low = history.empty() ? 0 : history.front().epoch;
    chart.x.high = history.empty() ? 1 : history.back().epoch;
    std::erase_if(chart.lines, [](const ChartLine& line) { return line.points.empty(); });
    if (keptEpoch > 0) {
        chart.mark = keptEpoch;
        chart.markText = "weights kept: epoch " + std::to_string(keptEpoch);
    }
    return chart;
}

} // namespace

Chart rocChart(const std::vector<std::string>& labels, const std::vector<ClassCurves>& curves) {
    Chart chart{"ROC, one class against the rest",
                {"1 − specificity"},
                {"sensitivity"},
                {diagonal()},
                {},
                std::nullopt,
                {}};
    for (std::size_t i = 0; i < curves.size(); ++i) {
        if (!curves[i].rocAuc)
            continue;
        ChartLine line{legendOf(labels[i], "AUC", *curves[i].rocAuc), {}, std::string(classInk(i))};
        for (const RocPoint& point : curves[i].roc)
            line.points.push_back({point.falsePositiveRate, point.sensitivity});
        chart.lines.push_back(std::move(line));
    }
    return chart;
}

Chart precisionRecallChart(const std::vector<std::string>& labels, const std::vector<ClassCurves>& curves) {
    Chart chart{"Precision and recall", {"recall"}, {"precision"}, {}, {}, std::nullopt, {}};
    for (std::size_t i = 0; i < curves.size(); ++i) {
        if (curves[i].averagePrecision)
            chart.lines.push_back({legendOf(labels[i], "average precision", *curves[i].averagePrecision),
                                   steps(curves[i].precisionRecall), std::string(classInk(i))});
    }
    return chart;
}

Chart reliabilityChart(const std::string& title, const std::vector<ReliabilityBin>& bins) {
    Chart chart{title,
                {"probability of the predicted class (numbers: films)"},
                {"share that is right"},
                {},
                {},
                std::nullopt,
                {}};
    for (const ReliabilityBin& bin : bins) {
        if (bin.films > 0)
            chart.bars.push_back({bin.low, bin.high, bin.accuracy, std::to_string(bin.films)});
    }
    chart.lines.push_back(diagonal("as sure as it is right"));
    return chart;
}

Chart lossChart(const std::vector<EpochRecord>& history, int keptEpoch) {
    Chart chart =
        historyChart("Loss", "loss", history, keptEpoch,
                     {{"training", pointsOf(history, &EpochRecord::trainLoss), kTrainColour},
                      {"validation", pointsOf(history, &EpochRecord::validationLoss), kValidationColour}});
    chart.y.high = 0;
    for (const ChartLine& line : chart.lines) {
        for (const ChartPoint& point : line.points)
            chart.y.high = std::isfinite(point.y) ? std::max(chart.y.high, point.y) : chart.y.high;
    }
    chart.y.high = chart.y.high > 0 ? 1.05 * chart.y.high : 1;
    return chart;
}

Chart accuracyChart(const std::vector<EpochRecord>& history, int keptEpoch) {
    return historyChart(
        "Accuracy", "accuracy", history, keptEpoch,
        {{"training", pointsOf(history, &EpochRecord::trainAccuracy), kTrainColour},
         {"validation", pointsOf(history, &EpochRecord::validationAccuracy), kValidationColour}});
}

int keptEpoch(const std::vector<EpochRecord>& history, double minDelta) {
    int kept = 0;
    double lowest = 0;
    for (const EpochRecord& record : history) {
        if (kept > 0 && record.validationLoss && !(*record.validationLoss < lowest - minDelta))
            continue;
        kept = record.epoch;
        lowest = record.validationLoss.value_or(0);
    }
    return kept;
}

} // namespace hilum
