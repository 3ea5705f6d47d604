#include "core/image/RadiographReader.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <new>
#include <string_view>
#include <system_error>

#include "core/image/Bytes.h"
#include "core/image/DicomDirectory.h"
#include "core/image/DicomReader.h"
#include "core/image/DicomStructure.h"
#include "core/image/FrameChoice.h"
#include "core/image/RasterReader.h"

namespace hilum {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeadBytes = 1024; // enough to tell every format

std::string nameOf(const fs::path& file) {
    const auto utf8 = file.u8string();
    return {utf8.begin(), utf8.end()};
}

bool beginsWith(Bytes bytes, std::string_view magic) {
    return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

FileKind kindOf(Bytes head) {
    using namespace std::string_view_literals;
    if (beginsWith(head, "\x89PNG\r\n\x1a\n"sv))
        return FileKind::Png;
    if (beginsWith(head, "\xFF\xD8\xFF"sv))
        return FileKind::Jpeg;
    // A preamble may hold a TIFF header (PS3.10 7.1), so DICOM goes first.
    if (looksLikeDicom(head))
        return FileKind::Dicom;
    for (const auto magic : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv})
        if (beginsWith(head, magic))
            return FileKind::Tiff;
    if (beginsWith(head, "RIFF"sv) && head.size() >= 12 && beginsWith(head.subspan(8), "WEBP"sv))
        return FileKind::WebP;
    if (looksLikeBmp(head))
        return FileKind::Bmp;
    return FileKind::Unknown;
}

// At most `most` bytes from the start. FIFOs and devices are refused without being opened.
Result<std::vector<std::uint8_t>> readBytes(const fs::path& file, std::uint64_t most) {
    std::error_code error;
    const fs::file_status status = fs::status(file, error);
    if (status.type() == fs::file_type::not_found)
        return fail(ErrorCode::NotFound, "The file does not exist.", nameOf(file));
    if (error)
        return fail(ErrorCode::NotReadable, "The file cannot be looked at: " + error.message() + ".",
                    nameOf(file));
    if (status.type() != fs::file_type::regular)
        return fail(ErrorCode::NotReadable, "This is not a regular file.", nameOf(file));
    const std::uintmax_t size = fs::file_size(file, error);
    std::ifstream stream(file, std::ios::binary);
    if (error || !stream)
        return fail(ErrorCode::NotReadable, "The file cannot be opened.", nameOf(file));
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::min<std::uintmax_t>(size, most)));
    stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (static_cast<std::size_t>(stream.gcount()) != bytes.size())
        return fail(ErrorCode::NotReadable, "The file cannot be read to its end.", nameOf(file));
    return bytes;
}

Result<Radiograph> readFile(const fs::path& file, const std::stop_token& stop, const ReadOptions& options) {
    if (stop.stop_requested())
        return fail(ErrorCode::Cancelled, "Reading was stopped.");
    const auto bytes = readBytes(file, static_cast<std::uint64_t>(kMaxFileBytes) + 1);
    if (!bytes)
        return tl::unexpected(bytes.error());
    if (bytes->size() > static_cast<std::size_t>(kMaxFileBytes))
        return fail(ErrorCode::TooLarge,
                    "The file is larger than " + std::to_string(kMaxFileBytes / (1024 * 1024)) + " MB.");
    return decodeRadiograph(*bytes, stop, options);
}

bool isHidden(const fs::path& path) {
    const auto name = path.filename().native();
    return !name.empty() && name.front() == '.';
}

bool isFilm(const fs::path& file) {
    const auto head = readBytes(file, kHeadBytes);
    if (!head)
        return false;
    const FileKind kind = kindOf(*head);
    return kind != FileKind::Unknown && (kind != FileKind::Dicom || !isDicomDirectory(*head));
}

// The file itself, or the films that it lists where it is a DICOMDIR.
Result<std::vector<fs::path>> filmsOf(const fs::path& file) {
    const auto head = readBytes(file, kHeadBytes);
    if (!head || kindOf(*head) != FileKind::Dicom || !isDicomDirectory(*head))
        return std::vector{file}; // reading it will say what is wrong
    const auto bytes = readBytes(file, static_cast<std::uint64_t>(kMaxFileBytes));
    if (!bytes)
        return tl::unexpected(bytes.error());
    auto films = filmsOfDirectory(*bytes, file.parent_path());
    if (!films)
        films.error().context = nameOf(file);
    return films;
}

// Unreadable folders are passed over; the films in them are not there for the user either way.
Result<std::vector<fs::path>> filmsBelow(const fs::path& folder, const std::stop_token& stop) {
    std::vector<fs::path> films;
    std::error_code error;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        if (stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Looking for films was stopped.");
        if (isHidden(entry->path()))
            entry.disable_recursion_pending();
        else if (isFilm(entry->path()))
            films.push_back(entry->path());
    }
    std::sort(films.begin(), films.end());
    return films;
}

} // namespace

Result<FileKind> sniffFile(const fs::path& file) {
    const auto head = readBytes(file, kHeadBytes);
    if (!head)
        return tl::unexpected(head.error());
    return kindOf(*head);
}

Result<Radiograph> decodeRadiograph(std::span<const std::uint8_t> file, std::stop_token stop,
                                    const ReadOptions& options) {
    return decodeRadiographAs(kindOf(file), file, std::move(stop), options);
}

Result<Radiograph> decodeRadiographAs(FileKind kind, std::span<const std::uint8_t> file, std::stop_token stop,
                                      const ReadOptions& options) {
    if (stop.stop_requested())
        return fail(ErrorCode::Cancelled, "Reading was stopped.");
    if (kind == FileKind::Dicom)
        return readDicom(file, options, stop);
    if (kind == FileKind::Tiff)
        return readTiff(file, options, stop);
    if (kind == FileKind::Unknown)
        return fail(ErrorCode::UnsupportedFormat,
                    file.empty() ? "The file is empty."
                                 : "This is neither DICOM nor PNG, JPEG, TIFF, BMP or WebP.");
    if (const auto only = chosenFrame(options, 1, "frames"); !only)
        return tl::unexpected(only.error());
    switch (kind) {
    case FileKind::Png:
        return readPng(file, stop);
    case FileKind::Jpeg:
        return readJpeg(file, stop);
    case FileKind::Bmp:
        return readBmp(file, stop);
    default:
        return readWebP(file, stop);
    }
}

Result<Radiograph> readRadiograph(const fs::path& file, std::stop_token stop, const ReadOptions& options) {
    try {
        auto film = readFile(file, stop, options);
        if (film)
            film->source.file = file;
        else
            film.error().context = nameOf(file);
        return film;
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to read the file.", nameOf(file));
    }
}

Result<std::vector<fs::path>> findFilms(const std::vector<fs::path>& paths, std::stop_token stop) {
    std::vector<fs::path> films;
    for (const fs::path& path : paths) {
        std::error_code error;
        const fs::file_status status = fs::status(path, error);
        if (status.type() == fs::file_type::not_found)
            return fail(ErrorCode::NotFound, "The path does not exist.", nameOf(path));
        const auto found = status.type() == fs::file_type::directory ? filmsBelow(path, stop) : filmsOf(path);
        if (!found)
            return tl::unexpected(found.error());
        films.insert(films.end(), found->begin(), found->end());
    }
    return films;
}

} // namespace hilum
