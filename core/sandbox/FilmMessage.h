// What readRadiograph() returns as bytes, for the way from hilum-decoder to the program that asked it. The
// pixels travel apart from it. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/domain/Radiograph.h"
#include "core/domain/Result.h"

namespace hilum {

// Largest description that is taken.
inline constexpr std::size_t kMaxDescriptionBytes = 64U * 1024 * 1024;

// All of a film or an error but the pixels and FilmSource::file.
std::vector<std::uint8_t> describeResult(const Result<Radiograph>& film);

// The opposite. The description is not trusted: texts are cleaned, and nothing comes back where it is cut or
// goes on, or the film breaks an invariant of Radiograph, the pixels' own included.
std::optional<Result<Radiograph>> resultFrom(std::span<const std::uint8_t> description, SharedPixels pixels);

} // namespace hilum
