// How well each class's probability tells its films from all others: ROC and precision-recall curves, one
// class against the rest, with the areas below them. Pure functions; equal to scikit-learn's roc_curve(
// drop_intermediate=False), precision_recall_curve, roc_auc_score and average_precision_score.
#pragma once

#include <optional>
#include <vector>

#include "training/Metrics.h"

namespace hilum {

// A film counts as the class where its probability is at least threshold.
struct RocPoint {
    double threshold = 0;
    double falsePositiveRate = 0; // 1 − specificity
    double sensitivity = 0;       // recall
};
struct PrecisionRecallPoint {
    double threshold = 0;
    double recall = 0;
    double precision = 0;
};

// Curves and areas are absent where the class has no film, or nothing but the class is there.
struct ClassCurves {
    long positives = 0; // films of the class
    long negatives = 0; // films of the others
    std::vector<RocPoint>
        roc; // from (0, 0), threshold infinite, to (1, 1); a point per different probability
    // From recall 0, precision 1, threshold infinite, to recall 1: scikit-learn's points from last to first.
    std::vector<PrecisionRecallPoint> precisionRecall;
    std::optional<double> rocAuc;           // trapezoids: a tie counts one half
    std::optional<double> averagePrecision; // steps: sum of (recall − recall before) × precision
};

// One per label.
std::vector<ClassCurves> classCurves(const std::vector<FilmPrediction>& predictions, int labelCount);

// Plain means over classes; absent where that of a class is.
std::optional<double> macroRocAuc(const std::vector<ClassCurves>& curves);
std::optional<double> macroAveragePrecision(const std::vector<ClassCurves>& curves);

} // namespace hilum
