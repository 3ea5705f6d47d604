// hilum-trainer: the subcommands of hilum-cli that need LibTorch. Started by hilum-cli.

#include "app/Commands.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace {

// Every training step frees what the next one takes. Memory that goes back to the system in between comes
// again as zeroed pages, which costs a tenth of a step.
void keepFreedMemory() {
#ifdef __GLIBC__
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, -1);
#endif
}

} // namespace

int main(int argc, char** argv) {
    keepFreedMemory();
    return hilum::runCommandLine(
        argc, argv,
        "Fine-tunes, evaluates, imports and exports networks for chest radiographs.\n"
        "Research use, not for diagnosis.",
        [](CLI::App& app, hilum::CommandContext& context) {
            hilum::addTrainCommand(app, context);
            hilum::addSearchCommand(app, context);
            hilum::addFindRateCommand(app, context);
            hilum::addEvaluateCommand(app, context);
            hilum::addImportCommand(app, context);
            hilum::addExportCommand(app, context);
            hilum::addBenchmarkCommand(app, context);
        });
}
