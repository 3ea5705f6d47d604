// hilum-cli leaderboard: the runs of a folder side by side.

#include "app/Commands.h"

#include <filesystem>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "core/storage/AtomicFile.h"
#include "training/Leaderboard.h"

namespace hilum {
namespace {

struct LeaderboardOptions {
    std::vector<std::filesystem::path> folders;
    std::filesystem::path csv;
    bool json = false;
    bool films = false;
};

ExitCode complain(const Error& error, ExitCode code) {
    printError("leaderboard", error);
    return code;
}

ExitCode runLeaderboard(const LeaderboardOptions& options) {
    const auto runs = findRuns(options.folders);
    if (!runs)
        return complain(runs.error(), WrongUsage);
    if (runs->empty())
        return complain({ErrorCode::NotFound,
                         "There is no finished run in these folders: no config.json with evaluation.json and "
                         "predictions.csv.",
                         {}},
                        WrongUsage);
    const Leaderboard board = leaderboard(*runs);
    for (const UnusedRun& run : board.unused)
        complain({run.error.code, "Not used: " + run.folder.string() + ": " + run.error.message,
                  run.error.context},
                 SomeFailed);
    const FilmLists films = options.films ? FilmLists::AgainstLeader : FilmLists::None;
    std::cout << (options.json ? leaderboardToJson(board, films) : leaderboardToText(board, films));
    if (!options.csv.empty()) {
        if (const auto written = writeFileAtomically(options.csv, leaderboardToCsv(board)); !written)
            return complain(written.error(), SomeFailed);
    }
    return board.unused.empty() ? AllDone : SomeFailed;
}

} // namespace

void addLeaderboardCommand(CLI::App& app, CommandContext& context) {
    auto options = std::make_shared<LeaderboardOptions>();
    CLI::App* command = app.add_subcommand(
        "leaderboard",
        "Compare finished runs: accuracy with its Wilson interval, macro F1, macro ROC AUC, calibration.\n"
        "Runs that were tested on the same films are ranked, and each is held against the best with\n"
        "McNemar's test. Runs with other test sets stand in tables of their own.");
    command
        ->add_option("DIR", options->folders,
                     "Run folders, or folders in which they lie, up to two levels deep")
        ->required();
    command->add_flag("--json", options->json, "Print JSON instead of a table");
    command->add_flag("--films", options->films,
                      "Also list the films on which each run and the leader differ");
    command->add_option("--csv", options->csv, "Also write the table to a file")->type_name("FILE");
    command->footer(
        "A p-value is of one comparison. Among many runs some fall below 0.05 by chance.\n"
        "Exit status: 0 all done, 1 a run could not be read and the others are compared, 2 wrong usage.");
    command->callback([options, &context] { context.exitCode = runLeaderboard(*options); });
}

} // namespace hilum
