// The helper's side of FilmDecoder. Linux only. Internal.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "core/domain/Radiograph.h"
#include "core/domain/Result.h"
#include "core/image/ReadOptions.h"

namespace hilum {

using DecodeFilm =
    std::function<Result<Radiograph>(std::span<const std::uint8_t> file, const ReadOptions& options)>;

// Gives up the process's rights, then answers on kDecoderSocket until the other side is gone. decode may
// throw std::bad_alloc. Gives the exit status: 0, or 2 where there is no such socket.
int serveFilms(const DecodeFilm& decode);

} // namespace hilum
