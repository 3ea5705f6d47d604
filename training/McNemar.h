// Do two models differ on the same films? McNemar's test on the films that one of them gets right and the
// other wrong (McNemar 1947, Psychometrika 12:153). Fewer than 25 such films: exact and two-sided, twice the
// smaller tail of the binomial distribution with p = 1/2. Otherwise chi-squared with one degree of freedom
// and Edwards' continuity correction, (|b − c| − 1)² / (b + c) (Edwards 1948, Psychometrika 13:185). Pure
// functions.
#pragma once

#include <vector>

#include "core/domain/Result.h"
#include "training/Metrics.h"

namespace hilum {

inline constexpr long kFewestForChiSquared = 25;
inline constexpr double kSignificance = 0.05;

struct McNemar {
    long firstOnly = 0;  // b: the first is right, the second wrong
    long secondOnly = 0; // c: the other way round
    double p = 1;        // of a difference at least as large where both are equally good
    bool exact = true;   // binomial; else chi-squared

    [[nodiscard]] bool showsDifference() const { return p < kSignificance; }
};

McNemar mcNemar(long firstOnly, long secondOnly);

// Films are matched by file. Errors: InvalidArgument (not the same films).
Result<McNemar> mcNemar(const std::vector<FilmPrediction>& first, const std::vector<FilmPrediction>& second);

} // namespace hilum
