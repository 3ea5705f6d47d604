// Which film trains, which validates, which tests. Stratified by class; with Grouping::ByPatient all films of
// a patient stand in one set, also where the patient has films of two classes. Films with identical content
// always stand in one set, near duplicates where they are known. Pure functions of the index and the seed:
// the same on every machine.
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

// What the configuration asks for: the split of config.file as it stands; else the sets that the data give,
// with validation films taken from training where they give none and a share is asked for; else makeSplit().
// Errors: those of makeSplit() and savedSplit(), NotFound, NotReadable.
Result<Split> splitFor(const DatasetIndex& index, const SplitConfig& config, std::uint64_t seed);

// How many folds there are; 0: no cross-validation. Errors: InvalidArgument (leaveOneSourceOut, and fewer
// than two sources).
Result<int> foldCount(const DatasetIndex& index, const SplitConfig& config);

// The fold (0 … foldCount() − 1) in which each film is held out; with leaveOneSourceOut those of one source,
// in the order of DatasetIndex::sources(). Errors: those of foldCount(), InvalidArgument (too few films or
// patients, a film without a source).
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

// A row for every film of the index, and none else but for files that the index has skipped.
// Errors: InvalidArgument (a film without a row, another class, no such set), NotFound (a row without a
// film), with the file as context.
Result<Split> savedSplit(const DatasetIndex& index, const std::vector<SplitRow>& rows);

} // namespace hilum
