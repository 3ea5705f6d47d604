#include "core/onednn/OpenMpThreads.h"

#include <exception>

#include <omp.h>

namespace hilum {

void onOpenMpThreads(std::size_t count,
                     const std::function<void(std::size_t first, std::size_t last)>& work) {
    std::exception_ptr failure; // must not leave the threads' region
#pragma omp parallel
    {
        const auto threads = static_cast<std::size_t>(omp_get_num_threads()),
                   thread = static_cast<std::size_t>(omp_get_thread_num());
        const std::size_t first = count * thread / threads, last = count * (thread + 1) / threads;
        try {
            if (first < last)
                work(first, last);
        } catch (...) {
#pragma omp critical(hilum_failure)
            failure = std::current_exception();
        }
    }
    if (failure)
        std::rethrow_exception(failure);
}

} // namespace hilum
