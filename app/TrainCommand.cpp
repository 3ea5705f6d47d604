#include "app/Commands.h"

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/ConfigOptions.h"
#include "app/LibraryEnvironment.h"
#include "app/TrainReport.h"
#include "app/TrainingControl.h"
#include "training/FineTuner.h"

namespace hilum {
namespace {

struct TrainArguments {
    ConfigOptions options;
    ProgressForm progress;
    bool control = false;
    ExistingRunOptions existing;
};

int runTrain(const TrainArguments& arguments, const CommandContext& context) {
    restartWithFastLibraries(context.commandLine);
    const auto report = arguments.progress.makeReport("train");
    const auto config = arguments.options.config(arguments.existing.resume ? arguments.options.ownSettings()
                                                                           : std::filesystem::path());
    if (!config)
        return reportError(*report, config.error());
    const auto existing = arguments.existing.chosen();
    if (!existing)
        return reportError(*report, existing.error());
    TrainingControl control(context.stop);
    if (arguments.control)
        control.listen();
    const auto show = [&](const TrainingProgress& progress) {
        report->show(progress);
        control.waitWhilePaused([&](bool paused) { report->paused(paused); });
    };
    const auto outcome = fineTune(*config, show, control.stop(), *existing, filmReader(context));
    if (!outcome)
        return reportError(*report, outcome.error());
    report->finished(*outcome, *config);
    const bool unreadable = std::ranges::any_of(
        outcome->skipped, [](const SkippedFile& file) { return file.kind == SkipKind::Unreadable; });
    return unreadable || outcome->stopped ? SomeFailed : AllDone;
}

} // namespace

void addTrainCommand(CLI::App& app, CommandContext& context) {
    CLI::App* command = app.add_subcommand(
        "train",
        "Fine-tune a network on a folder of films, one folder per class.\n"
        "Writes a run folder: config.json, split.csv, history.csv, checkpoints/, model.safetensors,\n"
        "evaluation.json and .txt, predictions.csv. Ctrl-C ends at the next batch and keeps the best so "
        "far.\n"
        "Exit status: 0 all done; 1 some films could not be read, or the training was stopped, and the rest "
        "is done; 2 wrong usage.");
    const auto arguments = std::make_shared<TrainArguments>();
    command->add_flag("--overwrite", arguments->existing.overwrite,
                      "Replace a run that is in the run folder");
    command->add_flag("--resume", arguments->existing.resume,
                      "Go on with an interrupted or stopped run where it was, bit for bit; without --config, "
                      "with its own settings");
    arguments->progress.add(*command);
    command->add_flag("--control", arguments->control,
                      "Obey lines on stdin: pause, resume, stop; its end stops the training");
    arguments->options.addAll(*command);
    command->callback([arguments, &context] { context.exitCode = runTrain(*arguments, context); });
}

} // namespace hilum
