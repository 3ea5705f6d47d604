#include "app/TrainerProgram.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iostream>
#include <span>
#include <string_view>
#include <system_error>

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

#include <CLI/CLI.hpp>

#include "app/Commands.h"
#include "core/storage/ProgramFolder.h"

namespace hilum {
namespace {

struct TrainerCommand {
    std::string_view name;
    const char* description;
};
constexpr std::array<TrainerCommand, 7> kCommands{
    {{"train", "Fine-tune a network on a folder of films, one folder per class"},
     {"search", "Try settings at random, and train with the best"},
     {"find-rate", "Find a learning rate for a training"},
     {"evaluate", "Read a folder of films, one folder per class, and print the figures"},
     {"import", "Make a model file of weights: torchvision's, or your own .pth or .safetensors"},
     {"export", "Write a model for other programs: ONNX, TorchScript, safetensors"},
     {"benchmark", "Measure what this machine does"}}};

} // namespace

void addTrainerCommands(CLI::App& app) {
    for (const TrainerCommand& command : kCommands)
        app.add_subcommand(std::string(command.name), command.description);
}

bool isTrainerCommand(int argc, char** argv) {
    const std::span arguments(argv, static_cast<std::size_t>(argc));
    const auto command =
        std::ranges::find_if(arguments.subspan(1), [](const char* text) { return *text != '-'; });
    return command != arguments.end() &&
           std::ranges::find(kCommands, std::string_view(*command), &TrainerCommand::name) != kCommands.end();
}

int runTrainer(char** argv) {
#ifdef _WIN32
    const std::filesystem::path program = programFolder() / "hilum-trainer.exe";
    const std::intptr_t status = _spawnv(_P_WAIT, program.string().c_str(), argv);
    if (status >= 0)
        return static_cast<int>(status);
#else
    const std::filesystem::path program = programFolder() / "hilum-trainer";
    execv(program.c_str(), argv); // returns only where it fails
#endif
    std::cerr << program.string() << ": " << std::generic_category().message(errno) << "\n";
    return SomeFailed;
}

} // namespace hilum
