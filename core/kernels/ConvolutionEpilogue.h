// What follows a convolution at once.
#pragma once

#include <limits>

namespace hilum {

struct ConvolutionEpilogue {
    const float* bias = nullptr; // one a target's channel; null: none
    bool adds = false;           // to what the target holds
    float low = -std::numeric_limits<float>::infinity();
    float high = std::numeric_limits<float>::infinity();
};

} // namespace hilum
