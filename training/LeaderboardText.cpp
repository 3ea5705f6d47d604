// The leaderboard for people (text) and programs (JSON, CSV).

#include "training/Leaderboard.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "training/Text.h"

namespace hilum {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShortFingerprint = 12; // digits; enough to tell test sets apart
constexpr int kDigits = 4;

std::string optionalText(const std::optional<double>& value) {
    return value ? fixedText(*value, kDigits) : "–";
}

std::string percentRange(const Proportion& accuracy) {
    const auto percent = [](double value) { return fixedText(100 * value, 1); };
    return percent(accuracy.value) + " (" + percent(accuracy.low) + "–" + percent(accuracy.high) + ")";
}

std::vector<std::string> cellsOf(const LeaderboardRow& row) {
    const EvaluationReport& report = row.run->report;
    return {row.run->folder.string(),
            row.run->config.network,
            percentRange(report.accuracy),
            fixedText(report.macro.f1, kDigits),
            optionalText(report.macroRocAuc),
            fixedText(report.expectedCalibrationError, kDigits),
            verdictText(row)};
}

std::string filmsText(const LeaderboardGroup& group) {
    std::string text;
    for (std::size_t i = 1; i < group.rows.size(); ++i) {
        const auto films = differingFilms(*group.rows.front().run, *group.rows[i].run);
        text += "\n" + group.rows[i].run->folder.string() + " differs from the leader on " +
                std::to_string(films.size()) + (films.size() == 1 ? " film\n" : " films\n");
        for (const DifferingFilm& film : films)
            text += "  " + film.file.generic_string() + ": is " + film.truth + "; leader " + film.first +
                    ", this one " + film.second + "\n";
    }
    return text;
}

std::string groupText(const LeaderboardGroup& group, FilmLists films) {
    std::vector<std::vector<std::string>> rows{
        {"run", "network", "accuracy % (95 %)", "macro F1", "macro AUC", "ECE", "against the leader"}};
    std::ranges::transform(group.rows, std::back_inserter(rows), cellsOf);
    std::vector<std::size_t> widths(rows.front().size());
    for (const std::vector<std::string>& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], characterCount(row[i]));
    std::string text = "Test set " + group.testSet.substr(0, kShortFingerprint) + ", " +
                       std::to_string(group.films) + (group.films == 1 ? " film\n" : " films\n");
    for (const std::vector<std::string>& row : rows) {
        for (std::size_t i = 0; i + 1 < row.size(); ++i)
            text += paddedRight(row[i], widths[i] + 2);
        text += row.back() + "\n";
    }
    return text + (films == FilmLists::AgainstLeader ? filmsText(group) : "");
}

Json toJson(const std::optional<Interval>& interval) {
    return interval ? Json{interval->low, interval->high} : Json(nullptr);
}

Json toJson(const std::vector<DifferingFilm>& films) {
    Json json = Json::array();
    for (const DifferingFilm& film : films)
        json.push_back({{"file", film.file.generic_string()},
                        {"truth", film.truth},
                        {"leader", film.first},
                        {"run", film.second}});
    return json;
}

Json toJson(const LeaderboardRow& row) {
    const EvaluationReport& report = row.run->report;
    Json json{{"run", row.run->folder.string()},
              {"name", report.model},
              {"network", row.run->config.network},
              {"accuracy", report.accuracy.value},
              {"accuracyWilson95", {report.accuracy.low, report.accuracy.high}},
              {"macroF1", report.macro.f1},
              {"macroF1Bootstrap95", toJson(report.bootstrap.macroF1)},
              {"macroRocAuc", report.macroRocAuc ? Json(*report.macroRocAuc) : Json(nullptr)},
              {"macroRocAucBootstrap95", toJson(report.bootstrap.macroRocAuc)},
              {"expectedCalibrationError", report.expectedCalibrationError},
              {"verdict", verdictText(row)}};
    if (row.againstLeader)
        json["mcNemar"] = {{"leaderOnly", row.againstLeader->firstOnly},
                           {"runOnly", row.againstLeader->secondOnly},
                           {"p", row.againstLeader->p},
                           {"method", row.againstLeader->exact ? "exact" : "chi-squared"}};
    return json;
}

} // namespace

std::string leaderboardToText(const Leaderboard& board, FilmLists films) {
    std::string text;
    for (const LeaderboardGroup& group : board.groups)
        text += (text.empty() ? "" : "\n") + groupText(group, films);
    if (board.groups.size() > 1)
        text += "\nRuns with different test sets stand apart: their figures cannot be compared.\n";
    return text;
}

std::string leaderboardToJson(const Leaderboard& board, FilmLists films) {
    Json json{{"groups", Json::array()}, {"unused", Json::array()}};
    for (const LeaderboardGroup& group : board.groups) {
        Json rows = Json::array();
        for (const LeaderboardRow& row : group.rows) {
            rows.push_back(toJson(row));
            if (films == FilmLists::AgainstLeader && row.againstLeader)
                rows.back()["differs"] = toJson(differingFilms(*group.rows.front().run, *row.run));
        }
        json["groups"].push_back({{"testSet", group.testSet}, {"films", group.films}, {"runs", rows}});
    }
    for (const UnusedRun& run : board.unused)
        json["unused"].push_back(
            {{"run", run.folder.string()},
             {"error", {{"code", codeName(run.error.code)}, {"message", run.error.message}}}});
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string leaderboardToCsv(const Leaderboard& board) {
    std::string text = csvRow({"test_set", "films", "rank", "run", "name", "network", "accuracy",
                               "accuracy_low", "accuracy_high", "macro_f1", "macro_roc_auc", "ece",
                               "leader_only", "run_only", "mcnemar_p", "verdict"});
    for (const LeaderboardGroup& group : board.groups) {
        for (std::size_t i = 0; i < group.rows.size(); ++i) {
            const LeaderboardRow& row = group.rows[i];
            const EvaluationReport& report = row.run->report;
            const auto test = row.againstLeader;
            text += csvRow(
                {group.testSet, std::to_string(group.films), std::to_string(i + 1), row.run->folder.string(),
                 report.model, row.run->config.network, numberText(report.accuracy.value),
                 numberText(report.accuracy.low), numberText(report.accuracy.high),
                 numberText(report.macro.f1), report.macroRocAuc ? numberText(*report.macroRocAuc) : "",
                 numberText(report.expectedCalibrationError), test ? std::to_string(test->firstOnly) : "",
                 test ? std::to_string(test->secondOnly) : "", test ? numberText(test->p) : "",
                 verdictText(row)});
        }
    }
    return text;
}

} // namespace hilum
