// The compiler's intrinsics for AVX-512 BF16, where HILUM_X86_TARGETS says that functions may use them:
// HILUM_AVX512_BF16 before each that does, HILUM_IN_AVX512_BF16 before one that such functions take in.
// Include in source files alone.
#pragma once

#include "core/domain/ProcessorClones.h"

#ifdef HILUM_X86_TARGETS
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own intrinsics leave operands that are not used undefined.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#define HILUM_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define HILUM_IN_AVX512_BF16 HILUM_AVX512_BF16 __attribute__((always_inline)) inline

#include "core/domain/Bfloat16.h"

namespace hilum::native {

// 16 of them; subnormal numbers become zero on the way back.
HILUM_AVX512_BF16 inline __m512 wideOf(const Bfloat16* values) {
    const __m256i narrow = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(narrow), 16));
}
HILUM_AVX512_BF16 inline void store(Bfloat16* target, __m512 values) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(target),
                        reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(values)));
}
// What is no number stays so.
HILUM_AVX512_BF16 inline __m512 within(__m512 low, __m512 high, __m512 values) {
    return _mm512_min_ps(high, _mm512_max_ps(low, values));
}

} // namespace hilum::native
#endif
