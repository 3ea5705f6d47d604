// Memory between a kernel's steps.
#pragma once

#include <cstddef>
#include <memory>

namespace hilum {

// Kept between calls: memory that is new costs as much as what is done in it. On whole lines of the caches.
class Scratch {
public:
    // count floats that hold anything; until the next call.
    float* of(std::size_t count) {
        if (count > m_count) {
            m_values.reset();
            m_count = 0;
            m_values = std::make_unique_for_overwrite<float[]>(count + kLineBytes / sizeof(float));
            m_count = count;
        }
        void* values = m_values.get();
        std::size_t room = m_count * sizeof(float) + kLineBytes;
        return static_cast<float*>(std::align(kLineBytes, count * sizeof(float), values, room));
    }

private:
    static constexpr std::size_t kLineBytes = 64;

    std::unique_ptr<float[]> m_values;
    std::size_t m_count = 0;
};

} // namespace hilum
