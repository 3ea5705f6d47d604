// How much a film may take. Checked before anything is allocated.
#pragma once

#include <cstdint>

#include "core/domain/Result.h"

namespace hilum {

// Largest sum of the file, its decoded samples and the film's pixels while one film is read, in bytes.
inline constexpr std::uint64_t kMaxDecodeBytes = 512ULL * 1024 * 1024;

// Errors: Damaged (a side is 0), TooLarge (more than kMaxFilmPixels).
Result<void> checkFilmSize(std::uint64_t widthPx, std::uint64_t heightPx);

// Errors: TooLarge (more than kMaxDecodeBytes).
Result<void> checkDecodeBytes(std::uint64_t bytes);

} // namespace hilum
