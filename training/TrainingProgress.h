// What a running fine-tuning says about itself.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/Result.h"

namespace hilum {

// One finished epoch; a row of history.csv.
struct EpochRecord {
    int epoch = 0;            // from 1
    double trainLoss = 0;     // what is minimised, while the weights changed: with smoothing, auxiliary head
    double trainAccuracy = 0; // in [0, 1], on augmented films
    std::optional<double> validationLoss; // plain cross-entropy; absent without a validation set
    std::optional<double> validationAccuracy;
    double learningRate = 0;    // of the epoch's last step
    double seconds = 0;         // training and validation
    double imagesPerSecond = 0; // training alone

    bool operator==(const EpochRecord&) const = default;
};

// An epoch right after it ended.
struct FinishedEpoch {
    EpochRecord record;
    bool best = true;          // the lowest validation loss so far; always so without a validation set
    int epochsWithoutGain = 0; // since the best one, as early stopping counts them

    bool operator==(const FinishedEpoch&) const = default;
};

// A pinned validation film, as the network saw it after an epoch.
struct PinnedFilm {
    std::filesystem::path file; // relative to the data folder
    std::string label;
    std::string predicted;
    double probability = 0; // of the predicted class
    std::filesystem::path
        picture; // relative to the run folder: the film with the heat map of the predicted class

    bool operator==(const PinnedFilm&) const = default;
};

std::string historyToCsv(const std::vector<EpochRecord>& history);
// Columns after those of EpochRecord are left out. Errors: Damaged (not such a table).
Result<std::vector<EpochRecord>> parseHistoryCsv(std::string_view text);

enum class TrainingPhase { Fetching, Indexing, Decoding, Caching, Training, Validating, Testing };
std::string_view toString(TrainingPhase phase); // for people, e.g. "Reading films"

struct TrainingProgress {
    TrainingPhase phase = TrainingPhase::Indexing;
    // Of a cross-validation: the fold, from 1, or 0 for the final model. Of a repeated run: 0, then the
    // repetition from 1.
    int part = 0;
    int parts = 0;        // folds, or runs in all; 0: one run
    bool repeats = false; // the parts differ by their seed alone
    int epoch = 0;        // from 1; 0 outside epochs
    int epochs = 0;
    long done = 0; // batches while training, megabytes while fetching, films otherwise
    long total = 0;
    double loss = 0;     // running mean of the epoch
    double accuracy = 0; // likewise, in [0, 1]
    double imagesPerSecond = 0;
    double learningRate = 0;                       // of the last step; 0 outside training
    std::optional<std::chrono::seconds> remaining; // of this run's epochs (of a part: of that part)
    std::optional<FinishedEpoch> finishedEpoch;    // set once, right after an epoch
    std::vector<PinnedFilm> pinnedFilms;           // set once, after an epoch, where there are any
    std::string note;                              // set once, e.g. that a film could not be read

    bool operator==(const TrainingProgress&) const = default;
};

// Called on the thread that called fineTune(), often, and between any two batches. What it does holds the
// training up: to pause the training is to wait in here. That time counts neither as an epoch's nor as speed.
using ProgressCallback = std::function<void(const TrainingProgress&)>;

} // namespace hilum
