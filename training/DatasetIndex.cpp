#include "training/DatasetIndex.h"

#include <algorithm>
#include <array>
#include <regex>

#include "core/image/RadiographReader.h"
#include "core/storage/AtomicFile.h"

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

// A train/validation/test layout would train a network to tell the sets apart.
bool areSets(const std::vector<fs::path>& folders) {
    constexpr std::array<std::string_view, 6> kSetNames{"train", "training",   "val",
                                                        "valid", "validation", "test"};
    return std::ranges::all_of(folders, [&](const fs::path& folder) {
        std::string name = folder.filename().string();
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
        return std::ranges::find(kSetNames, name) != kSetNames.end();
    });
}

// Lung masks as the COVID-19 Radiography Database stores them: CLASS/images and CLASS/masks.
bool areMasksBesideImages(const fs::path& folder) {
    std::error_code ignored;
    return folder.filename() == "masks" && fs::is_directory(folder.parent_path() / "images", ignored);
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

void addFile(DatasetIndex& index, const fs::path& file, int label, const PatientPattern& patients) {
    const fs::path relative = file.lexically_relative(index.root);
    const auto skip = [&](SkipKind kind, std::string reason) {
        index.skipped.push_back({relative, kind, std::move(reason)});
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
    index.films.push_back({relative, label, patients.patientOf(relative), std::move(*sha256)});
}

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
            return fail(ErrorCode::InvalidArgument,
                        "The folder of this class holds no film that can be read.", index.labels[label]);
    }
    return {};
}

Result<DatasetIndex> indexDataset(const fs::path& root, const PatientPattern& patients,
                                  std::size_t fewestClasses, std::stop_token stop) {
    auto folders = classFolders(root);
    if (!folders)
        return tl::unexpected(folders.error());
    if (folders->size() < fewestClasses)
        return fail(ErrorCode::InvalidArgument,
                    "The data folder needs at least " + std::to_string(fewestClasses) +
                        " class folders, with the films inside.",
                    root.string());
    if (areSets(*folders))
        return fail(
            ErrorCode::InvalidArgument,
            "The folders are sets (train, validation, test) instead of classes; give a folder that has one "
            "folder per class.",
            root.string());
    DatasetIndex index;
    index.root = root;
    for (const fs::path& folder : *folders) {
        const int label = static_cast<int>(index.labels.size());
        index.labels.push_back(folder.filename().string());
        for (const fs::path& file : filesBelow(folder, root, index.skipped)) {
            if (stop.stop_requested())
                return fail(ErrorCode::Cancelled, "The data set was not read to its end.", root.string());
            addFile(index, file, label, patients);
        }
    }
    if (auto good = checkClassesHaveFilms(index); !good)
        return tl::unexpected(good.error());
    index.fingerprint = fingerprintOf(index.films);
    return index;
}

} // namespace hilum
