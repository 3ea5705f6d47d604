#include "core/onednn/NativeBfloat16.h"

#include "core/domain/Avx512Bf16.h"
#include "core/domain/Precision.h"

namespace hilum::native {

#ifdef HILUM_X86_TARGETS
namespace {

constexpr std::size_t kHalf = 16, kLanes = 2 * kHalf; // floats of a vector, and bf16

struct Limits {
    __m512 low, high;
};
HILUM_AVX512_BF16 inline Limits limitsOf(Clamp clamp) {
    return {_mm512_set1_ps(clamp.low), _mm512_set1_ps(clamp.high)};
}

HILUM_AVX512_BF16 inline __m512 scaled(const Bfloat16* values, __m512 scale, __m512 shift,
                                       const Limits& limits) {
    return within(limits.low, limits.high, _mm512_fmadd_ps(wideOf(values), scale, shift));
}

HILUM_AVX512_BF16 inline void storeBoth(Bfloat16* target, __m512 first, __m512 second) {
    _mm512_storeu_si512(target, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first)));
}

HILUM_AVX512_BF16 void scalePixelsHere(const Bfloat16* source, Bfloat16* target, const float* scale,
                                       const float* shift, std::size_t pixels, Clamp clamp) {
    const __m512 by = _mm512_loadu_ps(scale), plus = _mm512_loadu_ps(shift);
    const Limits limits = limitsOf(clamp);
    const std::size_t count = pixels * kHalf, whole = count / kLanes * kLanes;
    for (std::size_t i = 0; i < whole; i += kLanes)
        storeBoth(target + i, scaled(source + i, by, plus, limits),
                  scaled(source + i + kHalf, by, plus, limits));
    if (whole < count)
        store(target + whole, scaled(source + whole, by, plus, limits));
}

HILUM_AVX512_BF16 void halvePixelsHere(const Bfloat16* upper, const Bfloat16* lower, Bfloat16* target,
                                       const float* scale, const float* shift, std::size_t pixels,
                                       Clamp clamp) {
    const __m512 by = _mm512_loadu_ps(scale), plus = _mm512_loadu_ps(shift), quarter = _mm512_set1_ps(0.25F);
    const Limits limits = limitsOf(clamp);
    for (std::size_t i = 0; i < pixels * kHalf; i += kHalf) {
        const std::size_t left = 2 * i, right = left + kHalf;
        __m512 sum = scaled(upper + left, by, plus, limits);
        sum = _mm512_add_ps(sum, scaled(upper + right, by, plus, limits));
        sum = _mm512_add_ps(sum, scaled(lower + left, by, plus, limits));
        sum = _mm512_add_ps(sum, scaled(lower + right, by, plus, limits));
        store(target + i, _mm512_mul_ps(quarter, sum));
    }
}

// Whole vectors.
HILUM_AVX512_BF16 void scaleChannelsHere(const Bfloat16* source, Bfloat16* target, const float* scale,
                                         const float* shift, std::size_t channels, Clamp clamp) {
    const Limits limits = limitsOf(clamp);
    for (std::size_t i = 0; i < channels; i += kLanes)
        storeBoth(target + i,
                  scaled(source + i, _mm512_loadu_ps(scale + i), _mm512_loadu_ps(shift + i), limits),
                  scaled(source + i + kHalf, _mm512_loadu_ps(scale + i + kHalf),
                         _mm512_loadu_ps(shift + i + kHalf), limits));
}

HILUM_AVX512_BF16 void narrowHere(const float* values, Bfloat16* target, std::size_t count) {
    for (std::size_t i = 0; i < count; i += kLanes)
        storeBoth(target + i, _mm512_loadu_ps(values + i), _mm512_loadu_ps(values + i + kHalf));
}

bool isPossible() { return processorHasBf16(); }

} // namespace
#else
namespace {

constexpr std::size_t kLanes = 1;
bool isPossible() { return false; }
void scalePixelsHere(const Bfloat16*, Bfloat16*, const float*, const float*, std::size_t, Clamp) {}
void halvePixelsHere(const Bfloat16*, const Bfloat16*, Bfloat16*, const float*, const float*, std::size_t,
                     Clamp) {}
void scaleChannelsHere(const Bfloat16*, Bfloat16*, const float*, const float*, std::size_t, Clamp) {}
void narrowHere(const float*, Bfloat16*, std::size_t) {}

} // namespace
#endif

bool scalePixels(const Bfloat16* source, Bfloat16* target, const float* scale, const float* shift,
                 std::size_t pixels, Clamp clamp) {
    if (isPossible())
        scalePixelsHere(source, target, scale, shift, pixels, clamp);
    return isPossible();
}

bool halvePixels(const Bfloat16* upper, const Bfloat16* lower, Bfloat16* target, const float* scale,
                 const float* shift, std::size_t pixels, Clamp clamp) {
    if (isPossible())
        halvePixelsHere(upper, lower, target, scale, shift, pixels, clamp);
    return isPossible();
}

std::size_t scaleChannels(const Bfloat16* source, Bfloat16* target, const float* scale, const float* shift,
                          std::size_t channels, Clamp clamp) {
    const std::size_t whole = isPossible() ? channels / kLanes * kLanes : 0;
    if (whole > 0)
        scaleChannelsHere(source, target, scale, shift, whole, clamp);
    return whole;
}

std::size_t narrow(const float* values, Bfloat16* target, std::size_t count) {
    const std::size_t whole = isPossible() ? count / kLanes * kLanes : 0;
    if (whole > 0)
        narrowHere(values, target, whole);
    return whole;
}

} // namespace hilum::native
