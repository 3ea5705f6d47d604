// A data set on disk: one folder per class, films anywhere below it. Blocking; thread-safe.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/domain/Result.h"

namespace hilum {

struct FilmEntry {
    std::filesystem::path file; // relative to the root, with '/'
    int label = 0;              // index into DatasetIndex::labels
    std::string patient;        // films of the same patient have the same text
    std::string sha256;         // of the content
    std::string source{};       // where the film comes from, e.g. a hospital or an address; empty: not known
};

enum class SkipKind {
    Foreign,    // not a film: a text file, a table
    Unreadable, // empty, damaged, or refused by the system
};

struct SkippedFile {
    std::filesystem::path file; // relative to the root
    SkipKind kind = SkipKind::Unreadable;
    std::string reason; // one sentence
};

// Invariants: labels are sorted by name (bytes), films by path within their label; every label index is
// valid.
struct DatasetIndex {
    std::filesystem::path root;
    std::vector<std::string> labels;
    std::vector<FilmEntry> films;
    std::vector<SkippedFile> skipped; // empty, unreadable and foreign files
    std::string fingerprint;          // SHA-256 over relative names and contents of films

    [[nodiscard]] std::vector<long> countsByLabel() const;
    // "COVID-19 124, Normal 500, Pneumonia 500"
    [[nodiscard]] std::string countsText() const;
    // Moves films (ascending indices) that turned out unreadable to skipped; the fingerprint follows.
    void skipUnreadable(const std::vector<std::size_t>& indices, const std::vector<std::string>& reasons);
    [[nodiscard]] long unreadableCount() const;
};

// Tells patients apart by file name. "" makes every film a patient of its own; "nih" stands for
// ^([0-9]{8})_[0-9]{3}. A name that the pattern does not match is a patient of its own.
class PatientPattern {
public:
    // Errors: InvalidArgument (not a regular expression, or one without a group).
    static Result<PatientPattern> parse(const std::string& pattern);
    // file relative to the root of the data set.
    [[nodiscard]] std::string patientOf(const std::filesystem::path& file) const;

private:
    std::function<std::string(const std::string& name)> m_group; // empty text: no match; null: no pattern
};

// Walks root: every folder in it is a class (hidden ones left out). Below a class, links to folders are not
// followed, and where both "images" and "masks" stand side by side, the masks are left out. Files that are
// empty, unreadable or no films are listed in skipped.
// Errors: NotFound, NotReadable, Cancelled, InvalidArgument (fewer classes than asked for, a class without
// films, folders that are sets instead of classes).
Result<DatasetIndex> indexDataset(const std::filesystem::path& root, const PatientPattern& patients,
                                  std::size_t fewestClasses = 2, std::stop_token stop = {});

// Errors: InvalidArgument, with the label as context, where a class has no films (left).
Result<void> checkClassesHaveFilms(const DatasetIndex& index);

} // namespace hilum
