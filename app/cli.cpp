// hilum-cli: everything that the window does, without the window.

#include "app/Commands.h"
#include "app/TrainerProgram.h"

int main(int argc, char** argv) {
    if (hilum::isTrainerCommand(argc, argv))
        return hilum::runTrainer(argv);
    return hilum::runCommandLine(
        argc, argv,
        "Hilum reads chest radiographs with fine-tuned networks, and fine-tunes them.\n"
        "Research use, not for diagnosis.",
        [](CLI::App& app, hilum::CommandContext& context) {
            hilum::addPredictCommand(app, context);
            hilum::addCheckCommand(app, context);
            hilum::addSplitCommand(app, context);
            hilum::addTrainerCommands(app);
            hilum::addLeaderboardCommand(app, context);
            hilum::addReportCommand(app, context);
            hilum::addShortcutCommand(app, context);
            hilum::addPhantomCommand(app, context);
            hilum::addInfoCommand(app, context);
            hilum::addConvertCommand(app, context);
        });
}
