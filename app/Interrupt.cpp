#include "app/Interrupt.h"

#include <atomic>
#include <chrono>
#include <csignal>

namespace hilum {
namespace {

// All that a signal handler may touch.
std::atomic<bool> interrupted{false};

extern "C" void onInterrupt(int signal) {
    std::signal(signal, SIG_DFL); // the second one ends the program
    interrupted.store(true);
}

} // namespace

Interrupt::Interrupt() {
    static_assert(std::atomic<bool>::is_always_lock_free);
    std::signal(SIGINT, onInterrupt);
    std::signal(SIGTERM, onInterrupt);
    m_watcher = std::jthread([source = m_source](const std::stop_token& end) mutable {
        while (!end.stop_requested() && !source.stop_requested()) {
            if (interrupted.load())
                source.request_stop();
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    });
}

Interrupt::~Interrupt() = default;

} // namespace hilum
