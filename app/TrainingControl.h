// Lets whoever started the program pause, resume and stop its training, with lines on stdin.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

namespace hilum {

class TrainingControl {
public:
    // Stops too when stop is requested.
    explicit TrainingControl(const std::stop_token& stop);
    ~TrainingControl();
    TrainingControl(const TrainingControl&) = delete;
    TrainingControl& operator=(const TrainingControl&) = delete;

    // Obeys the lines "pause", "resume" and "stop" on stdin from now on. Its end means stop, so that a
    // training does not outlive the window that watches it. Other lines are told on stderr and passed over.
    void listen();

    [[nodiscard]] std::stop_token stop() const;

    // Sleeps while paused, until resumed or stopped. tell(true) before and tell(false) after, where it waits.
    void waitWhilePaused(const std::function<void(bool paused)>& tell);

private:
    struct State;
    std::shared_ptr<State> m_state;
    std::stop_callback<std::function<void()>> m_forward;
};

} // namespace hilum
