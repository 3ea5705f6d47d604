// The distance between a film's pixels (PS3.3 10.7.1), and which attribute it comes from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/domain/Radiograph.h"
#include "core/domain/Result.h"
#include "core/image/DicomParts.h"

namespace hilum {

// Pixel Spacing; else that of the frame's functional groups; else Imager Pixel Spacing (of the data set, then
// of the functional groups), divided by the Estimated Radiographic Magnification Factor where there is one;
// else nothing. An unusable value is not passed over for the next one: it gives nothing, and a warning.
// frame: from 0. Errors: Damaged, TooLarge (functional groups).
Result<std::optional<PixelSpacing>> readSpacing(const DicomParts& parts, std::size_t frame,
                                                std::vector<std::string>& warnings);

} // namespace hilum
