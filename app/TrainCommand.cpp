#include "app/Commands.h"

#include <algorithm>
#include <memory>

#include "app/ConfigOptions.h"
#include "app/PassiveThreads.h"
#include "app/TrainReport.h"
#include "app/TrainingControl.h"
#include "training/FineTuner.h"

namespace hilum {
namespace {

constexpr const char* kText = "text";
constexpr const char* kJson = "json";

// What the user typed; settings are put into the configuration after --config has been read.
struct TrainArguments {
    std::string configFile;
    ConfigOptions settings;
    std::string progress = kText;
    bool control = false;
    bool overwrite = false;
    bool resume = false;
};

Result<TrainingConfig> configFrom(const TrainArguments& arguments) {
    TrainingConfig config;
    if (!arguments.configFile.empty()) {
        auto read = readTrainingConfig(arguments.configFile);
        if (!read)
            return read;
        config = std::move(*read);
    }
    return arguments.settings.over(std::move(config));
}

int failed(TrainReport& report, const Error& error) {
    report.failed(error);
    return error.code == ErrorCode::InvalidArgument || error.code == ErrorCode::NotFound ? WrongUsage : SomeFailed;
}

Result<ExistingRun> existingRun(const TrainArguments& arguments) {
    if (arguments.overwrite && arguments.resume)
        return fail(ErrorCode::InvalidArgument, "--overwrite and --resume exclude each other.");
    return arguments.overwrite ? ExistingRun::Overwrite
           : arguments.resume  ? ExistingRun::Resume
                               : ExistingRun::Refuse;
}

int runTrain(const TrainArguments& arguments, const CommandContext& context) {
    letThreadsWaitPassively(context.commandLine);
    const auto report = arguments.progress == kJson ? makeJsonTrainReport() : makeTextTrainReport();
    const auto config = configFrom(arguments);
    if (!config)
        return failed(*report, config.error());
    const auto existing = existingRun(arguments);
    if (!existing)
        return failed(*report, existing.error());
    TrainingControl control(context.stop);
    if (arguments.control)
        control.listen();
    const auto show = [&](const TrainingProgress& progress) {
        report->show(progress);
        control.waitWhilePaused([&](bool paused) { report->paused(paused); });
    };
    const auto outcome = fineTune(*config, show, control.stop(), *existing, filmReader(context));
    if (!outcome)
        return failed(*report, outcome.error());
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
    command
        ->add_option("--config", arguments->configFile,
                     "Settings as JSON, as in config.json of a run; options on the command line come on top")
        ->type_name("FILE");
    command->add_flag("--overwrite", arguments->overwrite, "Replace a run that is in the run folder");
    command->add_flag("--resume", arguments->resume,
                      "Keep the finished folds of an interrupted cross-validation with the same settings");
    command
        ->add_option("--progress", arguments->progress,
                     "text: for people; json: for programs, an event a line on stdout instead of the figures")
        ->type_name("FORM")
        ->check(CLI::IsMember({kText, kJson}))
        ->capture_default_str();
    command->add_flag("--control", arguments->control,
                      "Obey lines on stdin: pause, resume, stop; its end stops the training");
    arguments->settings.addAll(*command);
    command->callback([arguments, &context] { context.exitCode = runTrain(*arguments, context); });
}

} // namespace hilum
