#include "training/McNemar.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

namespace hilum {
namespace {

// 2 P(X <= smaller), X binomial with n = count and p = 1/2; n < kFewestForChiSquared, so all terms are exact.
double binomialP(long smaller, long count) {
    double term = 1, sum = 1; // count over 0
    for (long k = 1; k <= smaller; ++k) {
        term *= static_cast<double>(count - k + 1) / static_cast<double>(k);
        sum += term;
    }
    return std::min(1.0, 2 * std::ldexp(sum, -static_cast<int>(count)));
}

double chiSquaredP(long difference, long count) {
    const auto corrected = static_cast<double>(std::max(0L, difference - 1));
    return std::erfc(std::sqrt(corrected * corrected / static_cast<double>(count) / 2));
}

} // namespace

McNemar mcNemar(long firstOnly, long secondOnly) {
    McNemar test{firstOnly, secondOnly};
    const long count = firstOnly + secondOnly;
    test.exact = count < kFewestForChiSquared;
    test.p = test.exact ? binomialP(std::min(firstOnly, secondOnly), count)
                        : chiSquaredP(std::abs(firstOnly - secondOnly), count);
    return test;
}

Result<McNemar> mcNemar(const std::vector<FilmPrediction>& first, const std::vector<FilmPrediction>& second) {
    std::map<std::string, bool> rightBySecond;
    for (const FilmPrediction& film : second)
        rightBySecond.emplace(film.file.generic_string(), film.predicted() == film.truth);
    long firstOnly = 0, secondOnly = 0;
    bool same = first.size() == second.size() && rightBySecond.size() == second.size();
    for (const FilmPrediction& film : first) {
        const auto match = rightBySecond.extract(film.file.generic_string());
        same = same && !match.empty();
        if (!same)
            return fail(ErrorCode::InvalidArgument, "The two models were not tested on the same films.",
                        film.file.generic_string());
        const bool right = film.predicted() == film.truth;
        firstOnly += right && !match.mapped() ? 1 : 0;
        secondOnly += !right && match.mapped() ? 1 : 0;
    }
    return mcNemar(firstOnly, secondOnly);
}

} // namespace hilum
