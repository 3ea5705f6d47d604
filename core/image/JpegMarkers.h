// The marker segments of a JPEG stream (ITU-T T.81 Annex B), walked before any decoder sees it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/domain/Result.h"
#include "core/image/Bytes.h"

namespace hilum {

enum class JpegProcess { Baseline, Extended, Progressive, Lossless, Other };

struct JpegInfo {
    JpegProcess process = JpegProcess::Other;
    bool arithmetic = false; // arithmetic coding instead of Huffman
    int precisionBits = 8;
    int widthPx = 0;
    int heightPx = 0;
    int components = 0;
    int scans = 0;
    int irregularScans = 0; // sequential, with parameters that only progressive scans may have: ignored
    bool componentsNamedRgb = false; // the component identifiers are 'R', 'G', 'B'
    bool hasJfif = false;
    int adobeTransform = -1;   // of the Adobe segment: 0 none, 1 YCbCr, 2 YCCK; −1: no such segment
    int exifOrientation = 1;   // 1 … 8; 1: as stored
    std::size_t sizeBytes = 0; // up to and including the end-of-image marker
};

// What is to be said of a stream that breaks the format's rules where no pixel depends on it.
inline constexpr const char* kSloppyJpeg =
    "The JPEG data do not keep to the format; the pixels are not affected.";

// Walks from the start-of-image to the end-of-image marker, over every scan.
// Errors: Damaged (no end-of-image marker, a segment beyond the end, no frame or no scan, several frames,
// size 0), TooLarge (more scans than a film can need).
Result<JpegInfo> scanJpegMarkers(Bytes bytes);

// The orientation tag (0x0112) of a TIFF structure as EXIF embeds it; 1 where there is none.
int exifOrientation(Bytes tiff);

} // namespace hilum
