#include "training/Repeats.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "training/JsonChecks.h"
#include "training/Text.h"

namespace hilum {
namespace {

template <class Figure>
std::vector<double> valuesOf(const std::vector<SeedFigures>& runs, Figure figure) {
    std::vector<double> values;
    for (const SeedFigures& run : runs) {
        if (const std::optional<double> value = figure(run))
            values.push_back(*value);
    }
    return values;
}

Json spreadJson(const std::vector<double>& values) {
    if (values.size() < 2)
        return {};
    const Spread spread = spreadOf(values);
    return {{"mean", spread.mean},
            {"standardDeviation", spread.standardDeviation},
            {"lowest", spread.lowest},
            {"highest", spread.highest}};
}

std::vector<SeedFigures> runsOf(const Json& json) {
    std::vector<SeedFigures> runs;
    for (const Json& run : json.at("runs")) {
        const Json& area = run.at("macroRocAuc");
        runs.push_back({.seed = run.at("seed").get<std::uint64_t>(),
                        .accuracy = fraction(run.at("accuracy")),
                        .macroF1 = fraction(run.at("macroF1")),
                        .macroRocAuc = area.is_null() ? std::nullopt : std::optional(fraction(area)),
                        .negativeLogLikelihood = run.at("negativeLogLikelihood").get<double>()});
    }
    require(runs.size() >= 2, "there are fewer than two");
    return runs;
}

std::string exactly(double share) { return percentText(share, 2); }

} // namespace

SeedFigures seedFigures(std::uint64_t seed, const EvaluationReport& report) {
    return {seed, report.accuracy.value, report.macro.f1, report.macroRocAuc, report.negativeLogLikelihood};
}

Spread spreadOf(const std::vector<double>& values) {
    const auto count = static_cast<double>(values.size());
    Spread spread;
    spread.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
    double squares = 0;
    for (const double value : values)
        squares += (value - spread.mean) * (value - spread.mean);
    spread.standardDeviation = std::sqrt(squares / (count - 1));
    const auto [lowest, highest] = std::ranges::minmax(values);
    spread.lowest = lowest;
    spread.highest = highest;
    return spread;
}

std::string accuracySpreadText(const std::vector<SeedFigures>& runs) {
    const Spread spread = spreadOf(valuesOf(runs, [](const SeedFigures& run) { return run.accuracy; }));
    return exactly(spread.mean) + " ± " + exactly(spread.standardDeviation) + " (" + exactly(spread.lowest) +
           " to " + exactly(spread.highest) + ", " + std::to_string(runs.size()) + " runs with other seeds)";
}

std::string repeatsToText(const std::vector<SeedFigures>& runs) {
    std::string text;
    for (const SeedFigures& run : runs)
        text += "Seed " + std::to_string(run.seed) + "     accuracy " + exactly(run.accuracy) +
                ", macro F1 " + fixedText(run.macroF1, 4) + ", NLL " +
                fixedText(run.negativeLogLikelihood, 4) + "\n";
    return text + "Accuracy   " + accuracySpreadText(runs) + "\n";
}

std::string repeatsToJson(const std::vector<SeedFigures>& runs) {
    Json list = Json::array();
    for (const SeedFigures& run : runs)
        list.push_back({{"seed", run.seed},
                        {"accuracy", run.accuracy},
                        {"macroF1", run.macroF1},
                        {"macroRocAuc", run.macroRocAuc ? Json(*run.macroRocAuc) : Json()},
                        {"negativeLogLikelihood", run.negativeLogLikelihood}});
    Json json{{"runs", std::move(list)}};
    json["accuracy"] = spreadJson(valuesOf(runs, [](const SeedFigures& run) { return run.accuracy; }));
    json["macroF1"] = spreadJson(valuesOf(runs, [](const SeedFigures& run) { return run.macroF1; }));
    json["macroRocAuc"] = spreadJson(valuesOf(runs, [](const SeedFigures& run) { return run.macroRocAuc; }));
    json["negativeLogLikelihood"] =
        spreadJson(valuesOf(runs, [](const SeedFigures& run) { return run.negativeLogLikelihood; }));
    return dumpedJson(json);
}

Result<std::vector<SeedFigures>> parseRepeatsJson(std::string_view text) {
    return parsedJson(text, "These are no figures of repeated runs", runsOf);
}

} // namespace hilum
