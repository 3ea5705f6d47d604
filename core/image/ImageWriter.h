// Pictures -> files, written whole or not at all (core/storage/AtomicFile.h). Errors: NotWritable,
// Internal (the picture could not be encoded).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/domain/Radiograph.h"
#include "core/domain/Raster.h"
#include "core/domain/Result.h"

namespace hilum {

// 16-bit grey PNG of the stored values (signed ones shifted up by −storedMin), not windowed, not inverted.
Result<void> writeStoredValuesPng(const Radiograph& film, const std::filesystem::path& file);
// 8-bit PNG with 1 (grey) or 3 (RGB) channels.
Result<void> writePng(const Raster<std::uint8_t>& image, const std::filesystem::path& file);
// 32-bit float TIFF, one channel.
Result<void> writeFloatTiff(const FloatImage& image, const std::filesystem::path& file);
// 8-bit PNG with 1 (grey) or 3 (RGB) channels, in memory; empty where libpng could not encode it.
std::string encodePng(const Raster<std::uint8_t>& image);

} // namespace hilum
