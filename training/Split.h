// Which film trains, which validates, which tests. Stratified by class; with Grouping::ByPatient all films of
// a patient stand in one set, also where the patient has films of two classes. Films with identical content
// always stand in one set. Pure functions of the index and the seed: the same on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/Result.h"
#include "training/DatasetIndex.h"
#include "training/FilmSet.h"
#include "training/TrainingConfig.h"

namespace hilum {

// One entry per film of the index it was made from.
struct Split {
    std::vector<FilmSet> sets;

    [[nodiscard]] std::vector<std::size_t> films(FilmSet set) const;
};

// Errors: InvalidArgument (too few films or patients for what the fractions ask).
Result<Split> makeSplit(const DatasetIndex& index, const SplitConfig& config, std::uint64_t seed);

// The fold (0 … folds − 1) in which each film is held out. Errors: InvalidArgument (too few films or
// patients).
Result<std::vector<int>> makeFolds(const DatasetIndex& index, const SplitConfig& config, std::uint64_t seed);

// Tests on one fold; the other films are divided into training and validation in the ratio of their
// fractions.
Result<Split> splitOfFold(const DatasetIndex& index, const std::vector<int>& folds, int fold,
                          const SplitConfig& config, std::uint64_t seed);

// Everything in training and validation, in the ratio of their fractions; nothing to test.
Result<Split> splitWithoutTest(const DatasetIndex& index, const SplitConfig& config, std::uint64_t seed);

// file,label,patient,set
std::string splitToCsv(const DatasetIndex& index, const Split& split);
// file,label,patient,fold (1 … K)
std::string foldsToCsv(const DatasetIndex& index, const std::vector<int>& folds);

struct SplitRow {
    std::string file;
    std::string label;
    std::string patient;
    std::string set;
};
// Errors: Damaged (not such a table).
Result<std::vector<SplitRow>> parseSplitCsv(std::string_view text);

} // namespace hilum
