// A data set in, a model file and its figures out. Blocking; call it on a thread of its own. It uses
// LibTorch's global random generator and thread count, so one fine-tuning at a time runs in a process.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/domain/FilmReader.h"
#include "core/domain/Result.h"
#include "training/DatasetIndex.h"
#include "training/EvaluationReport.h"
#include "training/RateFinder.h"
#include "training/Repeats.h"
#include "training/RunFolder.h"
#include "training/SearchSpace.h"
#include "training/TrainingConfig.h"
#include "training/TrainingProgress.h"

namespace hilum {

struct TrainingOutcome {
    std::filesystem::path modelFile;      // empty: cross-validation without a final model
    std::vector<EpochRecord> history;     // of the run or of the final model
    int bestEpoch = 0;                    // whose weights the model has
    bool stopped = false;                 // by the stop token; what there was has been kept and evaluated
    std::optional<EvaluationReport> test; // absent without a test set
    std::optional<CrossValidationReport> crossValidation; // over the folds that were finished
    std::vector<SeedFigures> repeats; // of a repeated run, its own first: those that were finished
    std::vector<std::string> labels;
    std::vector<SkippedFile> skipped; // files of the data folder that were not used
    std::vector<std::string> notes;   // e.g. what of the initial weights was used
};

// Writes the run folder config.out (see RunFolder). Deterministic: same data, configuration, seed and machine
// give the same weights, bit for bit. When stop is requested, training ends at the next batch, the best
// weights so far are kept and evaluated.
// ExistingRun::Resume: an interrupted or stopped run goes on after the last epoch that was kept, and ends
// with the same weights and history, bit for bit, as one that was not; of a complete run the outcome is told
// again, with a note. Errors: InvalidArgument (with the setting as context), NotFound, NotReadable,
// NotWritable, Cancelled (stopped before anything was learnt), OutOfMemory, Internal. readFilm: absent:
// readRadiograph(). On CUDA, networks whose kernels add in any order (pooling to another grid) may differ in
// the last bits.
Result<TrainingOutcome> fineTune(const TrainingConfig& config, const ProgressCallback& progress,
                                 std::stop_token stop, ExistingRun existing = ExistingRun::Refuse,
                                 const FilmReader& readFilm = {});

// The loss over a growing learning rate, from the beginning of the training that config describes (of a
// cross-validation, as without folds). config.out is not needed; nothing is written, but for features that do
// not fit in memory. When stop is requested, the curve so far. Errors: those of fineTune().
Result<RateCurve> findRate(TrainingConfig config, const RateSweep& sweep, const ProgressCallback& progress,
                           std::stop_token stop, const FilmReader& readFilm = {});

struct SearchRequest {
    int trials = 12;
    std::vector<SearchRange> ranges; // at least one
    bool testsBest = true;           // false: it ends with the trials, and the test films stay unseen
};
struct SearchOutcome {
    std::vector<Trial> trials;            // those that are finished
    int best = 0;                         // number of the best of them
    std::filesystem::path modelFile;      // of the best settings; empty: stopped before
    std::optional<EvaluationReport> test; // likewise
    bool stopped = false;                 // by the stop token
};
// Trials of other settings on the same training and validation films, then, where asked for, a training with
// the best, which alone sees the test films. Writes into config.out: trials.csv, trials/ and best/.
// ExistingRun::Resume: finished trials are used again, the one that was interrupted goes on. Errors: those of
// fineTune(), InvalidArgument (no validation set; cross-validation).
Result<SearchOutcome> searchSettings(const TrainingConfig& config, const SearchRequest& request,
                                     const ProgressCallback& progress, std::stop_token stop,
                                     ExistingRun existing = ExistingRun::Refuse,
                                     const FilmReader& readFilm = {});

} // namespace hilum
