// From stored values to grey, as the file states it: modality LUT or rescale (PS3.3 C.11.1), windows and VOI
// LUTs (C.11.2), padding (C.7.5.1.1.2), presentation LUT shape (C.11.6).
#pragma once

#include "core/domain/Radiograph.h"
#include "core/domain/Result.h"
#include "core/image/DicomParts.h"
#include "core/image/DicomPixelFormat.h"

namespace hilum {

// Fills rescale or modality table, windows (VOI LUTs first: a file that has both says more with the table),
// padding and polarity of a film whose range of stored values is set. What cannot be used is left out with a
// warning. frame: from 0. Errors: Damaged, TooLarge (sequences).
Result<void> readGreyscale(const DicomParts& parts, const DicomPixelFormat& format, std::size_t frame,
                           Radiograph& film);

} // namespace hilum
