// What a running fine-tuning says about itself.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hilum {

// One finished epoch; a row of history.csv.
struct EpochRecord {
    int epoch = 0;                        // from 1
    double trainLoss = 0;                 // what is minimised, while the weights changed: with smoothing, auxiliary head
    double trainAccuracy = 0;             // in [0, 1], on augmented films
    std::optional<double> validationLoss; // plain cross-entropy; absent without a validation set
    std::optional<double> validationAccuracy;
    double learningRate = 0;    // of the epoch's last step
    double seconds = 0;         // training and validation
    double imagesPerSecond = 0; // training alone
};

std::string historyToCsv(const std::vector<EpochRecord>& history);

enum class TrainingPhase { Fetching, Indexing, Decoding, Caching, Training, Validating, Testing };
std::string_view toString(TrainingPhase phase); // for people, e.g. "Reading films"

struct TrainingProgress {
    TrainingPhase phase = TrainingPhase::Indexing;
    int fold = 0;  // from 1; 0 where there are none, or for the final model
    int folds = 0; // 0: no cross-validation
    int epoch = 0; // from 1; 0 outside epochs
    int epochs = 0;
    long done = 0; // batches while training, megabytes while fetching, films otherwise
    long total = 0;
    double loss = 0;     // running mean of the epoch
    double accuracy = 0; // likewise, in [0, 1]
    double imagesPerSecond = 0;
    std::optional<std::chrono::seconds> remaining; // of this run's epochs (of a fold: of that fold)
    std::optional<EpochRecord> finishedEpoch;      // set once, right after an epoch
    std::string note;                              // set once, e.g. that a film could not be read
};

// Called on the thread that called fineTune(), often; must not block.
using ProgressCallback = std::function<void(const TrainingProgress&)>;

} // namespace hilum
