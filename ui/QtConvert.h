// Between the core's std types and Qt's. Pure functions.
#pragma once

#include <filesystem>
#include <string_view>

#include <QString>

namespace hilum {

// Text out of a file or a library, made safe to show: invalid UTF-8, control characters and the marks that
// turn the reading direction become U+FFFD.
QString toQString(std::string_view utf8);

// For showing and for settings; a name that the system's encoding cannot express loses characters.
QString toQString(const std::filesystem::path& path);
std::filesystem::path toPath(const QString& path);

// The file's own name, safe to show.
QString fileName(const std::filesystem::path& path);

} // namespace hilum
