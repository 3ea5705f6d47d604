// The HTML report of a run as a PDF.
#pragma once

#include <filesystem>
#include <string>

#include "core/domain/Result.h"

namespace hilum {

// html: resultsDocument(); its drawings, which Qt's rich text does not know, are rendered into pictures.
// Errors: NotWritable.
Result<void> writeReportPdf(const std::string& html, const std::filesystem::path& file);

} // namespace hilum
