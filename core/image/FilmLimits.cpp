#include "core/image/FilmLimits.h"

#include <string>

#include "core/image/RadiographReader.h"

namespace hilum {

Result<void> checkFilmSize(std::uint64_t widthPx, std::uint64_t heightPx) {
    const std::string size = std::to_string(widthPx) + " × " + std::to_string(heightPx) + " pixels";
    if (widthPx == 0 || heightPx == 0)
        return fail(ErrorCode::Damaged, "The file declares a picture of " + size + ".");
    constexpr auto kMost = static_cast<std::uint64_t>(kMaxFilmPixels);
    if (widthPx > kMost || heightPx > kMost / widthPx)
        return fail(ErrorCode::TooLarge, "The picture has " + size + "; at most " +
                                             std::to_string(kMost / 1'000'000) + " million are read.");
    return {};
}

Result<void> checkDecodeBytes(std::uint64_t bytes) {
    if (bytes > kMaxDecodeBytes)
        return fail(ErrorCode::TooLarge,
                    "Reading the picture would take " + std::to_string(bytes / (1024 * 1024)) +
                        " MB of memory; at most " + std::to_string(kMaxDecodeBytes / (1024 * 1024)) +
                        " MB are used for one film.");
    return {};
}

} // namespace hilum
