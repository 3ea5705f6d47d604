// A run, repeated with other seeds. Internal.
#pragma once

#include "training/FineTuner.h"
#include "training/TrainingRun.h"

namespace hilum {

// Behind the run in root, whose outcome is given: trains repetitions 1 … repeats - 1 below root on the same
// split, and writes repeats.json over all that were finished, after each. outcome gets the figures, and
// whether it was stopped. Errors: as fineTune().
Result<void> repeatRun(const TrainingSession& session, const RunFolder& root, const Split& split,
                       ExistingRun existing, TrainingOutcome& outcome);

} // namespace hilum
