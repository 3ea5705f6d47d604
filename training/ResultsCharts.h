// The charts of a run's results.
#pragma once

#include <string>
#include <vector>

#include "training/Curves.h"
#include "training/Metrics.h"
#include "training/SvgChart.h"
#include "training/TrainingProgress.h"

namespace hilum {

// A line per class, with its area in the legend; classes without a curve have none.
Chart rocChart(const std::vector<std::string>& labels, const std::vector<ClassCurves>& curves);
Chart precisionRecallChart(const std::vector<std::string>& labels, const std::vector<ClassCurves>& curves);
Chart reliabilityChart(const std::string& title, const std::vector<ReliabilityBin>& bins);
// keptEpoch is marked; 0: none is.
Chart lossChart(const std::vector<EpochRecord>& history, int keptEpoch);
Chart accuracyChart(const std::vector<EpochRecord>& history, int keptEpoch);

// The epoch whose weights were kept, from 1: the lowest validation loss, of which one counts as lower by more
// than minDelta (TrainingConfig::earlyStoppingMinDelta); without validation the last one; 0 without epochs.
int keptEpoch(const std::vector<EpochRecord>& history, double minDelta);

} // namespace hilum
