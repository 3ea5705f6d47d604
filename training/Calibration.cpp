#include "training/Calibration.h"

#include <algorithm>
#include <cmath>

namespace hilum {
namespace {

constexpr int kBisections = 60;
constexpr double kSmallestProbability = 1e-12; // as in negativeLogLikelihood()

// Logarithms of the probabilities, scaled, shifted so that the largest is 0.
std::vector<double> scaledLogits(const std::vector<double>& probabilities, double inverseTemperature) {
    std::vector<double> logits;
    for (const double probability : probabilities)
        logits.push_back(inverseTemperature * std::log(std::max(kSmallestProbability, probability)));
    const double largest = *std::ranges::max_element(logits);
    for (double& logit : logits)
        logit -= largest;
    return logits;
}

std::vector<double> rescaledProbabilities(const std::vector<double>& probabilities, double temperature) {
    std::vector<double> scaled = scaledLogits(probabilities, 1 / temperature);
    double sum = 0;
    for (double& value : scaled)
        sum += value = std::exp(value);
    for (double& value : scaled)
        value /= sum;
    return scaled;
}

// d(NLL)/d(1/T), summed over films: expected minus true log-probability. Rises with 1/T.
double slope(const std::vector<FilmPrediction>& predictions, double inverseTemperature) {
    double sum = 0;
    for (const FilmPrediction& film : predictions) {
        const std::vector<double> logits = scaledLogits(film.probabilities, inverseTemperature);
        double weights = 0, expected = 0;
        for (const double logit : logits) {
            weights += std::exp(logit);
            expected += std::exp(logit) * logit;
        }
        sum += (expected / weights - logits[static_cast<std::size_t>(film.truth)]) / inverseTemperature;
    }
    return sum;
}

OperatingPoint pointOf(const ClassCurves& curves, const RocPoint& point) {
    const auto count = [](double rate, long whole) { return std::lround(rate * static_cast<double>(whole)); };
    const long hits = count(point.sensitivity, curves.positives);
    const long alarms = count(point.falsePositiveRate, curves.negatives);
    return {point.threshold, wilson(hits, curves.positives),
            wilson(curves.negatives - alarms, curves.negatives)};
}

} // namespace

TemperatureFit fitTemperature(const std::vector<FilmPrediction>& predictions) {
    TemperatureFit fit;
    if (predictions.empty())
        return fit;
    double low = 1 / kHighestTemperature, high = 1 / kLowestTemperature;
    const bool falls = slope(predictions, high) <= 0, rises = slope(predictions, low) >= 0;
    const bool flat = falls && rises; // every film's probabilities are equal
    fit.atLimit = !flat && (falls || rises);
    for (int i = 0; i < kBisections && !falls && !rises; ++i) {
        const double middle = std::sqrt(low * high);
        (slope(predictions, middle) > 0 ? high : low) = middle;
    }
    if (!flat)
        fit.temperature = falls   ? kLowestTemperature
                          : rises ? kHighestTemperature
                                  : 1 / std::sqrt(low * high);
    const std::vector<FilmPrediction> after = rescaled(predictions, fit.temperature);
    fit.nllBefore = negativeLogLikelihood(predictions);
    fit.nllAfter = negativeLogLikelihood(after);
    fit.eceBefore = expectedCalibrationError(predictions);
    fit.eceAfter = expectedCalibrationError(after);
    return fit;
}

double temperatureOf(const std::vector<FilmPrediction>& validation) {
    if (validation.size() < kFewestCalibrationFilms)
        return 1;
    const TemperatureFit fit = fitTemperature(validation);
    return fit.atLimit ? 1 : fit.temperature;
}

std::vector<FilmPrediction> rescaled(std::vector<FilmPrediction> predictions, double temperature) {
    for (FilmPrediction& film : predictions)
        film.probabilities = rescaledProbabilities(film.probabilities, temperature);
    return predictions;
}

std::optional<OperatingPoint> operatingPointAt(const ClassCurves& curves, double threshold) {
    if (curves.roc.empty())
        return std::nullopt;
    const auto below = std::ranges::find_if(
        curves.roc, [threshold](const RocPoint& point) { return point.threshold < threshold; });
    OperatingPoint point = pointOf(curves, *(below - 1)); // the first one's threshold is infinite
    point.threshold = threshold;
    return point;
}

std::optional<OperatingPoints> operatingPoints(const ClassCurves& curves) {
    if (curves.roc.size() < 2)
        return std::nullopt;
    const auto gain = [](const RocPoint& point) { return point.sensitivity - point.falsePositiveRate; };
    const auto first = curves.roc.begin() + 1; // without the infinite threshold
    const auto best = std::ranges::max_element(first, curves.roc.end(), {}, gain);
    const auto sensitive = std::find_if(
        first, curves.roc.end(), [](const RocPoint& point) { return point.sensitivity >= kHighSensitivity; });
    return OperatingPoints{pointOf(curves, *best), pointOf(curves, *sensitive)};
}

} // namespace hilum
