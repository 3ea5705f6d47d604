// hilum-cli check: what is wrong with a data set, before anything is trained on it.

#include "app/Commands.h"

#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/ConfigOptions.h"
#include "training/CheckUp.h"

namespace hilum {
namespace {

struct CheckArguments {
    std::string data;
    ConfigOptions settings;
    bool json = false;
};

int runCheck(const CheckArguments& arguments, const CommandContext& context) {
    TrainingConfig typed;
    typed.data = arguments.data;
    const auto config = arguments.settings.over(std::move(typed));
    if (!config)
        return reportError("check", config.error());
    auto reading = indexOptionsOf(*config);
    if (!reading)
        return reportError("check", reading.error());
    reading->fewestClasses = 1;
    reading->readFilm = filmReader(context);
    const auto index = indexDataset(config->data, *reading, context.stop);
    if (!index)
        return reportError("check", index.error());
    CheckUpOptions options;
    options.threads = reading->threads;
    options.readFilm = reading->readFilm;
    options.progress = showTenths;
    const auto found = checkUp(*index, options, context.stop);
    if (!found)
        return reportError("check", found.error());
    std::cout << (arguments.json ? checkUpToJson(*index, *found) : checkUpToText(*index, *found));
    return found->unreadableCount() > 0 ? SomeFailed : AllDone;
}

} // namespace

void addCheckCommand(CLI::App& app, CommandContext& context) {
    CLI::App* command = app.add_subcommand(
        "check", "Check a data set before training: files that cannot be read, exact and near duplicates,\n"
                 "patients in two classes, imbalance, and how well image properties alone tell the classes.\n"
                 "Exit status: 0 all films were read; 1 some could not be read; 2 wrong usage.");
    const auto arguments = std::make_shared<CheckArguments>();
    command
        ->add_option("data", arguments->data,
                     "Data set: one folder per class, sets of these, or a table (CSV)")
        ->type_name("DATA")
        ->required();
    command->add_flag("--json", arguments->json, "Everything that was found, as JSON");
    arguments->settings.add(*command,
                            {"split.patientFrom", "split.patientPattern", "columns.file", "columns.label",
                             "columns.patient", "columns.set", "columns.source", "threads"});
    command->callback([arguments, &context] { context.exitCode = runCheck(*arguments, context); });
}

} // namespace hilum
