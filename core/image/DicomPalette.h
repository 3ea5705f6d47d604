// Palette colour (PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/domain/Result.h"
#include "core/image/DicomAttributes.h"

namespace hilum {

struct PaletteColours {
    std::vector<std::uint16_t> samples; // red, green, blue of each pixel
    int bits = 8;                       // 8 or 16
};

// Indices beyond the palette take its last colour, with a warning. Errors: Damaged.
Result<PaletteColours> throughPalette(const std::vector<std::uint16_t>& indices,
                                      const DicomAttributes& attributes, std::vector<std::string>& warnings);

} // namespace hilum
