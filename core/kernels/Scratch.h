// Memory between a kernel's steps.
#pragma once

#include <cstddef>
#include <memory>

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
            m_memory = std::make_unique_for_overwrite<std::byte[]>(bytes + kLineBytes);
            m_bytes = bytes;
        }
        void* values = m_memory.get();
        std::size_t room = m_bytes + kLineBytes;
        return static_cast<T*>(std::align(kLineBytes, bytes, values, room));
    }

private:
    static constexpr std::size_t kLineBytes = 64;

    std::unique_ptr<std::byte[]> m_memory;
    std::size_t m_bytes = 0;
};

} // namespace hilum
