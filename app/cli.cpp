// hilum-cli: everything that the window does, without the window.

#include "app/Commands.h"
#include "app/Interrupt.h"

int main(int argc, char** argv) {
    const hilum::Interrupt interrupt;
    hilum::CommandContext context{.stop = interrupt.token(), .commandLine = {argv, argv + argc}};
    CLI::App app{"Hilum reads chest radiographs with fine-tuned networks, and fine-tunes them.\n"
                 "Research use, not for diagnosis."};
    app.name("hilum-cli");
    app.set_version_flag("--version", HILUM_VERSION);
    app.require_subcommand(1);
    hilum::addPredictCommand(app, context);
    hilum::addTrainCommand(app, context);
    hilum::addEvaluateCommand(app, context);
    hilum::addPhantomCommand(app, context);
    hilum::addInfoCommand(app, context);
    hilum::addConvertCommand(app, context);
    hilum::addImportCommand(app, context);
    hilum::addExportCommand(app, context);
    hilum::addBenchmarkCommand(app, context);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? hilum::AllDone : hilum::WrongUsage;
    }
    return context.exitCode;
}
