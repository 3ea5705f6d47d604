#include "training/DatasetIndex.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "core/domain/ReadAhead.h"
#include "core/domain/Threads.h"
#include "core/image/RadiographReader.h"
#include "core/storage/AtomicFile.h"
#include "training/FilmTable.h"
#include "training/Spreadsheet.h"
#include "training/Text.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;

bool isHidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

std::string fingerprintOf(const std::vector<FilmEntry>& films) {
    std::string text;
    for (const FilmEntry& film : films)
        text += film.file.generic_string() + '\0' + film.sha256 + '\n';
    return sha256Of(text);
}

Result<std::vector<fs::path>> classFolders(const fs::path& root) {
    std::error_code error;
    if (!fs::exists(root, error))
        return fail(ErrorCode::NotFound, "The data folder does not exist.", root.string());
    std::vector<fs::path> folders;
    fs::directory_iterator entries(root, error);
    if (error)
        return fail(ErrorCode::NotReadable, "The data folder cannot be read.", root.string());
    for (; !error && entries != fs::directory_iterator{}; entries.increment(error)) {
        std::error_code ignored;
        if (!isHidden(entries->path()) && entries->is_directory(ignored))
            folders.push_back(entries->path());
    }
    std::ranges::sort(folders, {}, [](const fs::path& folder) { return folder.filename().string(); });
    return folders;
}

bool areSets(const std::vector<fs::path>& folders) {
    return !folders.empty() && std::ranges::all_of(folders, [](const fs::path& folder) {
        return filmSetOf(folder.filename().string()).has_value();
    });
}

constexpr const char* kFilms = "films"; // as hilum-cli phantom names them
constexpr const char* kLungMasks = "lung-masks";
constexpr const char* kLesionMasks = "lesion-masks";

bool arePhantoms(const std::vector<fs::path>& folders) {
    const auto has = [&](const char* name) {
        return std::ranges::any_of(folders,
                                   [&](const fs::path& folder) { return folder.filename() == name; });
    };
    return has(kFilms) && std::ranges::all_of(folders, [](const fs::path& folder) {
               const fs::path name = folder.filename();
               return name == kFilms || name == kLungMasks || name == kLesionMasks;
           });
}

// Lung masks as the COVID-19 Radiography Database stores them: CLASS/images and CLASS/masks.
bool areMasksBesideImages(const fs::path& folder) {
    std::error_code ignored;
    return folder.filename() == "masks" && fs::is_directory(folder.parent_path() / "images", ignored);
}

// Relative to root; empty where none of them is a file.
fs::path firstThere(const fs::path& root, const std::vector<fs::path>& places) {
    std::error_code ignored;
    const auto found = std::ranges::find_if(
        places, [&](const fs::path& place) { return fs::is_regular_file(root / place, ignored); });
    return found == places.end() ? fs::path() : *found;
}

std::vector<fs::path> filesBelow(const fs::path& folder, const fs::path& root,
                                 std::vector<SkippedFile>& skipped) {
    std::vector<fs::path> files;
    std::error_code error;
    fs::recursive_directory_iterator entries(folder, fs::directory_options::skip_permission_denied, error);
    for (; !error && entries != fs::recursive_directory_iterator{}; entries.increment(error)) {
        std::error_code ignored;
        const fs::path& path = entries->path();
        if (isHidden(path) || areMasksBesideImages(path)) {
            entries.disable_recursion_pending();
        } else if (entries->is_regular_file(ignored)) {
            files.push_back(path);
        }
    }
    if (error)
        skipped.push_back(
            {folder.lexically_relative(root), SkipKind::Unreadable, "The folder cannot be read."});
    std::ranges::sort(files);
    return files;
}

// CLASS.metadata.xlsx of the COVID-19 Radiography Database: the address that each film was taken from, by the
// film's name without its ending, in small letters, since names differ in that between table and folder.
using FilmSources = std::map<std::string, std::string>;

Result<FilmSources> sourcesIn(const fs::path& file) {
    return readSpreadsheet(file).map([](const TableRows& rows) {
        FilmSources sources;
        std::optional<std::size_t> name, address;
        for (const std::vector<std::string>& row : rows) {
            if (!name || !address) { // still above or at the header
                const auto columnOf = [&](std::string_view title) {
                    const auto found = std::ranges::find(
                        row, title, [](const std::string& cell) { return lowerCase(cell); });
                    return found == row.end() ? std::nullopt
                                              : std::optional(static_cast<std::size_t>(found - row.begin()));
                };
                name = columnOf("file name");
                address = columnOf("url");
            } else if (std::max(*name, *address) < row.size()) {
                sources[lowerCase(row[*name])] = row[*address];
            }
        }
        return sources;
    });
}

