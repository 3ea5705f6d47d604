// How far chance alone moves the figures of a run: the same films, split and settings, trained again with
// other seeds. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/Result.h"
#include "training/EvaluationReport.h"

namespace hilum {

// On the same test films.
struct SeedFigures {
    std::uint64_t seed = 0;
    double accuracy = 0;
    double macroF1 = 0;
    std::optional<double> macroRocAuc; // absent: see ClassCurves
    double negativeLogLikelihood = 0;

    bool operator==(const SeedFigures&) const = default;
};
SeedFigures seedFigures(std::uint64_t seed, const EvaluationReport& report);

struct Spread {
    double mean = 0;
    double standardDeviation = 0; // of the sample, n - 1
    double lowest = 0;
    double highest = 0;
};
// values: at least two.
Spread spreadOf(const std::vector<double>& values);
// "81.30 % ± 1.12 % (79.60 % to 82.90 %, 5 runs with other seeds)"; runs: at least two.
std::string accuracySpreadText(const std::vector<SeedFigures>& runs);

// A table for people; then what the spread is. runs: at least two.
std::string repeatsToText(const std::vector<SeedFigures>& runs);
// repeats.json
std::string repeatsToJson(const std::vector<SeedFigures>& runs);
// Errors: Damaged.
Result<std::vector<SeedFigures>> parseRepeatsJson(std::string_view text);

} // namespace hilum
