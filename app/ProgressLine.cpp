#include "app/ProgressLine.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <sstream>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace hilum {
namespace {

constexpr std::chrono::milliseconds kInterval{100}; // between two rewritings

bool stderrIsTerminal() {
#ifdef _WIN32
    return _isatty(_fileno(stderr)) != 0;
#else
    return isatty(fileno(stderr)) != 0;
#endif
}

std::string fixed(double value, int digits) {
    std::ostringstream stream;
    stream.setf(std::ios::fixed);
    stream.precision(digits);
    stream << value;
    return stream.str();
}

std::string durationText(std::chrono::seconds duration) {
    const auto seconds = duration.count();
    std::ostringstream stream;
    if (seconds >= 3600)
        stream << seconds / 3600 << " h " << seconds / 60 % 60 << " min";
    else if (seconds >= 60)
        stream << seconds / 60 << " min " << seconds % 60 << " s";
    else
        stream << seconds << " s";
    return stream.str();
}

std::string place(const TrainingProgress& progress) {
    std::string text;
    if (progress.parts > 0 && progress.epochs > 0) {
        const std::string all = "/" + std::to_string(progress.parts) + "  ";
        text += progress.repeats    ? "Run " + std::to_string(progress.part + 1) + all
                : progress.part > 0 ? "Fold " + std::to_string(progress.part) + all
                                    : std::string("Final model  ");
    }
    if (progress.epoch > 0)
        text += "Epoch " + std::to_string(progress.epoch) + "/" + std::to_string(progress.epochs) + "  ";
    return text;
}

std::string epochText(const TrainingProgress& progress) {
    const EpochRecord& record = progress.finishedEpoch->record;
    std::string text = place(progress) + "loss " + fixed(record.trainLoss, 4) + "  accuracy " +
                       fixed(100 * record.trainAccuracy, 1) + " %";
    if (record.validationLoss)
        text += "  validation loss " + fixed(*record.validationLoss, 4) + "  accuracy " +
                fixed(100 * record.validationAccuracy.value_or(0), 1) + " %";
    text += "  " + fixed(record.imagesPerSecond, 1) + " films/s  " + fixed(record.seconds, 1) + " s";
    if (progress.remaining && progress.epoch < progress.epochs)
        text += "  ETA " + durationText(*progress.remaining);
    return text;
}

std::string runningText(const TrainingProgress& progress) {
    std::string text = place(progress) + std::string(toString(progress.phase));
    if (progress.total > 0)
        text += " " + std::to_string(progress.done) + "/" + std::to_string(progress.total);
    if (progress.phase != TrainingPhase::Training)
        return text;
    text += "  loss " + fixed(progress.loss, 4) + "  accuracy " + fixed(100 * progress.accuracy, 1) + " %  " +
            fixed(progress.imagesPerSecond, 1) + " films/s";
    if (progress.remaining)
        text += "  ETA " + durationText(*progress.remaining);
    return text;
}

} // namespace

ProgressLine::ProgressLine() : m_isTerminal(stderrIsTerminal()) {}

void ProgressLine::show(const TrainingProgress& progress) {
    if (!progress.note.empty())
        return print(progress.note);
    if (progress.finishedEpoch)
        return print(epochText(progress));
    if (!m_isTerminal || !progress.pinnedFilms.empty())
        return;
    const auto now = std::chrono::steady_clock::now();
    if (now - m_shown < kInterval && progress.phase == m_phase)
        return;
    m_shown = now;
    m_phase = progress.phase;
    rewrite(runningText(progress));
}

void ProgressLine::rewrite(const std::string& text) {
    const std::size_t blank = m_width > text.size() ? m_width - text.size() : 0;
    std::cerr << '\r' << text << std::string(blank, ' ') << std::string(blank, '\b') << std::flush;
    m_width = text.size();
}

void ProgressLine::clear() {
    if (m_width > 0)
        std::cerr << '\r' << std::string(m_width, ' ') << '\r' << std::flush;
    m_width = 0;
}

void ProgressLine::print(const std::string& text) {
    clear();
    std::cerr << text << std::endl;
}

} // namespace hilum
