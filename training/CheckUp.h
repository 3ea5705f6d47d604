// The check-up of a data set before anything is trained on it: films that cannot be read, duplicates,
// patients in two classes, imbalance, and what gives the class away besides the chest. docs/check-up.md says
// how each is found.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/domain/FilmReader.h"
#include "core/domain/Result.h"
#include "training/Confounders.h"
#include "training/DatasetIndex.h"
#include "training/FilmFacts.h"

namespace hilum {

enum class DuplicateKind {
    Exact, // the same bytes
    Near,  // the same picture: encoded anew, resized, brighter or darker
};

struct DuplicateGroup {
    DuplicateKind kind = DuplicateKind::Exact;
    std::vector<std::size_t> films; // of the index, ascending; of a near group, exact copies too
    bool spansClasses = false;
};

struct PatientInClasses {
    std::string patient;
    std::vector<std::size_t> films; // of the index, ascending
};

struct CheckUp {
    std::vector<std::optional<FilmFacts>> facts; // one per film of the index; none where it cannot be read
    std::vector<SkippedFile> skipped;            // those of the index, then those found while decoding
    std::vector<DuplicateGroup> duplicates;      // exact ones first, each kind by its first film
    std::vector<PatientInClasses> patientsInClasses; // with films of two classes or more, by name
    std::vector<long> counts;                        // of films that can be read, per label
    double imbalance = 1; // largest class / smallest class; 0 where the smallest has no film left
    Confounders confounders;

    [[nodiscard]] long duplicateGroups(DuplicateKind kind) const;
    [[nodiscard]] long unreadableCount() const;
};

struct CheckUpOptions {
    int threads = 1;     // that decode
    FilmReader readFilm; // null: readRadiograph()
    // Films done of all; called after each film on the thread that called checkUp(). May be null.
    std::function<void(long done, long total)> progress;
};

// Decodes every film once, on several threads, and keeps its facts (some 0.8 kB). Blocking; thread-safe.
// Errors: Cancelled, OutOfMemory. A film that cannot be read is a finding, no error.
Result<CheckUp> checkUp(const DatasetIndex& index, const CheckUpOptions& options, std::stop_token stop = {});

// So that a split does not tear them apart (FilmEntry::nearGroup).
void keepNearDuplicatesTogether(DatasetIndex& index, const CheckUp& checkUp);
// The same after a check-up made for it. Errors: those of checkUp().
Result<void> keepNearDuplicatesTogether(DatasetIndex& index, const CheckUpOptions& options,
                                        std::stop_token stop = {});

// For people; at most `most` lines of each kind of finding, the others are counted.
std::string checkUpToText(const DatasetIndex& index, const CheckUp& checkUp, std::size_t most = 10);
// Everything but the facts of single films.
std::string checkUpToJson(const DatasetIndex& index, const CheckUp& checkUp);

} // namespace hilum
