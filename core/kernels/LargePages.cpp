#include "core/kernels/LargePages.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace hilum {
namespace {

constexpr std::align_val_t kLine{kLineBytes};

} // namespace

Pages allocatePages(std::size_t bytes) {
    if (bytes < kLargePageBytes / 2)
        return Pages(static_cast<std::byte*>(::operator new(bytes, kLine)), {kLine});
    constexpr std::align_val_t alignment{kLargePageBytes};
    const std::size_t whole = (bytes + kLargePageBytes - 1) / kLargePageBytes * kLargePageBytes;
    Pages pages(static_cast<std::byte*>(::operator new(whole, alignment)), {alignment});
#ifdef MADV_HUGEPAGE
    madvise(pages.get(), whole, MADV_HUGEPAGE); // a wish: without it this is ordinary memory
#endif
    return pages;
}

} // namespace hilum