// What a data set says about a film, besides its content.
struct FilmPlace {
    fs::path file; // relative to the root
    std::string label;
    std::string patient; // empty: by its name
    std::optional<FilmSet> set{};
    std::string source{};
};

// Puts an index together film by film.
class Indexer {
public:
    Indexer(fs::path root, const IndexOptions& options, std::stop_token stop)
        : m_options(options), m_stop(std::move(stop)) {
        m_index.root = std::move(root);
        m_index.patientsKnown = !options.patients.isEmpty();
    }

    Result<DatasetIndex> fromFolders(const std::vector<fs::path>& folders) {
        if (!areSets(folders)) {
            if (auto added = addClasses(folders, {}); !added)
                return tl::unexpected(added.error());
            return finished();
        }
        for (const fs::path& folder : folders) {
            const auto classes = classFolders(folder);
            if (!classes)
                return tl::unexpected(classes.error());
            if (auto added = addClasses(*classes, filmSetOf(folder.filename().string())); !added)
                return tl::unexpected(added.error());
        }
        return finished();
    }

    Result<DatasetIndex> fromTable(const FilmTable& table) {
        if (m_options.patientFrom == PatientFrom::Column && !table.hasPatients)
            return fail(ErrorCode::InvalidArgument, "The table has no column of patients.",
                        m_index.root.string());
        const bool column = table.hasPatients && (m_options.patientFrom == PatientFrom::Any ||
                                                  m_options.patientFrom == PatientFrom::Column);
        m_index.patientsKnown = column || m_index.patientsKnown;
        std::map<std::string, std::string> labels; // of the files seen
        for (const FilmTableRow& row : table.rows) {
            if (m_stop.stop_requested())
                return cancelled();
            const fs::path file = fs::path(row.file).lexically_normal();
            const auto [known, isNew] = labels.try_emplace(file.generic_string(), row.label);
            if (!isNew && known->second != row.label)
                return fail(ErrorCode::InvalidArgument, "The table gives this film two classes.", row.file);
            if (isNew)
                addFile({file, row.label, column ? row.patient : std::string(), row.set, row.source});
        }
        return finished();
    }

private:
    const IndexOptions& m_options;
    const std::stop_token m_stop;
    DatasetIndex m_index;
    std::map<std::string, std::vector<FilmEntry>> m_films; // by label; their own labels are set at the end
    std::set<fs::path> m_dicom;                            // those with tags

    [[nodiscard]] tl::unexpected<Error> cancelled() const {
        return fail(ErrorCode::Cancelled, "The data set was not read to its end.", m_index.root.string());
    }

    Result<void> addClasses(const std::vector<fs::path>& folders, std::optional<FilmSet> set) {
        for (const fs::path& folder : folders) {
            const std::string label = folder.filename().string();
            m_films[label];
            const FilmSources sources = sourcesOf(folder);
            for (const fs::path& file : filesBelow(folder, m_index.root, m_index.skipped)) {
                if (m_stop.stop_requested())
                    return cancelled();
                const auto source = sources.find(lowerCase(file.stem().string()));
                addFile({file.lexically_relative(m_index.root), label, "", set,
                         source == sources.end() ? std::string() : source->second});
            }
        }
        return {};
    }

    // From the table beside a class folder, if there is one.
    FilmSources sourcesOf(const fs::path& folder) {
        const fs::path file = fs::path(folder) += ".metadata.xlsx";
        std::error_code ignored;
        if (!fs::is_regular_file(file, ignored))
            return {};
        auto sources = sourcesIn(file);
        if (!sources)
            m_index.skipped.push_back(
                {file.lexically_relative(m_index.root), SkipKind::Unreadable, sources.error().message});
        return sources.value_or(FilmSources());
    }

