#include "app/Commands.h"

#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/LibraryEnvironment.h"
#include "app/ProgressLine.h"
#include "training/Evaluation.h"

namespace hilum {
namespace {

struct EvaluateArguments {
    std::string model, data, out, split;
    std::string set = "test";
    int threads = 0;
    bool json = false;
};

int runEvaluate(const EvaluateArguments& arguments, const CommandContext& context) {
    restartWithFastLibraries(context.commandLine);
    ProgressLine line;
    const EvaluationRequest request{arguments.model, arguments.data,    arguments.split,    arguments.set,
                                    arguments.out,   arguments.threads, filmReader(context)};
    const auto outcome = evaluate(
        request, [&](const TrainingProgress& progress) { line.show(progress); }, context.stop);
    line.clear();
    if (!outcome)
        return reportError("evaluate", outcome.error());
    for (const SkippedFile& file : outcome->skipped)
        std::cerr << "Not used: " << file.file.string() << ": " << file.reason << "\n";
    std::cout << (arguments.json ? reportToJson(outcome->report) : reportToText(outcome->report));
    const bool unreadable = std::ranges::any_of(
        outcome->skipped, [](const SkippedFile& file) { return file.kind == SkipKind::Unreadable; });
    return unreadable ? SomeFailed : AllDone;
}

} // namespace

void addEvaluateCommand(CLI::App& app, CommandContext& context) {
    CLI::App* command = app.add_subcommand(
        "evaluate",
        "Read a folder of films, one folder per class named as the model's labels, and print the figures:\n"
        "confusion matrix, accuracy with its Wilson interval, precision, recall, F1, calibration.\n"
        "Exit status: 0 all done; 1 some films could not be read and the others are done; 2 wrong usage.");
    const auto arguments = std::make_shared<EvaluateArguments>();
    command->add_option("--model", arguments->model, "Model file")->type_name("FILE")->required();
    command->add_option("--data", arguments->data, "Folder with one folder per class")
        ->type_name("DIR")
        ->required();
    command->add_option("--split", arguments->split, "split.csv of a run: read one of its sets only")
        ->type_name("FILE");
    command->add_option("--set", arguments->set, "Which set of --split")
        ->type_name("NAME")
        ->check(CLI::IsMember({"train", "validation", "test"}))
        ->capture_default_str();
    command
        ->add_option("--out", arguments->out,
                     "Folder for evaluation.json, evaluation.txt and predictions.csv")
        ->type_name("DIR");
    command->add_option("--threads", arguments->threads, "Processor threads; 0: every core")
        ->type_name("N")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command->add_flag("--json", arguments->json, "Print JSON instead of a table");
    command->callback([arguments, &context] { context.exitCode = runEvaluate(*arguments, context); });
}

} // namespace hilum
