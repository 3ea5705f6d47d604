#include "app/Commands.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/ConfigOptions.h"
#include "app/LibraryEnvironment.h"
#include "app/TrainReport.h"
#include "training/FineTuner.h"
#include "training/Text.h"

namespace hilum {
namespace {

struct SearchArguments {
    ConfigOptions options;
    std::vector<std::string> ranges;
    int trials = 12;
    bool trialsOnly = false;
    ProgressForm progress;
    ExistingRunOptions existing;
};

void print(const SearchOutcome& outcome, const std::vector<SearchRange>& ranges) {
    std::vector<Trial> trials = outcome.trials;
    std::ranges::stable_sort(trials, {}, &Trial::validationLoss);
    for (const Trial& trial : trials) {
        std::cout << "trial " << trial.number << ": ";
        if (std::isfinite(trial.validationLoss))
            std::cout << "validation loss " << fixedText(trial.validationLoss, 4) << ", accuracy "
                      << fixedText(100 * trial.validationAccuracy, 1) << " %, " << trial.epochs << " epochs"
                      << (trial.stoppedEarly ? ", stopped" : "") << ";";
        else
            std::cout << "diverged;";
        for (std::size_t i = 0; i < ranges.size(); ++i)
            std::cout << (i == 0 ? " " : ", ") << ranges[i].key << " " << trial.values[i];
        std::cout << "\n";
    }
    if (!outcome.test)
        std::cout << "\nTrial " << outcome.best << " was the best.\n";
    else
        std::cout << "\nThe best trial's settings on the test films:\n" << reportToText(*outcome.test);
    if (!outcome.modelFile.empty())
        std::cout << "\nModel written to " << outcome.modelFile.string() << "\n";
}

int runSearch(const SearchArguments& arguments, const CommandContext& context) {
    restartWithFastLibraries(context.commandLine);
    const auto config = arguments.options.config(arguments.existing.resume ? arguments.options.ownSettings()
                                                                           : std::filesystem::path());
    auto report = arguments.progress.makeReport("search");
    if (!config)
        return reportError(*report, config.error());
    const auto existing = arguments.existing.chosen();
    if (!existing)
        return reportError(*report, existing.error());
    SearchRequest request{arguments.trials, {}, !arguments.trialsOnly};
    for (const std::string& text : arguments.ranges) {
        auto range = parseSearchRange(text);
        if (!range)
            return reportError(*report, range.error());
        request.ranges.push_back(std::move(*range));
    }
    if (request.ranges.empty())
        request.ranges = usualRanges(*config);
    const auto outcome = searchSettings(
        *config, request, [&](const TrainingProgress& progress) { report->show(progress); }, context.stop,
        *existing, filmReader(context));
    if (!outcome)
        return reportError(*report, outcome.error());
    report.reset();
    if (!arguments.progress.isJson())
        print(*outcome, request.ranges);
    return outcome->stopped ? SomeFailed : AllDone;
}

} // namespace

void addSearchCommand(CLI::App& app, CommandContext& context) {
    CLI::App* command =
        app.add_subcommand("search", "Try settings at random: trials on the training films, judged on the "
                                     "validation films; a trial that falls behind\n"
                                     "the median of those before it is stopped. The best settings are then "
                                     "trained once more and tested, once.\n"
                                     "Takes the settings of train. Writes trials.csv, trials/ and best/, "
                                     "which are run folders, into --out.");
    const auto arguments = std::make_shared<SearchArguments>();
    command->add_option("--trials", arguments->trials, "How many")
        ->type_name("N")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command
        ->add_option("--vary", arguments->ranges,
                     "What is drawn, by its key in config.json; may be repeated [learning rate, weight "
                     "decay, label smoothing, "
                     "mixup]. Logarithmic where HIGH is ten times LOW or more.")
        ->type_name("KEY=LOW:HIGH")
        ->allow_extra_args(false);
    command->add_flag("--trials-only", arguments->trialsOnly,
                      "End with the trials: the test films stay unseen");
    arguments->progress.add(*command);
    command->add_flag("--overwrite", arguments->existing.overwrite, "Replace a search that is in the folder");
    command->add_flag("--resume", arguments->existing.resume,
                      "Go on with an interrupted or stopped search; without --config, with its own settings");
    arguments->options.addAll(*command);
    command->callback([arguments, &context] { context.exitCode = runSearch(*arguments, context); });
}

} // namespace hilum
