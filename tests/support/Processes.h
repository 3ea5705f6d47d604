// Processes as Linux shows them in /proc.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace hilum::test {

struct ProcessState {
    char state = 'X'; // Z: it has ended, and nobody has waited for it
    int parent = 0;
};

// proc(5), /proc/pid/stat. The name of the program stands in brackets and may hold anything.
inline ProcessState stateOf(int process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string line;
    std::getline(file, line);
    ProcessState state;
    std::istringstream(line.substr(std::min(line.size(), line.rfind(')') + 2))) >> state.state >>
        state.parent;
    return state;
}

inline bool isRunning(int process) {
    const char state = stateOf(process).state;
    return state != 'Z' && state != 'X';
}

// Sorted, without those that have ended.
inline std::vector<int> childProcesses(int parent = ::getpid()) {
    std::vector<int> children;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const int process = std::atoi(entry.path().filename().c_str()); // 0: not a process
        if (process > 0 && stateOf(process).parent == parent && isRunning(process))
            children.push_back(process);
    }
    std::ranges::sort(children);
    return children;
}

// Kills this process's children at random moments, on a thread of its own.
class HelperKiller {
public:
    // Up to twice the pause lies between two kills.
    HelperKiller(int wanted, std::chrono::nanoseconds pause)
        : m_thread([this, wanted, pause](const std::stop_token& stop) {
              std::mt19937 random(20260402);
              std::uniform_int_distribution<long long> wait(0, 2 * pause.count());
              while (m_killed < wanted && !stop.stop_requested()) {
                  std::this_thread::sleep_for(std::chrono::nanoseconds(wait(random)));
                  for (const int child : childProcesses())
                      if (m_killed < wanted && ::kill(child, SIGKILL) == 0)
                          ++m_killed;
              }
              m_done = true;
          }) {}

    [[nodiscard]] int killed() const { return m_killed; }
    [[nodiscard]] bool isDone() const { return m_done; }

private:
    std::atomic<int> m_killed = 0;
    std::atomic<bool> m_done = false;
    std::jthread m_thread;
};

} // namespace hilum::test
