// A run folder that holds figures, as the results, the leaderboard and the report show it. Blocking;
// thread-safe.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/domain/Result.h"
#include "training/EvaluationReport.h"
#include "training/Repeats.h"
#include "training/ShortcutResult.h"
#include "training/Split.h"
#include "training/TrainingConfig.h"
#include "training/TrainingProgress.h"

namespace hilum {

struct FinishedRun {
    std::filesystem::path folder;
    TrainingConfig config;
    EvaluationReport report;                 // of a cross-validation: pooled
    std::vector<Proportion> foldAccuracies;  // empty without cross-validation
    std::vector<SeedFigures> repeats;        // of a repeated run; empty: it was made once
    std::vector<FilmPrediction> predictions; // of the test films
    std::vector<FilmPrediction> validation;  // of the validation films; empty where they were not kept
    std::vector<EpochRecord> history;        // empty without history.csv
    std::vector<SplitRow> split;             // empty without split.csv
    std::optional<ShortcutResult> shortcut;  // where the test was made, with this model
    std::chrono::sys_seconds finished;       // when the figures were written
    std::string testSet;                     // testSetFingerprint()
};

// config.json, predictions.csv, and evaluation.json or cross-validation.json are there.
bool holdsFinishedRun(const std::filesystem::path& folder);

// Figures that an earlier version left out are computed from the predictions. Errors, with the file as
// context: NotFound, NotReadable, Damaged (also: figures and predictions that do not belong together),
// InvalidArgument (a setting that this version does not know).
Result<FinishedRun> loadRun(const std::filesystem::path& folder);

// Where a film of its predictions is, as long as the data stand where they stood.
std::filesystem::path filmFile(const FinishedRun& run, const std::filesystem::path& film);

// SHA-256 over the sorted names and classes of the test films: equal for runs that were tested on the same
// films. Names are relative to the data folder; what is in the files is not looked at.
std::string testSetFingerprint(const std::vector<std::string>& labels,
                               const std::vector<FilmPrediction>& predictions);

} // namespace hilum
