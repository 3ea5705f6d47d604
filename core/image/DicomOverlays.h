// Overlay planes (PS3.3 C.9.2): of the groups 6000 to 601E, from their own data or, as files until 2004 have
// them, from bits of the pixels that no stored value uses.
#pragma once

#include <string>
#include <vector>

#include "core/domain/Radiograph.h"
#include "core/image/DicomFrame.h"
#include "core/image/DicomParts.h"
#include "core/image/DicomPixelFormat.h"

namespace hilum {

// Those of this frame (from 0), in the order of their groups. One that cannot be used is left out with a
// warning; one that reaches beyond the film is kept, with a warning.
std::vector<FilmOverlay> readOverlays(const DicomParts& parts, const DicomPixelFormat& format,
                                      const DicomFrame& frame, std::size_t index,
                                      std::vector<std::string>& warnings);

} // namespace hilum
