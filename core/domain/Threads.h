// How many threads of the processor to use.
#pragma once

#include <algorithm>
#include <thread>

namespace hilum {

// As many as wanted; 0: every core, at least one.
inline int threadCount(int wanted = 0) {
    return wanted > 0 ? wanted : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

} // namespace hilum
