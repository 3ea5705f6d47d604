// Passes over values in bf16 with the processor's own conversion (AVX-512 BF16), more than twice as fast as
// shifts and masks. Each does as much as it can from the start, and returns how much: all, whole vectors
// alone, or nothing where the processor or the compiler lacks it. The results are the ordinary passes', but
// that subnormal numbers become zero.
#pragma once

#include <cstddef>

#include "core/domain/Bfloat16.h"
#include "core/onednn/Kernels.h"

namespace hilum::native {

// Of pixels of 16 channels, all with the same 16 scales and shifts; returns pixels.
std::size_t scalePixels(const Bfloat16* source, Bfloat16* target, const float* scale, const float* shift,
                        std::size_t pixels, Clamp clamp);
// The same, then the mean of 2 × 2 of them; pixels: of the target.
std::size_t halvePixels(const Bfloat16* upper, const Bfloat16* lower, Bfloat16* target, const float* scale,
                        const float* shift, std::size_t pixels, Clamp clamp);
// Of one pixel; returns channels.
std::size_t scaleChannels(const Bfloat16* source, Bfloat16* target, const float* scale, const float* shift,
                          std::size_t channels, Clamp clamp);
// Returns values.
std::size_t narrow(const float* values, Bfloat16* target, std::size_t count);

} // namespace hilum::native
