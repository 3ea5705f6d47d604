// The compiler's intrinsics for AVX-512 BF16, where HILUM_X86_TARGETS says that functions may use them:
// HILUM_AVX512_BF16 before each that does. Include in source files alone.
#pragma once

#include "core/domain/ProcessorClones.h"

#ifdef HILUM_X86_TARGETS
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own intrinsics leave operands that are not used undefined.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#define HILUM_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#endif
