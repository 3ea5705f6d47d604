// A data set on disk: one folder per class, films anywhere below it; train, validation and test folders of
// these; or a table of films. Blocking; thread-safe.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/domain/FilmReader.h"
#include "core/domain/Result.h"
#include "training/FilmSet.h"
#include "training/TrainingConfig.h"

namespace hilum {

struct FilmEntry {
    std::filesystem::path file; // relative to the root, with '/'
    int label = 0;              // index into DatasetIndex::labels
    std::string patient;        // films of the same patient have the same text
    std::string sha256;         // of the content
    std::string source{};       // where the film comes from, e.g. a hospital or an address; empty: not known
    std::filesystem::path mask{}; // of the lungs, relative to the root; empty: none
    long nearGroup = -1;          // near duplicates have the same number; -1: none known
    std::optional<FilmSet> set{}; // that the data set itself puts it in
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
    bool patientsKnown = false;       // from names, a column or DICOM tags

    // Whether the data set itself says which film is for what; then it does for every film.
    [[nodiscard]] bool hasGivenSets() const { return !films.empty() && films.front().set.has_value(); }
    // The sources named, sorted; films without one have none here.
    [[nodiscard]] std::vector<std::string> sources() const;

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
    [[nodiscard]] bool isEmpty() const { return !m_group; }
    // file relative to the root of the data set.
    [[nodiscard]] std::string patientOf(const std::filesystem::path& file) const;

private:
    std::function<std::string(const std::string& name)> m_group; // empty text: no match; null: no pattern
};

struct IndexOptions {
    PatientPattern patients;
    PatientFrom patientFrom = PatientFrom::Any;
    TableColumns columns;
    std::size_t fewestClasses = 2;
    // PatientFrom::DicomTag alone: how films are read for their tag, and on how many threads. null:
    // readRadiograph().
    FilmReader readFilm;
    int threads = 1;
};

// What a configuration says about its data. Errors: InvalidArgument (the pattern).
Result<IndexOptions> indexOptionsOf(const TrainingConfig& config);

// data is a folder or a table.
//
// Every folder in a folder is a class (hidden ones left out). Below a class, links to folders are not
// followed; where "images" and "masks" stand side by side, as in the COVID-19 Radiography Database, the masks
// are no films but those of the images of the same name, and CLASS.metadata.xlsx beside a class gives the
// films' sources. Folders that are all named train, validation, test (or the like) hold class folders each,
// and the films are in these sets. A folder with "films" and only "lung-masks" and "lesion-masks" beside it
// is one of phantoms; what is read is "films", with its lung masks.
//
// A table (a file) names films relative to its folder, which is the root; training/FilmTable.h.
//
// A DICOM tag never enters the index as it is, only its digest. A film whose tag is missing or that cannot be
// read is a patient of its own. Files that are empty, missing, unreadable or no films are listed in skipped.
// Errors: NotFound, NotReadable, Cancelled, InvalidArgument (fewer classes than asked for, a class without
// films or with a name that is not UTF-8, a film in two classes of a table), those of readFilmTable().
Result<DatasetIndex> indexDataset(const std::filesystem::path& data, const IndexOptions& options,
                                  std::stop_token stop = {});

// Patients by name alone.
Result<DatasetIndex> indexDataset(const std::filesystem::path& data, const PatientPattern& patients,
                                  std::size_t fewestClasses = 2, std::stop_token stop = {});

// What the names of a data set's films are relative to. Errors: NotFound, NotReadable.
Result<std::filesystem::path> datasetRoot(const std::filesystem::path& data);

// The mask that the data set holds of a film; film and result are relative to root. Empty: none.
std::filesystem::path lungMaskOf(const std::filesystem::path& root, const std::filesystem::path& film);
// Phantoms alone have one.
std::filesystem::path lesionMaskOf(const std::filesystem::path& root, const std::filesystem::path& film);

// Errors: InvalidArgument, with the label as context, where a class has no films (left).
Result<void> checkClassesHaveFilms(const DatasetIndex& index);

} // namespace hilum
