// The kernels' work on OpenMP's threads, oneDNN's own.
#pragma once

#include "core/kernels/Parallel.h"

namespace hilum {

void onOpenMpThreads(std::size_t count,
                     const std::function<void(std::size_t first, std::size_t last)>& work); // a ParallelFor

} // namespace hilum
