// Films made smaller.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/domain/Raster.h"

namespace hilum {

struct GreyView {
    const std::uint8_t* first = nullptr;
    std::size_t rowStride = 0; // in pixels
    int widthPx = 0;
    int heightPx = 0;
};

// Every target pixel becomes the mean of the source over the area that it covers, rounded: what OpenCV calls
// INTER_AREA, to one grey level, several times as fast on one thread. The target is no larger than the source
// on either side.
void resizeByArea(const GreyView& source, GreyImage& target);

} // namespace hilum
