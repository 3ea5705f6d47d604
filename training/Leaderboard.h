// Runs side by side. Only figures of the same locked test set are compared: runs are grouped by it, and
// within a group every run is held against the most accurate one with McNemar's test. The p-values are of
// single comparisons; among many runs some fall below 0.05 by chance. Blocking; thread-safe.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "training/FinishedRun.h"
#include "training/McNemar.h"

namespace hilum {

struct LeaderboardRow {
    std::shared_ptr<const FinishedRun> run;
    std::optional<McNemar> againstLeader; // the leader is the first model; absent for the leader itself
};

// Runs on the same test films, most accurate first; of equally accurate ones the higher macro F1.
struct LeaderboardGroup {
    std::string testSet; // fingerprint, 64 hexadecimal digits
    long films = 0;
    std::vector<LeaderboardRow> rows;
};

struct UnusedRun {
    std::filesystem::path folder;
    Error error;
};

// The group with the most runs first; of equal ones the one with more films.
struct Leaderboard {
    std::vector<LeaderboardGroup> groups;
    std::vector<UnusedRun> unused; // runs that could not be read
};

// Runs in the folders themselves, in the folders in them, and one level deeper; folds of a run are no runs of
// their own. In the order of the paths, each once. Errors: NotFound, NotReadable.
Result<std::vector<std::filesystem::path>> findRuns(const std::vector<std::filesystem::path>& folders);

Leaderboard leaderboard(const std::vector<std::filesystem::path>& runs);

// "leader", "no difference can be shown (p = 0.63; right alone: leader 5, this one 3)",
// "worse than the leader (p = 0.0021; …)"
std::string verdictText(const LeaderboardRow& row);

struct DifferingFilm {
    std::filesystem::path file;
    std::string truth;
    std::string first; // what the first run takes it for
    std::string second;
};
// Films of both runs that the two take for different classes, in the first one's order.
std::vector<DifferingFilm> differingFilms(const FinishedRun& first, const FinishedRun& second);

enum class FilmLists { None, AgainstLeader }; // the films on which a run and its leader differ

std::string leaderboardToText(const Leaderboard& board, FilmLists films = FilmLists::None);
std::string leaderboardToJson(const Leaderboard& board, FilmLists films = FilmLists::None);
// A line per run: test set, films, rank, run, name, network, figures with their limits, McNemar.
std::string leaderboardToCsv(const Leaderboard& board);

} // namespace hilum
