// hilum-trainer, the program beside this one that holds what needs LibTorch.
#pragma once

namespace CLI {
class App;
}

namespace hilum {

// Describes its subcommands, so that hilum-cli --help lists them.
void addTrainerCommands(CLI::App& app);

// Whether the command line asks for one of them.
bool isTrainerCommand(int argc, char** argv);

// Becomes the trainer, with the same arguments, terminal and signals; on Windows, waits for it. Returns its
// exit status, or, with the reason printed, SomeFailed where it cannot be started.
int runTrainer(char** argv);

} // namespace hilum
