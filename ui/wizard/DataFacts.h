// What the wizard's pages say about a data set and its split. Counting 100,000 films takes longer than a
// frame of the window may, so it is done on the data's thread. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "training/DatasetIndex.h"
#include "training/Split.h"

namespace hilum {

struct DataFacts {
    std::vector<long> films;                                   // per label
    std::size_t patients = 0;                                  // different ones
    std::vector<std::pair<std::string, std::string>> examples; // a file's name and its patient
};
DataFacts dataFacts(const DatasetIndex& index);

struct SetFacts {
    std::vector<long> films; // per label
    long patients = 0;
};
struct SplitFacts {
    std::vector<SetFacts> sets; // training, validation, test; or the folds
    long patientsInSeveral = 0; // sets
};
// folds: of a cross-validation; empty: the split's three sets.
SplitFacts splitFacts(const DatasetIndex& index, const Split& split, const std::vector<int>& folds);

} // namespace hilum
