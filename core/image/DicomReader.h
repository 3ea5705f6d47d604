// DICOM in memory -> Radiograph. Thread-safe.
#pragma once

#include <stop_token>

#include "core/domain/Radiograph.h"
#include "core/domain/Result.h"
#include "core/image/Bytes.h"
#include "core/image/ReadOptions.h"

namespace hilum {

// The frame chosen, with the stored values exactly as they are in the file. The file in FilmSource and in the
// error's context is left to the caller.
// Errors: UnsupportedFormat, Damaged, TooLarge, InvalidArgument (no such frame), OutOfMemory, Cancelled.
Result<Radiograph> readDicom(Bytes file, const ReadOptions& options, const std::stop_token& stop);

} // namespace hilum
