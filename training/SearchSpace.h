// Random search over settings (Bergstra and Bengio 2012, JMLR 13:281), in which bad trials are stopped by the
// median rule (Golovin et al. 2017, "Google Vizier", section 3.2). Without torch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/Result.h"
#include "training/TrainingConfig.h"
#include "training/TrainingProgress.h"

namespace hilum {

// A number of the configuration that a search draws, evenly between low and high; on a logarithmic scale
// where they are positive and high is at least ten times low.
struct SearchRange {
    std::string key; // as in config.json
    double low = 0;
    double high = 0;

    bool operator==(const SearchRange&) const = default;
};

// "KEY=LOW:HIGH". Errors: InvalidArgument with the text as context (no such key, no number, empty or out of
// the key's range).
Result<SearchRange> parseSearchRange(const std::string& text);

// Learning rate up to ten times smaller and larger, weight decay 0.0001 to 0.1, label smoothing and mixup.
std::vector<SearchRange> usualRanges(const TrainingConfig& config);

// The configuration of a trial, which follows from its number (from 1) and the configuration's seed alone.
TrainingConfig configOfTrial(const TrainingConfig& config, const std::vector<SearchRange>& ranges,
                             int number);

// One finished trial; a row of trials.csv.
struct Trial {
    int number = 0;
    std::vector<std::string> values; // of the ranges' keys, as text
    int epochs = 0;
    int bestEpoch = 0;
    double validationLoss = 0; // of the best epoch; infinite: the training diverged
    double validationAccuracy = 0;
    bool stoppedEarly = false; // by the median rule, or by its loss, which was no number any more

    bool operator==(const Trial&) const = default;
};

std::string trialsToCsv(const std::vector<SearchRange>& ranges, const std::vector<Trial>& trials);
// Errors: Damaged (not such a table), InvalidArgument (of other ranges).
Result<std::vector<Trial>> parseTrialsCsv(std::string_view text, const std::vector<SearchRange>& ranges);

// Whether a trial falls behind: its lowest validation loss so far is above the median of the others' lowest
// ones up to the same epoch. Never before epoch kFewestTrialEpochs, nor with fewer than kFewestTrials others
// that came so far.
inline constexpr int kFewestTrialEpochs = 3;
inline constexpr std::size_t kFewestTrials = 3;
bool fallsBehind(const std::vector<EpochRecord>& trial, const std::vector<std::vector<EpochRecord>>& others);

// The one with the lowest validation loss, the first of equals; nullptr: all have diverged.
const Trial* bestTrial(const std::vector<Trial>& trials);

} // namespace hilum
