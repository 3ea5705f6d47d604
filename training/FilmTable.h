// A table (CSV, also with semicolons or tabs; Excel's) that names the films of a data set and their classes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/Result.h"
#include "training/FilmSet.h"
#include "training/TrainingConfig.h"

namespace hilum {

struct FilmTableRow {
    std::string file; // as it stands there: relative to the table's folder, or absolute
    std::string label;
    std::string patient; // empty: not given
    std::optional<FilmSet> set;
    std::string source; // empty: not given
};

struct FilmTable {
    std::vector<FilmTableRow> rows; // those with a file
    bool hasPatients = false;       // there is such a column
};

// Columns are found by their names in the first row, without regard to case: file, path, filename, image;
// label, class, finding; patient, patientid, patient_id; set, split; source, dataset. columns may
// name others. A row without a file is passed over.
// Errors: Damaged (no such table), InvalidArgument (a column that is named is not there, a film without a
// class, a set that is neither train, validation nor test, sets for some films only), with column or row as
// context.
Result<FilmTable> parseFilmTable(std::string_view text, const TableColumns& columns = {});
// Of a file, whose content tells its kind. Errors: also those of readTextFile() and readSpreadsheet().
Result<FilmTable> readFilmTable(const std::filesystem::path& file, const TableColumns& columns = {});

} // namespace hilum
