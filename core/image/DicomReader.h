// DICOM in memory -> Radiograph. Thread-safe.
#pragma once

#include <stop_token>

#include "core/domain/Radiograph.h"
#include "core/domain/Result.h"
#include "core/image/Bytes.h"

namespace hilum {

// The first frame, with the stored values exactly as they are in the file. The file in FilmSource and in the
// error's context is left to the caller.
// Errors: UnsupportedFormat, Damaged, TooLarge, OutOfMemory, Cancelled.
Result<Radiograph> readDicom(Bytes file, const std::stop_token& stop);

} // namespace hilum
