// hilum-trainer: the subcommands of hilum-cli that need LibTorch. Started by hilum-cli.

#include "app/Commands.h"
#include "app/Interrupt.h"

int main(int argc, char** argv) {
    const hilum::Interrupt interrupt;
    hilum::CommandContext context{.stop = interrupt.token(), .commandLine = {argv, argv + argc}};
    CLI::App app{"Fine-tunes, evaluates, imports and exports networks for chest radiographs.\n"
                 "Research use, not for diagnosis."};
    app.name("hilum-cli");
    app.set_version_flag("--version", HILUM_VERSION);
    app.require_subcommand(1);
    hilum::addSandboxOption(app, context);
    hilum::addTrainCommand(app, context);
    hilum::addEvaluateCommand(app, context);
    hilum::addImportCommand(app, context);
    hilum::addExportCommand(app, context);
    hilum::addBenchmarkCommand(app, context);
    return hilum::runSubcommand(app, argc, argv, context);
}
