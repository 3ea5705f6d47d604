// Memory in large pages where the system has some to give (Linux: transparent huge pages): far fewer of them
// to bring in and to look up.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace hilum {

constexpr std::size_t kLargePageBytes = std::size_t{2} << 20;
constexpr std::size_t kLineBytes = 64; // of the caches

struct FreePages {
    std::align_val_t alignment{1};
    void operator()(std::byte* memory) const { ::operator delete(memory, alignment); }
};
using Pages = std::unique_ptr<std::byte[], FreePages>;

// At least so many bytes that hold anything, on whole lines of the caches; less than half a large page is
// ordinary memory. Throws std::bad_alloc.
Pages allocatePages(std::size_t bytes);

} // namespace hilum
