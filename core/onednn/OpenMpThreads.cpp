#include "core/onednn/OpenMpThreads.h"

#include <omp.h>

namespace hilum {

void onOpenMpThreads(std::size_t count, const std::function<void(std::size_t first, std::size_t last)>& work) {
#pragma omp parallel
    {
        const auto threads = static_cast<std::size_t>(omp_get_num_threads()), thread = static_cast<std::size_t>(omp_get_thread_num());
        const std::size_t first = count * thread / threads, last = count * (thread + 1) / threads;
        if (first < last)
            work(first, last);
    }
}

} // namespace hilum
