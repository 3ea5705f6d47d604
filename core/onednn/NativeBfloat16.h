// Passes over values in bf16 with the processor's own conversion (AVX-512 BF16), more than twice as fast as
// shifts and masks. The results are the ordinary passes', but that subnormal numbers become zero. Where the
// processor or the compiler lacks it nothing is done, and the answer says so.
#pragma once

#include <cstddef>

#include "core/domain/Bfloat16.h"
#include "core/onednn/Kernels.h"

namespace hilum::native {

// Of pixels of 16 channels, all with the same 16 scales and shifts.
bool scalePixels(const Bfloat16* source, Bfloat16* target, const float* scale, const float* shift,
                 std::size_t pixels, Clamp clamp);
// The same, then the mean of 2 × 2 of them; pixels: of the target.
bool halvePixels(const Bfloat16* upper, const Bfloat16* lower, Bfloat16* target, const float* scale,
                 const float* shift, std::size_t pixels, Clamp clamp);

// These two do whole vectors alone, from the start, and return how many values that is.
// Of the channels of one pixel.
std::size_t scaleChannels(const Bfloat16* source, Bfloat16* target, const float* scale, const float* shift,
                          std::size_t channels, Clamp clamp);
std::size_t narrow(const float* values, Bfloat16* target, std::size_t count);

} // namespace hilum::native
