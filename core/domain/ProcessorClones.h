// HILUM_CLONES before a function: compiled for each of these processors; the dynamic linker takes the best that is there.
#pragma once

#if defined(__x86_64__) && defined(__linux__) && (defined(__GNUC__) || defined(__clang__))
#define HILUM_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define HILUM_CLONES
#endif
