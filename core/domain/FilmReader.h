// How a film is read: readRadiograph() (core/image), or in a helper process (core/sandbox/FilmDecoder.h).
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>

#include "core/domain/Radiograph.h"
#include "core/domain/Result.h"

namespace hilum {

// Blocking; called by several threads at once. Errors: those of readRadiograph().
using FilmReader = std::function<Result<Radiograph>(const std::filesystem::path&, std::stop_token)>;

} // namespace hilum
