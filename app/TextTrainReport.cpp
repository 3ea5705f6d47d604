#include <iostream>

#include "app/Commands.h"
#include "app/ProgressLine.h"
#include "app/TrainReport.h"

namespace hilum {
namespace {

class TextTrainReport final : public TrainReport {
public:
    explicit TextTrainReport(std::string_view command) : m_command(command) {}
    ~TextTrainReport() override { m_line.clear(); }

    void show(const TrainingProgress& progress) override { m_line.show(progress); }

    void paused(bool paused) override {
        m_line.clear();
        std::cerr << (paused ? "Paused.\n" : "Resumed.\n");
    }

    void finished(const TrainingOutcome& outcome, const TrainingConfig& config) override {
        m_line.clear();
        for (const SkippedFile& file : outcome.skipped)
            std::cerr << "Not used: " << file.file.string() << ": " << file.reason << "\n";
        for (const std::string& note : outcome.notes)
            std::cerr << note << "\n";
        if (outcome.stopped)
            std::cerr << "Stopped; what was learnt so far has been kept.\n";
        if (outcome.crossValidation)
            std::cout << reportToText(*outcome.crossValidation);
        if (outcome.test)
            std::cout << reportToText(*outcome.test);
        if (outcome.repeats.size() > 1)
            std::cout << "\n" << repeatsToText(outcome.repeats);
        if (!outcome.modelFile.empty())
            std::cout << "\nModel written to " << outcome.modelFile.string() << " (weights of epoch "
                      << outcome.bestEpoch << ")\n";
        else
            std::cout << "\nRuns written to " << config.out.string() << "\n";
    }

    void failed(const Error& error) override {
        m_line.clear();
        printError(m_command, error);
    }

private:
    std::string m_command;
    ProgressLine m_line;
};

} // namespace

std::unique_ptr<TrainReport> makeTextTrainReport(std::string_view command) {
    return std::make_unique<TextTrainReport>(command);
}

} // namespace hilum
