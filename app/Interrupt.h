// Ctrl-C as a std::stop_token: the first one asks the running command to end cleanly, the second ends the
// program. One instance, made first in main().
#pragma once

#include <stop_token>
#include <thread>

namespace hilum {

class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    [[nodiscard]] std::stop_token token() const { return m_source.get_token(); }

private:
    std::stop_source m_source;
    std::jthread m_watcher;
};

} // namespace hilum
