// Reads tables that people keep in Excel. Office Open XML, ISO/IEC 29500-1: a zip archive of XML parts.
// Thread-safe.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/domain/Result.h"

namespace hilum {

using TableRows = std::vector<std::vector<std::string>>; // of cells; rows may differ in length

// Whether the file begins as a zip archive does.
bool isSpreadsheet(const std::filesystem::path& file);

// The first sheet as text: numbers and dates as they are stored, formulas as their last result. Empty rows
// are left out. Errors, with the file as context: NotReadable, Damaged (no such archive, XML that is not
// whole or has a document type), TooLarge (a part above 128 MB).
Result<TableRows> readSpreadsheet(const std::filesystem::path& file);

} // namespace hilum
