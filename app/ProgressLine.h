// The progress of a training or evaluation on stderr: one line that rewrites itself on a terminal, otherwise
// a line per epoch.
#pragma once

#include <chrono>
#include <string>

#include "training/TrainingProgress.h"

namespace hilum {

class ProgressLine {
public:
    ProgressLine();
    void show(const TrainingProgress& progress);
    // Removes the rewriting line, so that ordinary output can follow.
    void clear();

private:
    bool m_isTerminal;
    std::size_t m_width = 0; // of what stands on the line
    std::chrono::steady_clock::time_point m_shown{};
    TrainingPhase m_phase = TrainingPhase::Indexing;

    void rewrite(const std::string& text);
    void print(const std::string& text);
};

} // namespace hilum
