// Stores past the caches, for values that another core reads next. Where that core still has what lay there
// before, a plain store waits for it, line by line; on processors whose cores share no cache that is the
// slower way.
#pragma once

#include <algorithm>
#include <cstddef>

#include "core/domain/ProcessorClones.h"

#ifdef HILUM_X86_TARGETS
#include <xmmintrin.h>
#endif

namespace hilum {

// count values, whole vectors of 16 bytes; to: on such a vector. Other threads may read them after
// finishStreams().
template <class T>
HILUM_IN_CLONES void stream(const T* from, std::size_t count, T* to) {
#ifdef HILUM_X86_TARGETS
    const auto* const source = reinterpret_cast<const float*>(from);
    for (std::size_t i = 0; i < count * sizeof(T) / sizeof(float); i += 4)
        _mm_stream_ps(reinterpret_cast<float*>(to) + i, _mm_loadu_ps(source + i));
#else
    std::copy_n(from, count, to);
#endif
}

inline void finishStreams() {
#ifdef HILUM_X86_TARGETS
    _mm_sfence();
#endif
}

} // namespace hilum
