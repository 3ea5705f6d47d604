// hilum-cli report: a finished run as a document, and for MLflow.

#include "app/Commands.h"

#include <filesystem>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "core/storage/AtomicFile.h"
#include "training/FinishedRun.h"
#include "training/MlflowRun.h"
#include "training/ResultsDocument.h"
#include "training/RunFolder.h"

namespace hilum {
namespace {

struct ReportOptions {
    std::filesystem::path run;
    std::filesystem::path out;
    std::filesystem::path mlflow;
};

ExitCode complain(const Error& error, ExitCode code) {
    printError("report", error);
    return code;
}

Result<void> write(const std::filesystem::path& file, const std::string& text) {
    return writeFileAtomically(file, text).map([&] { std::cout << file.string() << "\n"; });
}

ExitCode runReport(const ReportOptions& options) {
    const auto run = loadRun(options.run);
    if (!run)
        return complain(run.error(), run.error().code == ErrorCode::NotFound ? WrongUsage : SomeFailed);
    const bool onlyMlflow = !options.mlflow.empty() && options.out.empty();
    if (!onlyMlflow) {
        const std::filesystem::path out = options.out.empty() ? RunFolder(options.run).report() : options.out;
        if (const auto written = write(out, resultsDocument(*run)); !written)
            return complain(written.error(), SomeFailed);
    }
    if (!options.mlflow.empty()) {
        if (const auto written = write(options.mlflow, mlflowRunJson(*run)); !written)
            return complain(written.error(), SomeFailed);
    }
    return AllDone;
}

} // namespace

void addReportCommand(CLI::App& app, CommandContext& context) {
    auto options = std::make_shared<ReportOptions>();
    CLI::App* command = app.add_subcommand(
        "report", "Write a finished run as one HTML page: figures with intervals, charts, model card");
    command->add_option("RUN", options->run, "Run folder")->required();
    command->add_option("-o,--out", options->out, "HTML file to write; else report.html in the run folder")
        ->type_name("FILE");
    command
        ->add_option("--mlflow", options->mlflow,
                     "Write the run as JSON in MLflow's form instead, or, with --out, as well")
        ->type_name("FILE");
    command->footer(
        "The page needs nothing beside it, and prints. It names test films, by file.\n"
        "Exit status: 0 written, 1 the run cannot be read or the file not be written, 2 wrong usage.");
    command->callback([options, &context] { context.exitCode = runReport(*options); });
}

} // namespace hilum
