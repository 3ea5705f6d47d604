// Files as bytes: whole or not at all. Blocking; thread-safe.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "core/domain/Result.h"

namespace hilum {

// Writes the parts, one after another, to a temporary file beside the target, syncs it, renames it over the
// target and syncs the folder: after a crash or a power cut the target is the old file or the new one, whole.
// A leftover temporary file has the suffix ".tmp". Errors: NotWritable; the target is then untouched.
Result<void> writeFileAtomically(const std::filesystem::path& file, std::span<const std::string_view> parts);
Result<void> writeFileAtomically(const std::filesystem::path& file, std::string_view bytes);

// Lower-case hexadecimal SHA-256. Errors: NotFound, NotReadable.
Result<std::string> sha256OfFile(const std::filesystem::path& file);
std::string sha256Of(std::string_view bytes);

// RFC 4648 with padding.
std::string base64(std::string_view bytes);

} // namespace hilum
