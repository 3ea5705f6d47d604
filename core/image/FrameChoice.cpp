#include "core/image/FrameChoice.h"

#include <string>

namespace hilum {

Result<std::size_t> chosenFrame(const ReadOptions& options, long count, const char* word) {
    if (options.frame < 1 || options.frame > count)
        return fail(ErrorCode::InvalidArgument, "The file has " + std::to_string(count) + " " + word +
                                                    "; there is no number " + std::to_string(options.frame) +
                                                    ".");
    return static_cast<std::size_t>(options.frame) - 1;
}

void tellFrame(FilmSource& source, int index, int count, const char* word) {
    source.frame = index + 1;
    source.frameCount = count;
    if (count > 1)
        source.warnings.push_back("The file holds " + std::to_string(count) + " " + word + "; number " +
                                  std::to_string(index + 1) + " is shown.");
}

} // namespace hilum
