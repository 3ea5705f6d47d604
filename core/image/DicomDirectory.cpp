#include "core/image/DicomDirectory.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "core/image/DicomParts.h"

namespace hilum {

namespace {

namespace fs = std::filesystem;

constexpr DicomTag kRecords{0x0004, 0x1220};
constexpr DicomTag kInUse{0x0004, 0x1410};
constexpr DicomTag kRecordType{0x0004, 0x1430};
constexpr DicomTag kFileId{0x0004, 0x1500};

// PS3.10 8.2 allows capital letters, digits and underscores; discs in the wild have more. No component may
// mean anything to a file system.
bool isPlainName(std::string_view name) {
    constexpr std::string_view kForbidden("/\\:\0", 4);
    return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
           name.find_first_of(kForbidden) == std::string_view::npos;
}

std::string lowered(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

// Below the folder; nothing where a component is not plain.
std::optional<fs::path> pathOf(const std::vector<std::string>& fileId, const fs::path& folder) {
    fs::path path = folder;
    for (const std::string& name : fileId) {
        if (!isPlainName(name))
            return std::nullopt;
        std::error_code error;
        const fs::path asStated = path / name;
        const fs::path inLowerCase = path / lowered(name);
        path = !fs::exists(asStated, error) && fs::exists(inLowerCase, error) ? inLowerCase : asStated;
    }
    return path;
}

// Also where links are followed.
bool liesWithin(const fs::path& file, const fs::path& folder) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(file, error);
    const fs::path root = fs::weakly_canonical(folder, error);
    return !error && std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first == root.end();
}

} // namespace

bool isDicomDirectory(Bytes head) {
    constexpr std::string_view kMediaDirectory = "1.2.840.10008.1.3.10";
    const auto meta = readDicomMeta(head);
    return meta && meta->sopClass == kMediaDirectory;
}

Result<std::vector<fs::path>> filmsOfDirectory(Bytes file, const fs::path& directoryFolder) {
    const fs::path folder = directoryFolder.empty() ? fs::path(".") : directoryFolder;
    const auto parts = takeDicomApart(file);
    if (!parts)
        return tl::unexpected(parts.error());
    const auto records =
        readItems(parts->file, parts->dataset, kRecords, 0, std::numeric_limits<std::size_t>::max());
    if (!records)
        return tl::unexpected(records.error());
    std::vector<fs::path> films;
    for (const DicomItem& record : *records) {
        const std::vector<std::string> fileId = record.attributes.texts(kFileId);
        if (record.attributes.text(kRecordType) != "IMAGE" || fileId.empty() ||
            record.attributes.integer(kInUse).value_or(1) == 0)
            continue;
        const auto path = pathOf(fileId, folder);
        if (!path || !liesWithin(*path, folder))
            return fail(ErrorCode::Damaged,
                        "The DICOMDIR lists a file outside of its folder " + toString(kFileId) + ".");
        films.push_back(*path);
    }
    if (films.empty())
        return fail(ErrorCode::NotFound, "The DICOMDIR lists no image.");
    return films;
}

} // namespace hilum
