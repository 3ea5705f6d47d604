#include "training/FilmTable.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "training/Spreadsheet.h"
#include "training/Text.h"

namespace hilum {
namespace {

using Cells = std::vector<std::string>;

// The one that the first line has most of.
char separatorOf(std::string_view text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    constexpr std::array kSeparators{',', ';', '\t'};
    return *std::ranges::max_element(kSeparators, {}, [&](char c) { return std::ranges::count(line, c); });
}

// Where a column stands; none where there is no such one.
Result<std::optional<std::size_t>> columnOf(const Cells& header, const std::string& named,
                                            std::initializer_list<std::string_view> usual) {
    if (!named.empty()) {
        const auto found = std::ranges::find(header, named);
        if (found == header.end())
            return fail(ErrorCode::InvalidArgument, "The table has no column of this name.", named);
        return static_cast<std::size_t>(found - header.begin());
    }
    for (const std::string_view name : usual) {
        const auto found =
            std::ranges::find_if(header, [&](const std::string& cell) { return lowerCase(cell) == name; });
        if (found != header.end())
            return static_cast<std::size_t>(found - header.begin());
    }
    return std::nullopt;
}

class Parser {
public:
    Result<FilmTable> parse(const std::vector<Cells>& rows, const TableColumns& columns) {
        if (rows.empty())
            return fail(ErrorCode::Damaged, "The table is empty.");
        if (auto found = findColumns(rows.front(), columns); !found)
            return tl::unexpected(found.error());
        m_table.hasPatients = m_patient.has_value();
        for (std::size_t row = 1; row < rows.size(); ++row) {
            if (auto added = add(rows[row], "row " + std::to_string(row + 1)); !added)
                return tl::unexpected(added.error());
        }
        const auto given =
            std::ranges::count_if(m_table.rows, [](const FilmTableRow& row) { return row.set.has_value(); });
        if (given != 0 && static_cast<std::size_t>(given) != m_table.rows.size())
            return fail(ErrorCode::InvalidArgument, "Some films of the table have a set, others have none.",
                        rows.front()[*m_set]);
        return std::move(m_table);
    }

private:
    FilmTable m_table;
    std::size_t m_file = 0, m_label = 0;
    std::optional<std::size_t> m_patient, m_set, m_source;

    Result<void> findColumns(const Cells& header, const TableColumns& columns) {
        const auto file =
            columnOf(header, columns.file, {"file", "path", "filename", "file_name", "image", "image index"});
        const auto label = columnOf(header, columns.label, {"label", "class", "finding", "finding labels"});
        const auto patient =
            columnOf(header, columns.patient, {"patient", "patientid", "patient_id", "patient id"});
        const auto set = columnOf(header, columns.set, {"set", "split"});
        const auto source = columnOf(header, columns.source, {"source", "dataset"});
        for (const auto* column : {&file, &label, &patient, &set, &source}) {
            if (!*column)
                return tl::unexpected(column->error());
        }
        if (!*file || !*label)
            return fail(
                ErrorCode::Damaged,
                "The table needs a column of files (file, path, image) and one of classes (label, class).");
        m_file = **file;
        m_label = **label;
        m_patient = *patient;
        m_set = *set;
        m_source = *source;
        return {};
    }

    static std::string cell(const Cells& cells, std::optional<std::size_t> column) {
        return column && *column < cells.size() ? cells[*column] : std::string();
    }

    Result<void> add(const Cells& cells, const std::string& place) {
        FilmTableRow row{.file = cell(cells, m_file),
                         .label = cell(cells, m_label),
                         .patient = cell(cells, m_patient),
                         .set = std::nullopt,
                         .source = cell(cells, m_source)};
        if (row.file.empty())
            return {};
        if (row.label.empty())
            return fail(ErrorCode::InvalidArgument, "A film of the table has no class.", place);
        if (const std::string set = cell(cells, m_set); !set.empty()) {
            row.set = filmSetOf(set);
            if (!row.set)
                return fail(ErrorCode::InvalidArgument, "A set is train, validation or test.", place);
        }
        m_table.rows.push_back(std::move(row));
        return {};
    }
};

} // namespace

Result<FilmTable> parseFilmTable(std::string_view text, const TableColumns& columns) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.starts_with(kByteOrderMark))
        text.remove_prefix(kByteOrderMark.size());
    const auto rows = parseCsv(text, separatorOf(text));
    if (!rows)
        return tl::unexpected(rows.error());
    return Parser().parse(*rows, columns);
}

Result<FilmTable> readFilmTable(const std::filesystem::path& file, const TableColumns& columns) {
    if (isSpreadsheet(file))
        return readSpreadsheet(file).and_then(
            [&](const TableRows& rows) { return Parser().parse(rows, columns); });
    return readTextFile(file).and_then(
        [&](const std::string& text) { return parseFilmTable(text, columns); });
}

} // namespace hilum
