#include "training/ResultsDocument.h"

#include <algorithm>
#include <map>

#include "training/Calibration.h"
#include "training/ResultsCharts.h"
#include "training/RunFolder.h"
#include "training/Text.h"

namespace hilum {
namespace {

constexpr int kDigits = 3;
constexpr std::size_t kMostMistakes = 20;

constexpr std::string_view kStyle = R"(
body { font: 14px/1.45 "Inter", "Segoe UI", "Helvetica Neue", Arial, sans-serif; color: #222; background: #fff;
       max-width: 960px; margin: 24px auto; padding: 0 16px; font-variant-numeric: tabular-nums; }
h1 { font-size: 24px; margin: 0; } h2 { font-size: 17px; margin: 28px 0 8px; border-bottom: 1px solid #ddd; }
p { margin: 6px 0; } .secondary { color: #666; }
.notice { border: 1px solid #c9a227; background: #fff8e1; padding: 8px 12px; border-radius: 6px; margin: 12px 0; }
.figures { display: flex; flex-wrap: wrap; gap: 12px; margin: 12px 0; }
.figure { border: 1px solid #ddd; border-radius: 6px; padding: 8px 14px; min-width: 150px; }
.figure b { display: block; font-size: 22px; }
table { border-collapse: collapse; margin: 8px 0; } caption { text-align: left; font-weight: 600; padding: 4px 0; }
th, td { border: 1px solid #ddd; padding: 4px 8px; text-align: right; } th { background: #f5f5f5; font-weight: 600; }
td.text, th.text { text-align: left; overflow-wrap: anywhere; } td small { color: #666; display: block; }
.side { display: flex; flex-wrap: wrap; gap: 16px; } .side > * { flex: 1 1 400px; }
svg { width: 100%; height: auto; max-width: 460px; } code { overflow-wrap: anywhere; font-size: 12px; }
@media print { body { margin: 0; max-width: none; font-size: 11px; } table, svg, .figure { break-inside: avoid; }
               * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
)";

std::string element(std::string_view name, std::string_view content, std::string_view attributes = "") {
    std::string tag(name);
    return "<" + tag + (attributes.empty() ? "" : " " + std::string(attributes)) + ">" +
           std::string(content) + "</" + tag + ">\n";
}

std::string textCell(std::string_view text) { return element("td", markupEscaped(text), "class=\"text\""); }
std::string numberCell(std::string_view text) { return element("td", markupEscaped(text)); }
std::string nameCell(std::string_view text) {
    return element("th", markupEscaped(text), "class=\"text\" scope=\"row\"");
}

// The first columns hold text, the others numbers.
std::string headRow(const std::vector<std::string>& titles, std::size_t textColumns = 1) {
    std::string cells;
    for (std::size_t i = 0; i < titles.size(); ++i)
        cells += element("th", markupEscaped(titles[i]),
                         i < textColumns ? "class=\"text\" scope=\"col\"" : "scope=\"col\"");
    return element("tr", cells);
}

std::string rangeOf(double low, double high) {
    return fixedText(low, kDigits) + "–" + fixedText(high, kDigits);
}

std::string figureCell(const std::optional<double>& value, const std::string& interval) {
    if (!value)
        return numberCell("–");
    return element("td", fixedText(*value, kDigits) +
                             (interval.empty() ? "" : "<small>" + markupEscaped(interval) + "</small>"));
}

std::string proportionCell(const Proportion& proportion) {
    return proportion.count == 0 ? numberCell("–")
                                 : figureCell(proportion.value, rangeOf(proportion.low, proportion.high));
}

std::string intervalText(const std::optional<Interval>& interval) {
    return interval ? rangeOf(interval->low, interval->high) : std::string();
}

class Document {
public:
    explicit Document(const FinishedRun& run)
        : m_run(run), m_report(run.report),
          m_curves(classCurves(run.predictions, static_cast<int>(run.report.labels.size()))) {}

    std::string html() const {
        const std::string title =
            markupEscaped(m_report.model.empty() ? m_run.config.network : m_report.model);
        return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
               element("title", title + " – results") + element("style", kStyle) + "</head>\n<body>\n" +
               element("h1", title) +
               element("p", markupEscaped(m_run.config.network + " · " + m_report.testedOn),
                       "class=\"secondary\"") +
               element("p", "Research use, not for diagnosis.", "class=\"notice\"") + keyFigures() +
               classTable() + confusion() + curves() + calibration() + shortcut() + training() + folds() +
               repeats() + mistakes() + modelCard() + "</body>\n</html>\n";
    }

private:
    const FinishedRun& m_run;
    const EvaluationReport& m_report;
    std::vector<ClassCurves> m_curves;

    static std::string keyFigure(const std::string& name, const std::string& value,
                                 const std::string& interval) {
        return element("div",
                       markupEscaped(name) + element("b", markupEscaped(value)) +
                           element("span", markupEscaped(interval), "class=\"secondary\""),
                       "class=\"figure\"");
    }

    [[nodiscard]] std::string keyFigures() const {
        const auto between = [](const std::optional<Interval>& interval) {
            return interval ? "95 %: " + intervalText(interval) : std::string("no interval");
        };
        const Proportion& accuracy = m_report.accuracy;
        std::string figures =
            keyFigure("Accuracy", percentText(accuracy.value),
                      "95 %: " + percentText(accuracy.low) + " to " + percentText(accuracy.high)) +
            keyFigure("Macro F1", fixedText(m_report.macro.f1, kDigits),
                      between(m_report.bootstrap.macroF1)) +
            keyFigure("Macro ROC AUC", m_report.macroRocAuc ? fixedText(*m_report.macroRocAuc, kDigits) : "–",
                      m_report.macroRocAuc ? between(m_report.bootstrap.macroRocAuc) : "a class is absent") +
            keyFigure("Calibration error", fixedText(m_report.expectedCalibrationError, kDigits),
                      std::to_string(kCalibrationBins) + " bins");
        std::string notes;
        for (const std::string& note : m_report.notes)
            notes += element("li", markupEscaped(note));
        return element("div", figures, "class=\"figures\"") +
               (notes.empty()
                    ? ""
                    : element("div", "What to know before believing a figure:" + element("ul", notes),
                              "class=\"notice\""));
    }

    [[nodiscard]] std::string classTable() const {
        std::string rows = headRow({"class", "films", "precision", "recall (sensitivity)", "specificity",
                                    "F1", "ROC AUC", "average precision"});
        const BootstrapIntervals& resampled = m_report.bootstrap;
        for (std::size_t i = 0; i < m_report.labels.size(); ++i) {
            const ClassProportions& one = m_report.proportions[i];
            rows += element("tr", nameCell(m_report.labels[i]) +
                                      numberCell(std::to_string(m_report.classes[i].support)) +
                                      proportionCell(one.precision) + proportionCell(one.recall) +
                                      proportionCell(one.specificity) +
                                      figureCell(m_report.classes[i].f1, intervalText(resampled.f1[i])) +
                                      figureCell(m_report.rocAuc[i], intervalText(resampled.rocAuc[i])) +
                                      figureCell(m_report.averagePrecision[i], ""));
        }
        rows += element("tr", nameCell("macro average") + numberCell(std::to_string(m_report.macro.support)) +
                                  figureCell(m_report.macro.precision, "") +
                                  figureCell(m_report.macro.recall, "") +
                                  figureCell(m_report.macro.specificity, "") +
                                  figureCell(m_report.macro.f1, intervalText(resampled.macroF1)) +
                                  figureCell(m_report.macroRocAuc, intervalText(resampled.macroRocAuc)) +
                                  figureCell(m_report.macroAveragePrecision, ""));
        return element("h2", "Figures per class") + element("table", rows) +
               element("p",
                       "Below each figure its 95 % interval: Wilson's for precision, recall, specificity and "
                       "accuracy; "
                       "bootstrap for F1 and ROC AUC, " +
                           markupEscaped(bootstrapText(resampled)) + ". “–”: not defined.",
                       "class=\"secondary\"");
    }

    enum class Cells { Counts, RowShares };

    [[nodiscard]] std::string matrixTable(const std::string& caption, Cells cells) const {
        std::vector<std::string> titles{"true \\ predicted"};
        titles.insert(titles.end(), m_report.labels.begin(), m_report.labels.end());
        std::string rows = headRow(titles);
        const ConfusionMatrix& matrix = m_report.confusion;
        for (int truth = 0; truth < matrix.labelCount; ++truth) {
            std::string row = nameCell(m_report.labels[static_cast<std::size_t>(truth)]);
            const long films = m_report.classes[static_cast<std::size_t>(truth)].support;
            for (int predicted = 0; predicted < matrix.labelCount; ++predicted) {
                const long count = matrix.at(truth, predicted);
                const double share = films == 0 ? 0 : static_cast<double>(count) / static_cast<double>(films);
                row += element("td",
                               cells == Cells::Counts ? std::to_string(count)
                               : films == 0           ? "–"
                                                      : percentText(share),
                               shade(share, truth == predicted));
            }
            rows += element("tr", row);
        }
        return element("table", element("caption", caption) + rows);
    }

    // Light enough that dark text on it can be read.
    static std::string shade(double share, bool right) {
        return std::string("style=\"background: rgba(") + (right ? "0,158,115," : "213,94,0,") +
               fixedText(0.55 * share, 2) + ")\"";
    }

    [[nodiscard]] std::string confusion() const {
        return element("h2", "Confusion matrix") +
               element("div",
                       matrixTable("Films", Cells::Counts) +
                           matrixTable("Share of the true class", Cells::RowShares),
                       "class=\"side\"");
    }

    [[nodiscard]] std::string curves() const {
        return element("h2", "Curves") + element("div",
                                                 toSvg(rocChart(m_report.labels, m_curves)) +
                                                     toSvg(precisionRecallChart(m_report.labels, m_curves)),
                                                 "class=\"side\"");
    }

    [[nodiscard]] std::string calibration() const {
        std::string html = element("h2", "Calibration");
        std::string charts = toSvg(reliabilityChart("Reliability, as trained", m_report.reliability));
        if (m_run.validation.empty())
            return html + element("div", charts, "class=\"side\"") +
                   element("p",
                           "The run holds no predictions of validation films, on which a temperature and "
                           "thresholds "
                           "could be chosen.",
                           "class=\"secondary\"");
        const TemperatureFit fit = fitTemperature(m_run.validation);
        const auto scaled = rescaled(m_run.predictions, fit.temperature);
        charts += toSvg(reliabilityChart("Reliability, temperature " + fixedText(fit.temperature, 2),
                                         reliabilityBins(scaled)));
        return html + element("div", charts, "class=\"side\"") +
               element("p",
                       "Temperature " + fixedText(fit.temperature, 2) + ", fitted on " +
                           std::to_string(m_run.validation.size()) +
                           " validation films. On the test films the calibration error goes from " +
                           fixedText(m_report.expectedCalibrationError, kDigits) + " to " +
                           fixedText(expectedCalibrationError(scaled), kDigits) +
                           ", the negative log-likelihood from " +
                           fixedText(m_report.negativeLogLikelihood, kDigits) + " to " +
                           fixedText(negativeLogLikelihood(scaled), kDigits) + "." +
                           (fit.atLimit
                                ? " The validation films are too few, or hold no mistake: the temperature "
                                  "ran into its limit and means nothing."
                                : "")) +
               thresholds();
    }

    [[nodiscard]] std::string thresholds() const {
        std::string rows = headRow({"class", "rule", "threshold", "sensitivity", "specificity"}, 2);
        const double temperature = temperatureOf(m_run.validation);
        const int labels = static_cast<int>(m_report.labels.size());
        const auto chosen = classCurves(rescaled(m_run.validation, temperature), labels);
        const auto judged = classCurves(rescaled(m_run.predictions, temperature), labels);
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            const auto points = operatingPoints(chosen[i]);
            if (!points || judged[i].roc.empty())
                continue;
            rows +=
                thresholdRow(i, "largest sensitivity + specificity", judged[i], points->youden.threshold) +
                thresholdRow(i, "sensitivity of at least " + percentText(kHighSensitivity, 0), judged[i],
                             points->highSensitivity.threshold);
        }
        return element(
            "table",
            element("caption",
                    "Thresholds chosen on the validation films, judged on the test films; of the model's "
                    "probabilities, at temperature " +
                        fixedText(temperature, 2)) +
                rows);
    }

    [[nodiscard]] std::string thresholdRow(std::size_t label, const std::string& rule,
                                           const ClassCurves& curves, double threshold) const {
        const OperatingPoint point = operatingPointAt(curves, threshold).value();
        return element("tr", nameCell(m_report.labels[label]) + textCell(rule) +
                                 numberCell(fixedText(threshold, kDigits)) +
                                 proportionCell(point.sensitivity) + proportionCell(point.specificity));
    }

    [[nodiscard]] std::string shortcut() const {
        if (!m_run.shortcut)
            return {};
        const ShortcutResult& result = *m_run.shortcut;
        const std::string word(regionWord(result.region));
        const auto row = [](const std::string& films, const Proportion& accuracy) {
            return element("tr", nameCell(films) + proportionCell(accuracy));
        };
        const std::string accuracies =
            element("caption", "Accuracy on " + std::to_string(result.filmCount()) + " test films") +
            headRow({"films", "accuracy"}) + row("as they are", result.asTheyAre) +
            row(word + " blacked out", result.regionBlack) +
            row("all but the " + word + " blacked out", result.onlyRegion) +
            element("tr", nameCell("guessing: the largest class") + figureCell(result.guessing(), ""));
        std::string heat = element("caption", "Heat maps of the predicted classes") +
                           headRow({"films", "heat in the " + word, "area of the film",
                                    "maximum in the " + word, "by chance"}) +
                           heatRow("all", result.heat);
        for (std::size_t i = 0; i < result.labels.size(); ++i)
            heat += heatRow(result.labels[i], result.heatByClass[i]);
        if (result.lesions)
            heat += heatRow("lesions instead of the " + word, *result.lesions);
        return element("h2", "Shortcut test") +
               element("p", markupEscaped(verdictText(result)),
                       verdictOf(result) == ShortcutVerdict::NoneShown ? "" : "class=\"notice\"") +
               element("p", markupEscaped(heatText(result))) +
               element("div", element("table", accuracies) + element("table", heat), "class=\"side\"") +
               element("p", markupEscaped(shortcutCaveat(result.region)), "class=\"secondary\"");
    }

    static std::string heatRow(const std::string& name, const RegionHeat& heat) {
        if (heat.inside.films == 0)
            return element("tr", nameCell(name) + numberCell("–") + numberCell("–") + numberCell("–") +
                                     numberCell("–"));
        return element("tr", nameCell(name) +
                                 figureCell(heat.inside.value, rangeOf(heat.inside.low, heat.inside.high)) +
                                 figureCell(heat.area, "") + proportionCell(heat.pointing) +
                                 figureCell(heat.pointingByChance, ""));
    }

    [[nodiscard]] std::string training() const {
        if (m_run.history.empty())
            return {};
        const int kept = keptEpoch(m_run.history, m_run.config.earlyStoppingMinDelta);
        return element("h2", "Training") +
               element("div",
                       toSvg(lossChart(m_run.history, kept)) + toSvg(accuracyChart(m_run.history, kept)),
                       "class=\"side\"");
    }

    [[nodiscard]] std::string folds() const {
        std::string rows = headRow({"fold", "films", "accuracy"});
        for (std::size_t i = 0; i < m_run.foldAccuracies.size(); ++i)
            rows += element("tr", nameCell(std::to_string(i + 1)) +
                                      numberCell(std::to_string(m_run.foldAccuracies[i].count)) +
                                      proportionCell(m_run.foldAccuracies[i]));
        return m_run.foldAccuracies.empty() ? "" : element("h2", "Folds") + element("table", rows);
    }

    [[nodiscard]] std::string repeats() const {
        if (m_run.repeats.empty())
            return {};
        std::string rows = headRow({"seed", "accuracy", "macro F1", "macro ROC AUC", "NLL"});
        for (const SeedFigures& run : m_run.repeats)
            rows += element(
                "tr", nameCell(std::to_string(run.seed)) + numberCell(fixedText(run.accuracy, kDigits)) +
                          numberCell(fixedText(run.macroF1, kDigits)) +
                          numberCell(run.macroRocAuc ? fixedText(*run.macroRocAuc, kDigits) : "–") +
                          numberCell(fixedText(run.negativeLogLikelihood, kDigits)));
        return element("h2", "Repeated with other seeds") +
               element("p", "Accuracy " + accuracySpreadText(m_run.repeats) +
                                ", on the same test films: so far chance alone moves the figures.") +
               element("table", rows);
    }

    [[nodiscard]] std::string mistakes() const {
        std::vector<const FilmPrediction*> wrong;
        for (const FilmPrediction& film : m_run.predictions) {
            if (film.predicted() != film.truth)
                wrong.push_back(&film);
        }
        if (wrong.empty())
            return {};
        const auto sureness = [](const FilmPrediction* film) {
            return std::ranges::max(film->probabilities);
        };
        std::ranges::stable_sort(wrong, std::greater{}, sureness);
        const std::size_t shown = std::min(kMostMistakes, wrong.size());
        std::string rows =
            headRow({"film", "is", "taken for", "probability", "probability of the true class"}, 3);
        for (std::size_t i = 0; i < shown; ++i) {
            const FilmPrediction& film = *wrong[i];
            rows += element(
                "tr",
                textCell(film.file.generic_string()) + textCell(labelOf(film.truth)) +
                    textCell(labelOf(film.predicted())) + numberCell(fixedText(sureness(&film), kDigits)) +
                    numberCell(fixedText(film.probabilities[static_cast<std::size_t>(film.truth)], kDigits)));
        }
        return element("h2", "Mistakes it is surest of") +
               element("p", std::to_string(shown) + " of " + std::to_string(wrong.size()) + " mistakes",
                       "class=\"secondary\"") +
               element("table", rows);
    }

    [[nodiscard]] const std::string& labelOf(int index) const {
        return m_report.labels[static_cast<std::size_t>(index)];
    }

    static std::string cardRow(const std::string& name, const std::string& value) {
        return value.empty() ? "" : element("tr", nameCell(name) + textCell(value));
    }

    [[nodiscard]] std::string modelCard() const {
        const TrainingConfig& config = m_run.config;
        std::string rows =
            cardRow("name", m_report.model) + cardRow("network", config.network) +
            cardRow("classes", joined(m_report.labels, ", ")) +
            cardRow("data", config.dataDescription.empty() ? config.data.filename().generic_string()
                                                           : config.dataDescription) +
            cardRow("split", splitText()) + cardRow("films per set", setCounts()) +
            cardRow("weights to start from", config.initialWeights.empty()
                                                 ? "random"
                                                 : config.initialWeights.filename().generic_string()) +
            cardRow("recipe", trainingCommand(config)) +
            cardRow("accuracy", proportionText(m_report.accuracy)) + cardRow("tested on", m_report.testedOn) +
            cardRow("limits", joined(m_report.notes, " ")) +
            cardRow("use", "Research use, not for diagnosis.") +
            cardRow("SHA-256 of the model file", m_report.modelSha256) +
            cardRow("SHA-256 of the list of test films", m_run.testSet);
        return element("h2", "Model card") + element("table", rows) + settings();
    }

    [[nodiscard]] std::string splitText() const {
        const SplitConfig& split = m_run.config.split;
        const std::string parts = split.folds > 0 ? std::to_string(split.folds) + " folds"
                                                  : percentText(split.train, 0) + " training, " +
                                                        percentText(split.validation, 0) + " validation, " +
                                                        percentText(split.test, 0) + " test";
        return parts + "; by " + (split.grouping == Grouping::ByPatient ? "patient" : "film") +
               (split.grouping == Grouping::ByPatient && split.patientPattern.empty()
                    ? " (patients could not be told apart: no pattern)"
                    : "") +
               "; seed " + std::to_string(m_run.config.seed);
    }

    // "train: A 70, B 68; validation: …"
    [[nodiscard]] std::string setCounts() const {
        std::map<std::string, std::map<std::string, long>> counts;
        for (const SplitRow& row : m_run.split)
            ++counts[row.set][row.label];
        std::vector<std::string> sets;
        for (const auto& [set, labels] : counts) {
            std::vector<std::string> parts;
            for (const auto& [label, films] : labels)
                parts.push_back(label + " " + std::to_string(films));
            sets.push_back(set + ": " + joined(parts, ", "));
        }
        return joined(sets, "; ");
    }

    [[nodiscard]] std::string settings() const {
        TrainingConfig config = m_run.config;
        std::string rows;
        for (const ConfigField& field : configFields(config))
            rows += cardRow(field.key, fieldText(field));
        return element("details", element("summary", "Every setting") + element("table", rows));
    }
};

} // namespace

std::string resultsDocument(const FinishedRun& run) { return Document(run).html(); }

} // namespace hilum
