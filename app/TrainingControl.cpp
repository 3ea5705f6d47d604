#include "app/TrainingControl.h"

#include <array>
#include <cerrno>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace hilum {
namespace {

constexpr std::size_t kLongestLine = 200; // what comes beyond is passed over

// Not through stdio or iostream, whose locks the end of the program would wait for. 0 or less: the end.
long readSome(char* buffer, unsigned size) {
#ifdef _WIN32
    return _read(0, buffer, size);
#else
    ssize_t count = 0;
    do
        count = ::read(STDIN_FILENO, buffer, size);
    while (count < 0 && errno == EINTR);
    return count;
#endif
}

} // namespace

struct TrainingControl::State {
    std::mutex mutex;
    std::condition_variable_any changed;
    bool paused = false;
    std::stop_source stop;

    void setPaused(bool value) {
        {
            const std::scoped_lock lock(mutex);
            paused = value;
        }
        changed.notify_all();
    }

    void obey(std::string_view line) {
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (line == "pause" || line == "resume")
            setPaused(line == "pause");
        else if (line == "stop")
            stop.request_stop();
        else
            std::cerr << "Not understood: " << line << "\n";
    }

    void readLines() {
        std::array<char, 256> buffer{};
        std::string line;
        for (long count = 1; count > 0;) {
            count = readSome(buffer.data(), static_cast<unsigned>(buffer.size()));
            for (long i = 0; i < count; ++i) {
                const char c = buffer[static_cast<std::size_t>(i)];
                if (c == '\n') {
                    obey(line);
                    line.clear();
                } else if (line.size() < kLongestLine) {
                    line += c;
                }
            }
        }
        stop.request_stop();
    }
};

TrainingControl::TrainingControl(const std::stop_token& stop)
    : m_state(std::make_shared<State>()), m_forward(stop, [state = m_state] { state->stop.request_stop(); }) {
}

TrainingControl::~TrainingControl() = default;

// The thread may sit in read() for ever, so it is let go; the state that it shares stays.
void TrainingControl::listen() {
    std::thread([state = m_state] { state->readLines(); }).detach();
}

std::stop_token TrainingControl::stop() const { return m_state->stop.get_token(); }

void TrainingControl::waitWhilePaused(const std::function<void(bool paused)>& tell) {
    std::unique_lock lock(m_state->mutex);
    if (!m_state->paused || m_state->stop.stop_requested())
        return;
    lock.unlock();
    tell(true);
    lock.lock();
    m_state->changed.wait(lock, m_state->stop.get_token(), [this] { return !m_state->paused; });
    lock.unlock();
    tell(false);
}

} // namespace hilum
