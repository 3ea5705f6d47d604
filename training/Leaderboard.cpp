#include "training/Leaderboard.h"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

#include "training/Text.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;

constexpr int kDepth = 2; // folders below those that are named

// p with two significant digits, as papers print it.
std::string pText(double p) {
    if (p < 0.0001)
        return "p < 0.0001";
    const int digits = p < 0.001 ? 5 : p < 0.01 ? 4 : p < 0.1 ? 3 : 2;
    return "p = " + fixedText(p, digits);
}

Result<void> collectRuns(const fs::path& folder, int depth, std::vector<fs::path>& runs) {
    if (holdsFinishedRun(folder)) {
        runs.push_back(folder);
        return {};
    }
    if (depth == 0)
        return {};
    std::error_code error;
    std::vector<fs::path> inside;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code ignored;
        if (entry->is_directory(ignored))
            inside.push_back(entry->path());
    }
    if (error && depth == kDepth)
        return fail(ErrorCode::NotReadable, "The folder cannot be read: " + error.message() + ".",
                    folder.string());
    std::ranges::sort(inside);
    for (const fs::path& one : inside)
        collectRuns(one, depth - 1, runs); // below the first level an unreadable folder holds no runs
    return {};
}

bool isBetter(const LeaderboardRow& a, const LeaderboardRow& b) {
    const auto figures = [](const LeaderboardRow& row) {
        const EvaluationReport& report = row.run->report;
        return std::tuple(report.accuracy.value, report.macro.f1, report.macroRocAuc.value_or(0));
    };
    return figures(a) > figures(b);
}

void rank(LeaderboardGroup& group) {
    std::ranges::stable_sort(group.rows, isBetter);
    const std::vector<FilmPrediction>& best = group.rows.front().run->predictions;
    for (std::size_t i = 1; i < group.rows.size(); ++i) {
        if (const auto test = mcNemar(best, group.rows[i].run->predictions))
            group.rows[i].againstLeader = *test;
    }
}

} // namespace

Result<std::vector<fs::path>> findRuns(const std::vector<fs::path>& folders) {
    std::vector<fs::path> runs;
    for (const fs::path& folder : folders) {
        std::error_code ignored;
        if (!fs::is_directory(folder, ignored))
            return fail(ErrorCode::NotFound, "There is no such folder.", folder.string());
        if (auto collected = collectRuns(folder.lexically_normal(), kDepth, runs); !collected)
            return tl::unexpected(collected.error());
    }
    std::ranges::sort(runs);
    const auto areTheSame = [](const fs::path& a, const fs::path& b) {
        std::error_code ignored;
        return a == b || fs::equivalent(a, b, ignored);
    };
    runs.erase(std::unique(runs.begin(), runs.end(), areTheSame),
               runs.end()); // std::ranges' does not build with clang 14
    return runs;
}

Leaderboard leaderboard(const std::vector<fs::path>& runs) {
    Leaderboard board;
    std::map<std::string, LeaderboardGroup> groups;
    for (const fs::path& folder : runs) {
        auto run = loadRun(folder);
        if (!run) {
            board.unused.push_back({folder, run.error()});
            continue;
        }
        LeaderboardGroup& group = groups[run->testSet];
        group.testSet = run->testSet;
        group.films = static_cast<long>(run->predictions.size());
        group.rows.push_back({std::make_shared<const FinishedRun>(std::move(*run)), std::nullopt});
    }
    for (auto& [testSet, group] : groups) {
        rank(group);
        board.groups.push_back(std::move(group));
    }
    std::ranges::stable_sort(board.groups, std::greater{}, [](const LeaderboardGroup& group) {
        return std::tuple(group.rows.size(), group.films);
    });
    return board;
}

std::string verdictText(const LeaderboardRow& row) {
    if (!row.againstLeader)
        return "leader";
    const McNemar& test = *row.againstLeader;
    return std::string(test.showsDifference() ? "worse than the leader" : "no difference can be shown") +
           " (" + pText(test.p) + "; right alone: leader " + std::to_string(test.firstOnly) + ", this one " +
           std::to_string(test.secondOnly) + ")";
}

std::vector<DifferingFilm> differingFilms(const FinishedRun& first, const FinishedRun& second) {
    const auto label = [](const FinishedRun& run, int index) {
        return run.report.labels[static_cast<std::size_t>(index)];
    };
    std::map<std::string, std::string> bySecond;
    for (const FilmPrediction& film : second.predictions)
        bySecond.emplace(film.file.generic_string(), label(second, film.predicted()));
    std::vector<DifferingFilm> films;
    for (const FilmPrediction& film : first.predictions) {
        const auto other = bySecond.find(film.file.generic_string());
        const std::string mine = label(first, film.predicted());
        if (other != bySecond.end() && other->second != mine)
            films.push_back({film.file, label(first, film.truth), mine, other->second});
    }
    return films;
}

} // namespace hilum
