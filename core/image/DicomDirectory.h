// Media directories (DICOMDIR, PS3.3 Annex F) -> the images that they list.
#pragma once

#include <filesystem>
#include <vector>

#include "core/domain/Result.h"
#include "core/image/Bytes.h"

namespace hilum {

// By the file meta information; the first 1024 bytes are enough.
bool isDicomDirectory(Bytes head);

// The files of the records that are images and in use, in the directory's order, whether they exist or not.
// folder: the one that the directory lies in. File names may differ from the records in case, as they do on
// mounted discs. Errors: Damaged (also: a record that leads out of the folder, through a link too), TooLarge,
// UnsupportedFormat, NotFound (no image is listed).
Result<std::vector<std::filesystem::path>> filmsOfDirectory(Bytes file, const std::filesystem::path& folder);

} // namespace hilum
