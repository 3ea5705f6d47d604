// How well the class can be told from what has nothing to do with the chest: the size of the picture, its
// frame, its brightness, its file. What can, a network will learn too, and its accuracy then says little
// about patients.
//
// Each property alone, and all together, are given to a PropertyTree in five stratified folds; films of one
// patient, and films with the same content, are held out together. One tree is weighted so that every class
// counts the same, and gives the balanced accuracy (mean of the recalls); one is not, and gives the plain
// one. Pure functions; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/domain/ModelCard.h"
#include "core/domain/Result.h"
#include "training/DatasetIndex.h"
#include "training/FilmFacts.h"

namespace hilum {

// Intervals are at 95 % and count patients, as films of one patient do not say more than one: Wilson's for
// the accuracy; for the balanced accuracy those of the recalls, put together as for a sum of independent
// proportions (Zou and Donner 2008, Statistics in Medicine 27:1693).
struct ConfounderTest {
    std::string property; // e.g. "brightness"; kAllProperties: all together
    Proportion accuracy;  // of films held out
    Proportion balancedAccuracy;
    std::vector<double> recalls; // one per label
    bool tellsClasses = false;   // the interval of the balanced accuracy lies more than kConfounderMargin
                                 // above guessing
};

inline constexpr const char* kAllProperties = "all together";

// Above guessing, in the balanced accuracy, from which a property counts; what is below would hardly show in
// the accuracy of a network, and chance alone must not raise an alarm among so many tests.
inline constexpr double kConfounderMargin = 0.05;

struct Confounders {
    std::vector<ConfounderTest> tests; // the one of all together is the last; empty where there is no verdict
    double guessing = 0;               // accuracy of always saying the largest class
    double balancedGuessing = 0;       // 1 / number of classes
    std::string verdict;               // one or two sentences for people

    [[nodiscard]] bool found() const;
};

// facts: one per film of the index; films without are left out. Never fails: with too few patients in a class
// for five folds, the verdict says so.
Confounders findConfounders(const DatasetIndex& index, const std::vector<std::optional<FilmFacts>>& facts);

} // namespace hilum
