// hilum-trainer: the subcommands of hilum-cli that need LibTorch. Started by hilum-cli.

#include "app/Commands.h"
#include "app/Interrupt.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace {

// Every training step frees what the next one takes. Memory that goes back to the system in between comes again as
// zeroed pages, which costs a tenth of a step.
void keepFreedMemory() {
#ifdef __GLIBC__
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, -1);
#endif
}

} // namespace

int main(int argc, char** argv) {
    keepFreedMemory();
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
