// Files -> Radiograph. The format is told by content, never by name. Blocking; thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <stop_token>
#include <vector>

#include "core/domain/Radiograph.h"
#include "core/domain/Result.h"
#include "core/image/ReadOptions.h"

namespace hilum {

// Largest film that is decoded, in pixels; a larger one is refused before anything is allocated.
inline constexpr long long kMaxFilmPixels = 100'000'000;

// Largest file that is opened, in bytes.
inline constexpr long long kMaxFileBytes = 320LL * 1024 * 1024;

enum class FileKind { Dicom, Png, Jpeg, Tiff, Bmp, WebP, Unknown };

// By the file's first bytes. Errors: NotFound, NotReadable.
Result<FileKind> sniffFile(const std::filesystem::path& file);

// Reads DICOM, PNG, JPEG, TIFF, BMP and WebP. Colour becomes grey by ITU-R BT.601 luma, with a warning.
// Errors: NotFound, NotReadable, UnsupportedFormat, Damaged, TooLarge, InvalidArgument (no such frame),
// OutOfMemory, Cancelled. The error's context is the file, its message the reason (for DICOM: with the tag or
// the transfer syntax).
Result<Radiograph> readRadiograph(const std::filesystem::path& file, std::stop_token stop = {},
                                  const ReadOptions& options = {});

// The same for a file in memory; film.source.file and the error's context stay empty.
Result<Radiograph> decodeRadiograph(std::span<const std::uint8_t> file, std::stop_token stop = {},
                                    const ReadOptions& options = {});
// The same with the format forced.
Result<Radiograph> decodeRadiographAs(FileKind kind, std::span<const std::uint8_t> file,
                                      std::stop_token stop = {}, const ReadOptions& options = {});

// Files stay as given, but for a DICOMDIR, which gives the images that it lists
// (core/image/DicomDirectory.h); folders are walked (hidden files and symbolic links to folders left out) and
// give the files inside that are films by content, sorted by path; a DICOMDIR in there is passed over. Never
// blocks on FIFOs or devices. Errors: NotFound for a path that does not exist or a DICOMDIR without images,
// those of filmsOfDirectory(), Cancelled.
Result<std::vector<std::filesystem::path>> findFilms(const std::vector<std::filesystem::path>& paths,
                                                     std::stop_token stop = {});

} // namespace hilum
