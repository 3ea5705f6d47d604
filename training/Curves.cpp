#include "training/Curves.h"

#include <algorithm>
#include <limits>

#include "training/Ranking.h"

namespace hilum {
namespace {

double share(long part, long whole) { return static_cast<double>(part) / static_cast<double>(whole); }

ClassCurves curvesOf(const std::vector<FilmPrediction>& predictions, int label) {
    ClassCurves curves;
    curves.positives =
        std::ranges::count_if(predictions, [&](const FilmPrediction& film) { return film.truth == label; });
    curves.negatives = static_cast<long>(predictions.size()) - curves.positives;
    if (curves.positives == 0 || curves.negatives == 0)
        return curves;
    const Ranking ranking = rankingOf(predictions, label);
    constexpr double kNobody = std::numeric_limits<double>::infinity();
    curves.roc.push_back({kNobody, 0, 0});
    curves.precisionRecall.push_back({kNobody, 0, 1});
    long hits = 0, alarms = 0;
    double area = 0, precisionSum = 0;
    std::size_t film = 0;
    for (const Ranking::Cut& cut : ranking.cuts) {
        const long hitsBefore = hits, alarmsBefore = alarms;
        for (; film < cut.end; ++film)
            ++(predictions[ranking.films[film]].truth == label ? hits : alarms);
        const double precision = share(hits, hits + alarms);
        area += static_cast<double>(alarms - alarmsBefore) * static_cast<double>(hits + hitsBefore) / 2;
        precisionSum += static_cast<double>(hits - hitsBefore) * precision;
        curves.roc.push_back({cut.threshold, share(alarms, curves.negatives), share(hits, curves.positives)});
        curves.precisionRecall.push_back({cut.threshold, share(hits, curves.positives), precision});
    }
    const auto positives = static_cast<double>(curves.positives);
    curves.rocAuc = area / positives / static_cast<double>(curves.negatives);
    curves.averagePrecision = precisionSum / positives;
    return curves;
}

std::optional<double> mean(const std::vector<ClassCurves>& curves,
                           std::optional<double> ClassCurves::*figure) {
    double sum = 0;
    for (const ClassCurves& one : curves) {
        if (!(one.*figure))
            return std::nullopt;
        sum += *(one.*figure);
    }
    return curves.empty() ? std::nullopt : std::optional(sum / static_cast<double>(curves.size()));
}

} // namespace

std::vector<ClassCurves> classCurves(const std::vector<FilmPrediction>& predictions, int labelCount) {
    std::vector<ClassCurves> curves;
    for (int label = 0; label < labelCount; ++label)
        curves.push_back(curvesOf(predictions, label));
    return curves;
}

std::optional<double> macroRocAuc(const std::vector<ClassCurves>& curves) {
    return mean(curves, &ClassCurves::rocAuc);
}

std::optional<double> macroAveragePrecision(const std::vector<ClassCurves>& curves) {
    return mean(curves, &ClassCurves::averagePrecision);
}

} // namespace hilum
