// What a classifier's answers on a test set are worth. Pure functions; no figure without its denominator.
//
// With tp, fp, fn, tn of a class held against all others:
//   precision = tp / (tp + fp), recall (sensitivity) = tp / (tp + fn), specificity = tn / (tn + fp),
//   F1 = 2 tp / (2 tp + fp + fn)                                      (as scikit-learn's
//   classification_report)
// A quotient 0/0 counts as 0 and is flagged, as scikit-learn's zero_division=0.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/domain/ModelCard.h"

namespace hilum {

// One film's answer.
struct FilmPrediction {
    std::filesystem::path file;        // relative to the data folder
    int truth = 0;                     // index of the label
    std::vector<double> probabilities; // one per label, sum 1

    // The label with the largest probability; the first of equal ones.
    [[nodiscard]] int predicted() const;
};

// Rows are true classes, columns predicted ones.
struct ConfusionMatrix {
    int labelCount = 0;
    std::vector<long> counts; // row-major

    [[nodiscard]] long at(int truth, int predicted) const {
        return counts[static_cast<std::size_t>(truth) * static_cast<std::size_t>(labelCount) +
                      static_cast<std::size_t>(predicted)];
    }
    [[nodiscard]] long total() const;
    [[nodiscard]] long correct() const;
    // The accuracy of always naming the most frequent class; 0 without films.
    [[nodiscard]] double guessing() const;
};

struct ClassMetrics {
    double precision = 0;
    double recall = 0;
    double specificity = 0;
    double f1 = 0;
    long support = 0;                  // films of the class
    bool precisionUndefined = false;   // the class was never predicted
    bool recallUndefined = false;      // no film of the class was there
    bool specificityUndefined = false; // no film of another class was there
    bool f1Undefined = false;          // neither there nor predicted
};

ConfusionMatrix confusionMatrix(const std::vector<FilmPrediction>& predictions, int labelCount);
std::vector<ClassMetrics> classMetrics(const ConfusionMatrix& matrix);
// Plain mean over classes, undefined ones counted as 0; support is the number of films.
ClassMetrics macroAverage(const std::vector<ClassMetrics>& classes);
// Mean weighted by support; its recall is the accuracy.
ClassMetrics weightedAverage(const std::vector<ClassMetrics>& classes);

// Wilson score interval for a proportion at 95 %, z = 1.959963984540054 (Wilson 1927, JASA 22:209).
// count 0 gives value 0 and the interval [0, 1].
Proportion wilson(long hits, long count);

// The quotients of a class with their Wilson intervals; count is the denominator.
struct ClassProportions {
    Proportion precision;
    Proportion recall;
    Proportion specificity;
};
std::vector<ClassProportions> classProportions(const ConfusionMatrix& matrix);

inline constexpr int kCalibrationBins = 15;

// Films whose largest probability lies in (low, high]; 0 lies in the first.
struct ReliabilityBin {
    double low = 0;
    double high = 0;
    long films = 0;
    double confidence = 0; // mean of the largest probability; 0 without films
    double accuracy = 0;   // share of films whose most probable label is the true one; 0 without films

    friend bool operator==(const ReliabilityBin&, const ReliabilityBin&) = default;
};

// The reliability diagram of the top label: bins of equal width, empty ones too.
std::vector<ReliabilityBin> reliabilityBins(const std::vector<FilmPrediction>& predictions,
                                            int bins = kCalibrationBins);

// Expected calibration error of the top label (Guo et al. 2017, arXiv 1706.04599, eq. 3): the mean over films
// of |accuracy − confidence| of their bin.
double expectedCalibrationError(const std::vector<FilmPrediction>& predictions, int bins = kCalibrationBins);

// Mean of −ln(probability of the true label), probabilities below 1e-12 taken as 1e-12.
double negativeLogLikelihood(const std::vector<FilmPrediction>& predictions);

} // namespace hilum
