#include "app/Commands.h"

#include <iostream>
#include <map>
#include <memory>

#include "app/PassiveThreads.h"
#include "app/ProgressLine.h"
#include "training/FineTuner.h"

namespace hilum {
namespace {

// What the user typed; settings are put into the configuration after --config has been read.
struct TrainArguments {
    std::string configFile;
    std::map<std::string, std::string> texts; // option -> value
    std::map<std::string, bool> switches;
    std::map<std::string, std::vector<std::string>> lists;
    bool overwrite = false;
    bool resume = false;
};

int reportError(const Error& error) {
    std::cerr << "hilum-cli train: " << error.message;
    if (!error.context.empty())
        std::cerr << " [" << error.context << "]";
    std::cerr << "\n";
    return error.code == ErrorCode::InvalidArgument || error.code == ErrorCode::NotFound ? WrongUsage
                                                                                         : SomeFailed;
}

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

void printOutcome(const TrainingOutcome& outcome, const TrainingConfig& config) {
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
    if (!outcome.modelFile.empty())
        std::cout << "\nModel written to " << outcome.modelFile.string() << " (weights of epoch "
                  << outcome.bestEpoch << ")\n";
    else
        std::cout << "\nRuns written to " << config.out.string() << "\n";
}

int runTrain(const CLI::App& command, const TrainArguments& arguments, const CommandContext& context) {
    letThreadsWaitPassively(context.commandLine);
    const auto config = configFrom(command, arguments);
    if (!config)
        return reportError(config.error());
    if (arguments.overwrite && arguments.resume)
        return reportError({ErrorCode::InvalidArgument, "--overwrite and --resume exclude each other.", {}});
    const ExistingRun existing = arguments.overwrite ? ExistingRun::Overwrite
                                 : arguments.resume  ? ExistingRun::Resume
                                                     : ExistingRun::Refuse;
    ProgressLine line;
    const auto outcome = fineTune(
        *config, [&](const TrainingProgress& progress) { line.show(progress); }, context.stop, existing,
        filmReader(context));
    line.clear();
    if (!outcome)
        return reportError(outcome.error());
    printOutcome(*outcome, *config);
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
    TrainingConfig defaults;
    for (const ConfigField& field : configFields(defaults))
        addField(*command, field, *arguments);
    command->callback(
        [command, arguments, &context] { context.exitCode = runTrain(*command, *arguments, context); });
}

} // namespace hilum
