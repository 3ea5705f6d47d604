// Choosing one of several frames or pages, and telling about it.
#pragma once

#include <cstddef>

#include "core/domain/Radiograph.h"
#include "core/domain/Result.h"
#include "core/image/ReadOptions.h"

namespace hilum {

// From 0. word: "frames" or "pages". Errors: InvalidArgument (no such frame).
Result<std::size_t> chosenFrame(const ReadOptions& options, long count, const char* word);

// Sets frame and number of frames, with a warning where there are several. index: from 0.
void tellFrame(FilmSource& source, int index, int count, const char* word);

} // namespace hilum
