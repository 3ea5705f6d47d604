// The memory of an engine, together in large pages. Internal: shows oneDNN.
#pragma once

#include <vector>

#include "core/kernels/LargePages.h"
#include "core/onednn/OneDnn.h"

namespace hilum {

class MemoryPool {
public:
    // On whole lines of the caches; holds anything, as long as the pool lives.
    dnnl::memory take(const dnnl::memory::desc& desc, const dnnl::engine& engine);

private:
    std::vector<Pages> m_pages;
    std::byte* m_free = nullptr; // of the latest
    std::size_t m_left = 0;
};

} // namespace hilum
