#include <chrono>
#include <cstdio>
#include <iostream>

#ifndef _WIN32
#include <csignal>
#include <unistd.h>
#endif

#include "app/Commands.h"
#include "app/TrainReport.h"
#include "training/TrainingEvents.h"

namespace hilum {
namespace {

constexpr std::chrono::milliseconds kInterval{100}; // between two progress events

int memoryMb() {
#ifdef __linux__
    // proc(5), /proc/pid/statm: size, resident, shared, text, lib, data, in pages.
    long size = 0, resident = 0;
    if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
        if (std::fscanf(file, "%ld %ld", &size, &resident) != 2)
            resident = 0;
        std::fclose(file);
    }
    return static_cast<int>(resident * sysconf(_SC_PAGESIZE) >> 20);
#else
    return 0;
#endif
}

class JsonTrainReport final : public TrainReport {
public:
    explicit JsonTrainReport(std::string_view command) : m_command(command) {
#ifndef _WIN32
        std::signal(SIGPIPE, SIG_IGN); // a reader that went away must not end the training
#endif
    }

    void show(const TrainingProgress& progress) override {
        if (!progress.note.empty())
            write(NoteEvent{progress.note});
        else if (progress.finishedEpoch)
            write(EpochEvent{*progress.finishedEpoch, progress.epochs, progress.part});
        else if (!progress.pinnedFilms.empty())
            write(HeatMapsEvent{progress.epoch, progress.pinnedFilms});
        else if (const auto now = std::chrono::steady_clock::now(); now - m_shown >= kInterval) {
            m_shown = now;
            write(ProgressEvent{progress, memoryMb()});
        }
    }

    void paused(bool paused) override {
        if (paused)
            write(PausedEvent{});
        else
            write(ResumedEvent{});
    }

    void finished(const TrainingOutcome& outcome, const TrainingConfig& config) override {
        for (const SkippedFile& file : outcome.skipped)
            write(NoteEvent{"Not used: " + file.file.string() + ": " + file.reason});
        for (const std::string& note : outcome.notes)
            write(NoteEvent{note});
        write(FinishedEvent{config.out, outcome.modelFile, outcome.bestEpoch,
                            static_cast<int>(outcome.history.size()), outcome.stopped});
    }

    void failed(const Error& error) override {
        write(FailedEvent{error});
        printError(m_command, error);
    }

private:
    std::string m_command;
    std::chrono::steady_clock::time_point m_shown{};

    static void write(const TrainingEvent& event) { std::cout << toJsonLine(event) << std::endl; }
};

} // namespace

std::unique_ptr<TrainReport> makeJsonTrainReport(std::string_view command) {
    return std::make_unique<JsonTrainReport>(command);
}

} // namespace hilum
