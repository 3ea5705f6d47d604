// Which floating-point numbers a network computes with.
#pragma once

namespace hilum {

enum class Precision {
    Auto, // bf16 where the processor multiplies it in hardware, else fp32
    Fp32,
    Bf16, // 8 bits of mantissa; weights, sums and statistics stay in fp32
};

// True where the processor has AVX-512 BF16 instructions; without them bf16 is slower than fp32.
inline bool processorHasBf16() {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    return __builtin_cpu_supports("avx512bf16") != 0;
#else
    return false;
#endif
}

} // namespace hilum
