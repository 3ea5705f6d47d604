// The subcommands of hilum-cli. Each adds itself to the parser; its callback sets the exit code.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/FilmReader.h"
#include "core/image/ReadOptions.h"

namespace CLI {
class App;
}

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
void addTrainCommand(CLI::App& app, CommandContext& context);
void addSearchCommand(CLI::App& app, CommandContext& context);
void addFindRateCommand(CLI::App& app, CommandContext& context);
void addEvaluateCommand(CLI::App& app, CommandContext& context);
void addPredictCommand(CLI::App& app, CommandContext& context);
void addPhantomCommand(CLI::App& app, CommandContext& context);
void addBenchmarkCommand(CLI::App& app, CommandContext& context);
void addInfoCommand(CLI::App& app, CommandContext& context);
void addExportCommand(CLI::App& app, CommandContext& context);
void addImportCommand(CLI::App& app, CommandContext& context);
void addLeaderboardCommand(CLI::App& app, CommandContext& context);
void addCheckCommand(CLI::App& app, CommandContext& context);
void addShortcutCommand(CLI::App& app, CommandContext& context);
void addReportCommand(CLI::App& app, CommandContext& context);
void addSplitCommand(CLI::App& app, CommandContext& context);
void addConvertCommand(CLI::App& app, CommandContext& context);

// To exit with: wrong usage where an argument cannot be used or is not there.
int exitCodeOf(const Error& error);
// "hilum-cli COMMAND: message [context]" on stderr.
void printError(std::string_view command, const Error& error);
// The same; returns exitCodeOf(error).
int reportError(std::string_view command, const Error& error);

// "30 of 300 films" on stderr, ten lines in all. For jobs that tell of every film.
void showTenths(long done, long total);

// main() of a program with subcommands, which add puts in. Returns the status to exit with.
int runCommandLine(int argc, char** argv, std::string description,
                   const std::function<void(CLI::App&, CommandContext&)>& add);

} // namespace hilum
