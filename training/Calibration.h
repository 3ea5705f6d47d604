// What a probability means: temperature scaling, reliability diagram and operating thresholds. Pure
// functions. Fit on validation films; a temperature or threshold chosen on the test set flatters its figures.
#pragma once

#include <optional>
#include <vector>

#include "training/Curves.h"
#include "training/Metrics.h"

namespace hilum {

inline constexpr double kLowestTemperature = 0.05;
inline constexpr double kHighestTemperature = 20;

// Temperature scaling (Guo et al. 2017, arXiv 1706.04599, section 4.2): logits divided by one number, which
// leaves every film's class as it is. Above 1 the model was too sure of itself.
struct TemperatureFit {
    double temperature = 1;
    // The best one lies beyond kLowest or kHighest: too few films, or no mistake among them.
    bool atLimit = false;
    double nllBefore = 0;
    double nllAfter = 0;
    double eceBefore = 0; // kCalibrationBins bins
    double eceAfter = 0;
};

// Minimises the mean negative log-likelihood of the true label, which is convex in 1/temperature, by
// bisection of its derivative. Works on ln(probability), which is a logit but for a constant; probabilities
// below 1e-12 are taken as 1e-12. No films: temperature 1.
TemperatureFit fitTemperature(const std::vector<FilmPrediction>& predictions);

// The temperature of a model file, by its validation films: 1 where they are fewer than
// kFewestCalibrationFilms or where the fit is at its limit.
inline constexpr std::size_t kFewestCalibrationFilms = 30;
double temperatureOf(const std::vector<FilmPrediction>& validation);

// Probabilities as from logits divided by temperature.
std::vector<FilmPrediction> rescaled(std::vector<FilmPrediction> predictions, double temperature);

// "Probability >= threshold" as a test for one class.
struct OperatingPoint {
    double threshold = 0; // one of the probabilities that were there
    Proportion sensitivity;
    Proportion specificity;
};

inline constexpr double kHighSensitivity = 0.95;

struct OperatingPoints {
    OperatingPoint youden;          // largest sensitivity + specificity − 1 (Youden 1950, Cancer 3:32)
    OperatingPoint highSensitivity; // highest threshold with a sensitivity of at least kHighSensitivity
};

// The films that curves are made of, judged by a threshold that was chosen on others. Absent without a curve.
std::optional<OperatingPoint> operatingPointAt(const ClassCurves& curves, double threshold);

// Of equally good thresholds the highest. Absent where the class has no curve.
std::optional<OperatingPoints> operatingPoints(const ClassCurves& curves);

} // namespace hilum
