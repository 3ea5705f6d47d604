// hilum-cli: everything that the window does, without the window.

#include "app/Commands.h"
#include "app/Interrupt.h"
#include "app/TrainerProgram.h"

int main(int argc, char** argv) {
    if (hilum::isTrainerCommand(argc, argv))
        return hilum::runTrainer(argv);
    const hilum::Interrupt interrupt;
    hilum::CommandContext context{.stop = interrupt.token(), .commandLine = {argv, argv + argc}};
    CLI::App app{"Hilum reads chest radiographs with fine-tuned networks, and fine-tunes them.\n"
                 "Research use, not for diagnosis."};
    app.name("hilum-cli");
    app.set_version_flag("--version", HILUM_VERSION);
    app.require_subcommand(1);
    hilum::addSandboxOption(app, context);
    hilum::addPredictCommand(app, context);
    hilum::addTrainerCommands(app);
    hilum::addPhantomCommand(app, context);
    hilum::addInfoCommand(app, context);
    hilum::addConvertCommand(app, context);
    return hilum::runSubcommand(app, argc, argv, context);
}
