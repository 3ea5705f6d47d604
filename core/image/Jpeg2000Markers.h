// The marker segments of a JPEG 2000 code stream (ITU-T T.800 Annex A), walked before any decoder sees it.
#pragma once

#include <cstdint>

#include "core/domain/Result.h"
#include "core/image/Bytes.h"

namespace hilum {

struct Jpeg2000Info {
    Bytes codeStream; // from SOC to EOC, without the JP2 boxes around it
    std::uint32_t widthPx = 0;
    std::uint32_t heightPx = 0;
    int components = 0;
    int precisionBits = 0; // of every component
    bool isSigned = false;
    std::uint64_t workBytes = 0; // estimate of what decoding takes beside the stream and the decoded film
};

// Errors: Damaged (a segment beyond the end, no end-of-codestream marker, sizes that contradict each other),
// UnsupportedFormat (components of different size or depth), TooLarge (more tiles than a film can need).
Result<Jpeg2000Info> scanJpeg2000Markers(Bytes bytes);

} // namespace hilum
