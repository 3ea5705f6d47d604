// How a kernel's work falls to threads: the caller's library decides (OpenMP beside oneDNN, LibTorch's own
// beside LibTorch).
#pragma once

#include <cstddef>
#include <functional>

namespace hilum {

// work(first, last) for parts that together are 0 … count, on several threads; returns when all are done.
using ParallelFor = void (*)(std::size_t count,
                             const std::function<void(std::size_t first, std::size_t last)>& work);

} // namespace hilum