    void addFile(const FilmPlace& place) {
        std::vector<FilmEntry>& films = m_films[place.label];
        const fs::path file = m_index.root / place.file;
        const auto skip = [&](SkipKind kind, std::string reason) {
            m_index.skipped.push_back({place.file, kind, std::move(reason)});
        };
        std::error_code error;
        if (fs::file_size(file, error) == 0 && !error)
            return skip(SkipKind::Unreadable, "The file is empty.");
        const Result<FileKind> kind = sniffFile(file);
        if (!kind)
            return skip(SkipKind::Unreadable, kind.error().message);
        if (*kind == FileKind::Unknown)
            return skip(SkipKind::Foreign, "The file is not a film (PNG, JPEG, TIFF or DICOM).");
        Result<std::string> sha256 = sha256OfFile(file);
        if (!sha256)
            return skip(SkipKind::Unreadable, sha256.error().message);
        if (*kind == FileKind::Dicom)
            m_dicom.insert(place.file);
        films.push_back(
            {place.file, 0, place.patient.empty() ? m_options.patients.patientOf(place.file) : place.patient,
             std::move(*sha256), place.source, lungMaskOf(m_index.root, place.file), -1, place.set});
    }

    Result<DatasetIndex> finished() {
        if (m_films.size() < m_options.fewestClasses)
            return fail(ErrorCode::InvalidArgument,
                        "The data set needs at least " + std::to_string(m_options.fewestClasses) +
                            " classes: folders with the films inside, or labels of a table.",
                        m_index.root.string());
        for (auto& [label, films] : m_films) {
            if (!isUtf8(label)) // it will stand in JSON, on cards and in windows
                return fail(ErrorCode::InvalidArgument,
                            "The name of this class is not UTF-8; give it another one.", label);
            std::ranges::sort(films, {}, &FilmEntry::file);
            for (FilmEntry& film : films) {
                film.label = static_cast<int>(m_index.labels.size());
                m_index.films.push_back(std::move(film));
            }
            m_index.labels.push_back(label);
        }
        if (auto good = checkClassesHaveFilms(m_index); !good)
            return tl::unexpected(good.error());
        if (m_options.patientFrom == PatientFrom::DicomTag) {
            if (auto read = readPatientTags(); !read)
                return tl::unexpected(read.error());
        }
        m_index.fingerprint = fingerprintOf(m_index.films);
        return std::move(m_index);
    }

    // A digest of the tag; empty where there is none.
    [[nodiscard]] std::string patientTag(const FilmEntry& film) const {
        const fs::path file = m_index.root / film.file;
        const Result<Radiograph> read =
            m_options.readFilm ? m_options.readFilm(file, m_stop) : readRadiograph(file, m_stop);
        return read && !read->header.patientId.empty()
                   ? "dicom-" + sha256Of(read->header.patientId).substr(0, 16)
                   : std::string();
    }

    Result<void> readPatientTags() {
        std::vector<FilmEntry*> films;
        for (FilmEntry& film : m_index.films) {
            if (m_dicom.contains(film.file))
                films.push_back(&film);
        }
        const int threads = std::max(1, m_options.threads);
        ReadAhead<std::string> tags(films.size(), threads, 4 * static_cast<std::size_t>(threads),
                                    [&](std::size_t film) { return patientTag(*films[film]); });
        for (FilmEntry* film : films) {
            const std::string tag = *tags.next();
            if (m_stop.stop_requested())
                return cancelled();
            if (!tag.empty()) {
                film->patient = tag;
                m_index.patientsKnown = true;
            }
        }
        return {};
    }
};

} // namespace

std::vector<long> DatasetIndex::countsByLabel() const {
    std::vector<long> counts(labels.size());
    for (const FilmEntry& film : films)
        ++counts[static_cast<std::size_t>(film.label)];
    return counts;
}

std::string DatasetIndex::countsText() const {
    const std::vector<long> counts = countsByLabel();
    std::string text;
    for (std::size_t i = 0; i < labels.size(); ++i)
        text += (i == 0 ? "" : ", ") + labels[i] + " " + std::to_string(counts[i]);
    return text;
}

std::vector<std::string> DatasetIndex::sources() const {
    std::set<std::string> names;
    for (const FilmEntry& film : films) {
        if (!film.source.empty())
            names.insert(film.source);
    }
    return {names.begin(), names.end()};
}

void DatasetIndex::skipUnreadable(const std::vector<std::size_t>& indices,
                                  const std::vector<std::string>& reasons) {
    for (std::size_t i = indices.size(); i-- > 0;) {
        const auto position = films.begin() + static_cast<std::ptrdiff_t>(indices[i]);
        skipped.push_back({position->file, SkipKind::Unreadable, reasons[i]});
        films.erase(position);
    }
    fingerprint = fingerprintOf(films);
}

