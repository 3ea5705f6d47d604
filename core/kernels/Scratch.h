// Memory between a kernel's steps.
#pragma once

#include <cstddef>

#include "core/kernels/LargePages.h"

namespace hilum {

// Kept between calls: memory that is new costs as much as what is done in it. On whole lines of the caches.
class Scratch {
public:
    // count values that hold anything; until the next call.
    template <class T = float>
    T* of(std::size_t count) {
        const std::size_t bytes = count * sizeof(T);
        if (bytes > m_bytes) {
            m_memory.reset();
            m_bytes = 0;
            m_memory = allocatePages(bytes);
            m_bytes = bytes;
        }
        return reinterpret_cast<T*>(m_memory.get());
    }

private:
    Pages m_memory;
    std::size_t m_bytes = 0;
};

} // namespace hilum
