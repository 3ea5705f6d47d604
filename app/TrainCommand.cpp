#include "app/Commands.h"

#include <algorithm>
#include <map>
#include <memory>

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
    std::map<std::string, std::string> texts; // option -> value
    std::map<std::string, bool> switches;
    std::map<std::string, std::vector<std::string>> lists;
    std::string progress = kText;
    bool control = false;
    bool overwrite = false;
    bool resume = false;
};

void addField(CLI::App& command, const ConfigField& field, TrainArguments& arguments) {
    const std::string defaultText = fieldText(field);
    if (std::holds_alternative<bool*>(field.value)) {
        command
            .add_flag(field.option + ",!--no-" + field.option.substr(2), arguments.switches[field.option],
                      field.help + (defaultText == "true" ? " [on]" : " [off]"))
            ->group("Settings");
        return;
    }
    CLI::Option* option = std::holds_alternative<std::vector<std::string>*>(field.value)
                              ? command.add_option(field.option, arguments.lists[field.option], field.help)
                              : command.add_option(field.option, arguments.texts[field.option], field.help);
    option->type_name(field.unit)->group("Settings");
    if (std::holds_alternative<std::vector<std::string>*>(field.value))
        option->allow_extra_args(false);
    if (!defaultText.empty())
        option->default_str(defaultText);
}

Result<TrainingConfig> configFrom(const CLI::App& command, const TrainArguments& arguments) {
    TrainingConfig config;
    if (!arguments.configFile.empty()) {
        auto read = readTrainingConfig(arguments.configFile);
        if (!read)
            return read;
        config = std::move(*read);
    }
    for (const ConfigField& field : configFields(config)) {
        if (command.get_option(field.option)->count() == 0)
            continue;
        Result<void> set;
        if (const auto* value = std::get_if<bool*>(&field.value))
            **value = arguments.switches.at(field.option);
        else if (const auto* list = std::get_if<std::vector<std::string>*>(&field.value))
            **list = arguments.lists.at(field.option);
        else
            set = setFieldText(field, arguments.texts.at(field.option));
        if (!set)
            return tl::unexpected(set.error());
    }
    return config;
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

int runTrain(const CLI::App& command, const TrainArguments& arguments, const CommandContext& context) {
    letThreadsWaitPassively(context.commandLine);
    const auto report = arguments.progress == kJson ? makeJsonTrainReport() : makeTextTrainReport();
    const auto config = configFrom(command, arguments);
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
    TrainingConfig defaults;
    for (const ConfigField& field : configFields(defaults))
        addField(*command, field, *arguments);
    command->callback(
        [command, arguments, &context] { context.exitCode = runTrain(*command, *arguments, context); });
}

} // namespace hilum
