#include "training/Metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hilum {
namespace {

constexpr double kZ95 = 1.959963984540054; // 97.5 % quantile of the normal distribution
constexpr double kSmallestProbability = 1e-12;

struct Quotient {
    double value;
    bool undefined;
};

Quotient quotient(long numerator, long denominator) {
    if (denominator == 0)
        return {0, true};
    return {static_cast<double>(numerator) / static_cast<double>(denominator), false};
}

struct ClassCounts {
    long hits = 0;
    long there = 0;
    long predicted = 0;
};

ClassCounts countsOf(const ConfusionMatrix& matrix, int label) {
    ClassCounts counts{matrix.at(label, label)};
    for (int other = 0; other < matrix.labelCount; ++other) {
        counts.there += matrix.at(label, other);
        counts.predicted += matrix.at(other, label);
    }
    return counts;
}

// weights sum to 1, or are all 0.
ClassMetrics average(const std::vector<ClassMetrics>& classes, const std::vector<double>& weights) {
    ClassMetrics mean;
    for (std::size_t i = 0; i < classes.size(); ++i) {
        const ClassMetrics& one = classes[i];
        mean.precision += weights[i] * one.precision;
        mean.recall += weights[i] * one.recall;
        mean.specificity += weights[i] * one.specificity;
        mean.f1 += weights[i] * one.f1;
        mean.support += one.support;
        mean.precisionUndefined = mean.precisionUndefined || one.precisionUndefined;
        mean.recallUndefined = mean.recallUndefined || one.recallUndefined;
        mean.specificityUndefined = mean.specificityUndefined || one.specificityUndefined;
        mean.f1Undefined = mean.f1Undefined || one.f1Undefined;
    }
    return mean;
}

} // namespace

int FilmPrediction::predicted() const {
    return static_cast<int>(std::ranges::max_element(probabilities) - probabilities.begin());
}

long ConfusionMatrix::total() const { return std::accumulate(counts.begin(), counts.end(), 0L); }

long ConfusionMatrix::correct() const {
    long sum = 0;
    for (int label = 0; label < labelCount; ++label)
        sum += at(label, label);
    return sum;
}

double ConfusionMatrix::guessing() const {
    long most = 0;
    for (int label = 0; label < labelCount; ++label) {
        const auto row = counts.begin() + static_cast<std::ptrdiff_t>(label) * labelCount;
        most = std::max(most, std::accumulate(row, row + labelCount, 0L));
    }
    return most == 0 ? 0 : static_cast<double>(most) / static_cast<double>(total());
}

ConfusionMatrix confusionMatrix(const std::vector<FilmPrediction>& predictions, int labelCount) {
    const auto width = static_cast<std::size_t>(labelCount);
    ConfusionMatrix matrix{labelCount, std::vector<long>(width * width)};
    for (const FilmPrediction& film : predictions)
        ++matrix.counts[static_cast<std::size_t>(film.truth) * width +
                        static_cast<std::size_t>(film.predicted())];
    return matrix;
}

std::vector<ClassMetrics> classMetrics(const ConfusionMatrix& matrix) {
    std::vector<ClassMetrics> classes;
    const long total = matrix.total();
    for (int label = 0; label < matrix.labelCount; ++label) {
        const auto [hits, there, predicted] = countsOf(matrix, label);
        const Quotient precision = quotient(hits, predicted);
        const Quotient recall = quotient(hits, there);
        const Quotient specificity = quotient(total - there - predicted + hits, total - there);
        const Quotient f1 = quotient(2 * hits, there + predicted);
        classes.push_back({precision.value, recall.value, specificity.value, f1.value, there,
                           precision.undefined, recall.undefined, specificity.undefined, f1.undefined});
    }
    return classes;
}

ClassMetrics macroAverage(const std::vector<ClassMetrics>& classes) {
    return average(classes, std::vector(classes.size(), 1.0 / static_cast<double>(classes.size())));
}

ClassMetrics weightedAverage(const std::vector<ClassMetrics>& classes) {
    long total = 0;
    for (const ClassMetrics& one : classes)
        total += one.support;
    std::vector<double> weights;
    for (const ClassMetrics& one : classes)
        weights.push_back(quotient(one.support, total).value);
    return average(classes, weights);
}

Proportion wilson(long hits, long count) {
    if (count == 0)
        return {0, 0, 1, 0};
    const auto n = static_cast<double>(count);
    const double p = static_cast<double>(hits) / n;
    const double z2 = kZ95 * kZ95;
    const double center = (p + z2 / (2 * n)) / (1 + z2 / n);
    const double half = kZ95 / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    return {p, hits == 0 ? 0 : std::max(0.0, center - half), hits == count ? 1 : std::min(1.0, center + half),
            count};
}

std::vector<ClassProportions> classProportions(const ConfusionMatrix& matrix) {
    std::vector<ClassProportions> classes;
    const long total = matrix.total();
    for (int label = 0; label < matrix.labelCount; ++label) {
        const auto [hits, there, predicted] = countsOf(matrix, label);
        classes.push_back({wilson(hits, predicted), wilson(hits, there),
                           wilson(total - there - predicted + hits, total - there)});
    }
    return classes;
}

std::vector<ReliabilityBin> reliabilityBins(const std::vector<FilmPrediction>& predictions, int bins) {
    std::vector<ReliabilityBin> diagram;
    for (int bin = 0; bin < bins; ++bin)
        diagram.push_back({static_cast<double>(bin) / bins, static_cast<double>(bin + 1) / bins});
    for (const FilmPrediction& film : predictions) {
        const int predicted = film.predicted();
        const double confidence = film.probabilities[static_cast<std::size_t>(predicted)];
        const int bin = std::clamp(static_cast<int>(std::ceil(confidence * bins)) - 1, 0, bins - 1);
        ReliabilityBin& mine = diagram[static_cast<std::size_t>(bin)];
        ++mine.films;
        mine.confidence += confidence;
        mine.accuracy += predicted == film.truth ? 1 : 0;
    }
    for (ReliabilityBin& bin : diagram) {
        const auto films = static_cast<double>(std::max(1L, bin.films));
        bin.confidence /= films;
        bin.accuracy /= films;
    }
    return diagram;
}

double expectedCalibrationError(const std::vector<FilmPrediction>& predictions, int bins) {
    if (predictions.empty())
        return 0;
    double error = 0;
    for (const ReliabilityBin& bin : reliabilityBins(predictions, bins))
        error += static_cast<double>(bin.films) * std::abs(bin.accuracy - bin.confidence);
    return error / static_cast<double>(predictions.size());
}

double negativeLogLikelihood(const std::vector<FilmPrediction>& predictions) {
    if (predictions.empty())
        return 0;
    double sum = 0;
    for (const FilmPrediction& film : predictions)
        sum -= std::log(
            std::max(kSmallestProbability, film.probabilities[static_cast<std::size_t>(film.truth)]));
    return sum / static_cast<double>(predictions.size());
}

} // namespace hilum
