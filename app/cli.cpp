// hilum-cli: everything that the window does, without the window.

#include <csignal>

#include "app/Commands.h"

namespace {

std::stop_source stopSource;

} // namespace

int main(int argc, char** argv) {
    hilum::CommandContext context{.stop = stopSource.get_token()};
    CLI::App app{"Hilum reads chest radiographs with fine-tuned networks, and fine-tunes them.\n"
                 "Research use, not for diagnosis."};
    app.name("hilum-cli");
    app.require_subcommand(1);
    hilum::addPredictCommand(app, context);
    hilum::addTrainCommand(app, context);
    hilum::addEvaluateCommand(app, context);
    hilum::addPhantomCommand(app, context);
    hilum::addInfoCommand(app, context);
    hilum::addConvertCommand(app, context);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? hilum::AllDone : hilum::WrongUsage;
    }
    return context.exitCode;
}
