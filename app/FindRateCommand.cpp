#include "app/Commands.h"

#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/ConfigOptions.h"
#include "app/LibraryEnvironment.h"
#include "app/ProgressLine.h"
#include "core/storage/AtomicFile.h"
#include "training/FineTuner.h"
#include "training/RateFinder.h"

namespace hilum {
namespace {

struct FindRateArguments {
    ConfigOptions options;
    RateSweep sweep;
    std::string csvFile;
    bool json = false;
};

void print(const RateCurve& curve, const FindRateArguments& arguments) {
    if (arguments.json) {
        std::cout << rateCurveToJson(curve);
        return;
    }
    if (arguments.csvFile.empty())
        std::cout << rateCurveToCsv(curve);
    if (const auto rate = curve.suggestedRate())
        std::cerr << "Suggested learning rate: " << *rate << "\n";
    else
        std::cerr << "The loss never falls; no learning rate can be suggested.\n";
}

int runFindRate(const FindRateArguments& arguments, const CommandContext& context) {
    restartWithFastLibraries(context.commandLine);
    auto config = arguments.options.config();
    if (!config)
        return reportError("find-rate", config.error());
    ProgressLine line;
    const auto curve = findRate(
        *config, arguments.sweep, [&](const TrainingProgress& progress) { line.show(progress); },
        context.stop, filmReader(context));
    line.clear();
    if (!curve)
        return reportError("find-rate", curve.error());
    if (!arguments.csvFile.empty()) {
        if (auto written = writeFileAtomically(arguments.csvFile, rateCurveToCsv(*curve)); !written)
            return reportError("find-rate", written.error());
    }
    print(*curve, arguments);
    return AllDone;
}

} // namespace

void addFindRateCommand(CLI::App& app, CommandContext& context) {
    CLI::App* command = app.add_subcommand(
        "find-rate",
        "Find a learning rate: take a few steps of a training while the rate grows, and watch the loss.\n"
        "Takes the settings of train; writes nothing but the table: rate, loss, smoothed loss.\n"
        "The suggested rate is where the smoothed loss falls fastest (Smith 2015).");
    const auto arguments = std::make_shared<FindRateArguments>();
    command->add_option("--from", arguments->sweep.lowest, "First rate")
        ->type_name("RATE")
        ->check(CLI::Range(1e-12, 100.0))
        ->capture_default_str();
    command->add_option("--to", arguments->sweep.highest, "Last rate")
        ->type_name("RATE")
        ->check(CLI::Range(1e-12, 100.0))
        ->capture_default_str();
    command->add_option("--steps", arguments->sweep.steps, "Steps from the first to the last")
        ->type_name("N")
        ->check(CLI::Range(10, 100000))
        ->capture_default_str();
    command->add_option("--csv", arguments->csvFile, "Write the table to a file")->type_name("FILE");
    command->add_flag("--json", arguments->json, "Print the table and the suggested rate as JSON");
    arguments->options.addAll(*command);
    command->callback([arguments, &context] { context.exitCode = runFindRate(*arguments, context); });
}

} // namespace hilum
