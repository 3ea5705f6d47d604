// HILUM_CLONES before a function: compiled for each of these processors; the dynamic linker takes the best
// that is there. HILUM_IN_CLONES before one that it calls and that is too large to be taken in by itself.
// HILUM_X86_TARGETS: functions may be compiled for processors that the rest is not (the attribute target).
#pragma once

#if defined(__x86_64__) && defined(__linux__) && (defined(__GNUC__) || defined(__clang__))
#define HILUM_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#define HILUM_IN_CLONES __attribute__((always_inline)) inline
#define HILUM_X86_TARGETS 1
#else
#define HILUM_CLONES
#define HILUM_IN_CLONES inline
#endif
