// hilum-cli check: what is wrong with a data set, before anything is trained on it.

#include "app/Commands.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <thread>

#include "app/ConfigOptions.h"
#include "training/CheckUp.h"

namespace hilum {
namespace {

struct CheckArguments {
    std::string data;
    ConfigOptions settings;
    bool json = false;
};

// Ten lines in all.
void showProgress(long done, long total) {
    if (done * 10 / total > (done - 1) * 10 / total)
        std::cerr << done << " of " << total << " films\n";
}

int runCheck(const CheckArguments& arguments, const CommandContext& context) {
    TrainingConfig typed;
    typed.data = arguments.data;
    const auto config = arguments.settings.over(std::move(typed));
    if (!config)
        return reportError("check", config.error());
    const auto patients = PatientPattern::parse(config->split.patientPattern);
    if (!patients)
        return reportError("check", patients.error());
    const auto index = indexDataset(config->data, *patients, 1, context.stop);
    if (!index)
        return reportError("check", index.error());
    CheckUpOptions options;
    options.threads = config->threads > 0 ? config->threads
                                          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    options.readFilm = filmReader(context);
    options.progress = showProgress;
    const auto found = checkUp(*index, options, context.stop);
    if (!found)
        return reportError("check", found.error());
    std::cout << (arguments.json ? checkUpToJson(*index, *found) : checkUpToText(*index, *found));
    return found->unreadableCount() > 0 ? SomeFailed : AllDone;
}

} // namespace

void addCheckCommand(CLI::App& app, CommandContext& context) {
    CLI::App* command = app.add_subcommand(
        "check",
        "Check a data set before training: files that cannot be read, exact and near duplicates,\n"
        "patients in two classes, imbalance, and how well image properties alone tell the classes.\n"
        "Exit status: 0 all films were read; 1 some could not be read; 2 wrong usage.");
    const auto arguments = std::make_shared<CheckArguments>();
    command->add_option("data", arguments->data, "Data set: one folder per class")
        ->type_name("DATA")
        ->required();
    command->add_flag("--json", arguments->json, "Everything that was found, as JSON");
    arguments->settings.add(*command, {"split.patientPattern", "threads"});
    command->callback([arguments, &context] { context.exitCode = runCheck(*arguments, context); });
}

} // namespace hilum
