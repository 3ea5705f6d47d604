#include "core/onednn/MemoryPool.h"

#include <algorithm>

namespace hilum {
namespace {

constexpr std::size_t kPagesAtOnce = 4; // so that less is left at their end than is used

} // namespace

dnnl::memory MemoryPool::take(const dnnl::memory::desc& desc, const dnnl::engine& engine) {
    const std::size_t bytes = (desc.get_size() + kLineBytes - 1) / kLineBytes * kLineBytes;
    if (bytes > m_left) {
        const std::size_t pages = (bytes + kLargePageBytes - 1) / kLargePageBytes;
        const std::size_t room = std::max(pages, kPagesAtOnce) * kLargePageBytes;
        m_pages.push_back(allocatePages(room));
        m_free = m_pages.back().get();
        m_left = room;
    }
    std::byte* memory = m_free;
    m_free += bytes;
    m_left -= bytes;
    return {desc, engine, memory};
}

} // namespace hilum
