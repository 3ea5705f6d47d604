// The subcommands of hilum-cli. Each adds itself to the parser; its callback sets the exit code.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/domain/FilmReader.h"
#include "core/image/ReadOptions.h"

namespace hilum {

enum ExitCode : int { AllDone = 0, SomeFailed = 1, WrongUsage = 2 };

struct CommandContext {
    std::stop_token stop;                 // requested by Ctrl-C
    std::vector<std::string> commandLine; // as typed; recorded in model cards
    bool sandbox = true;                  // films are decoded by a helper process; --no-sandbox: in this one
    int exitCode = AllDone;
};

// How a command reads films. Starts the helper; where that fails, the first film says so on stderr.
FilmReader filmReader(const CommandContext& context, const ReadOptions& reading = {});

// context outlives the parser.
void addSandboxOption(CLI::App& app, CommandContext& context); // before or behind the subcommand
void addTrainCommand(CLI::App& app, CommandContext& context);
void addEvaluateCommand(CLI::App& app, CommandContext& context);
void addPredictCommand(CLI::App& app, CommandContext& context);
void addPhantomCommand(CLI::App& app, CommandContext& context);
void addBenchmarkCommand(CLI::App& app, CommandContext& context);
void addInfoCommand(CLI::App& app, CommandContext& context);
void addExportCommand(CLI::App& app, CommandContext& context);
void addImportCommand(CLI::App& app, CommandContext& context);
void addConvertCommand(CLI::App& app, CommandContext& context);

// Parses, runs the subcommand, and says with which status to exit.
inline int runSubcommand(CLI::App& app, int argc, char** argv, const CommandContext& context) {
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? AllDone : WrongUsage;
    }
    return context.exitCode;
}

} // namespace hilum