long DatasetIndex::unreadableCount() const {
    return static_cast<long>(std::ranges::count(skipped, SkipKind::Unreadable, &SkippedFile::kind));
}

Result<PatientPattern> PatientPattern::parse(const std::string& pattern) {
    PatientPattern result;
    if (pattern.empty())
        return result;
    try {
        const std::regex regex(pattern == "nih" ? "^([0-9]{8})_[0-9]{3}" : pattern);
        if (regex.mark_count() < 1)
            return fail(ErrorCode::InvalidArgument,
                        "The patient pattern needs a group in parentheses, which is the patient.", pattern);
        result.m_group = [regex](const std::string& name) {
            std::smatch match;
            return std::regex_search(name, match, regex) ? match[1].str() : std::string();
        };
        return result;
    } catch (const std::regex_error&) {
        return fail(ErrorCode::InvalidArgument, "The patient pattern is not a regular expression.", pattern);
    }
}

std::string PatientPattern::patientOf(const fs::path& file) const {
    const std::string patient = m_group ? m_group(file.filename().string()) : std::string();
    if (!patient.empty())
        return patient;
    fs::path whole = file;
    return whole.replace_extension().generic_string();
}

Result<void> checkClassesHaveFilms(const DatasetIndex& index) {
    const std::vector<long> counts = index.countsByLabel();
    for (std::size_t label = 0; label < counts.size(); ++label) {
        if (counts[label] == 0)
            return fail(ErrorCode::InvalidArgument, "This class has no film that can be read.",
                        index.labels[label]);
    }
    return {};
}

Result<IndexOptions> indexOptionsOf(const TrainingConfig& config) {
    auto patients = PatientPattern::parse(config.split.patientPattern);
    if (!patients)
        return tl::unexpected(patients.error());
    IndexOptions options;
    options.patients = std::move(*patients);
    options.patientFrom = config.split.patientFrom;
    options.columns = config.columns;
    options.threads = threadCount(config.threads);
    return options;
}

Result<fs::path> datasetRoot(const fs::path& given) {
    const fs::path data = given.has_filename() ? given : given.parent_path(); // without a slash at its end
    std::error_code ignored;
    if (fs::is_regular_file(data, ignored))
        return data.parent_path();
    const auto folders = classFolders(data);
    if (!folders)
        return tl::unexpected(folders.error());
    return arePhantoms(*folders) ? data / kFilms : data;
}

fs::path lungMaskOf(const fs::path& root, const fs::path& film) {
    std::vector<fs::path> places;
    if (film.parent_path().filename() == "images")
        places.push_back(film.parent_path().parent_path() / "masks" / film.filename());
    if (root.filename() == kFilms)
        places.push_back((fs::path("..") / kLungMasks / film).replace_extension(".png"));
    return firstThere(root, places);
}

fs::path lesionMaskOf(const fs::path& root, const fs::path& film) {
    if (root.filename() != kFilms)
        return {};
    return firstThere(root, {(fs::path("..") / kLesionMasks / film).replace_extension(".png")});
}

Result<DatasetIndex> indexDataset(const fs::path& data, const IndexOptions& options, std::stop_token stop) {
    std::error_code ignored;
    if (fs::is_regular_file(data, ignored)) {
        const auto table = readFilmTable(data, options.columns);
        if (!table)
            return tl::unexpected(table.error());
        return Indexer(data.parent_path(), options, std::move(stop)).fromTable(*table);
    }
    if (options.patientFrom == PatientFrom::Column)
        return fail(ErrorCode::InvalidArgument, "A folder has no column of patients; a table has.",
                    data.string());
    auto root = datasetRoot(data);
    if (!root)
        return tl::unexpected(root.error());
    const auto folders = classFolders(*root);
    if (!folders)
        return tl::unexpected(folders.error());
    return Indexer(std::move(*root), options, std::move(stop)).fromFolders(*folders);
}

Result<DatasetIndex> indexDataset(const fs::path& data, const PatientPattern& patients,
                                  std::size_t fewestClasses, std::stop_token stop) {
    IndexOptions options;
    options.patients = patients;
    options.fewestClasses = fewestClasses;
    return indexDataset(data, options, std::move(stop));
}

} // namespace hilum
