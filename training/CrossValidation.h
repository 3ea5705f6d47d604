// K runs, each tested on the fold that it did not see. Internal.
#pragma once

#include <optional>
#include <vector>

#include "training/FineTuner.h"
#include "training/TrainingRun.h"

namespace hilum {

// Trains folds/fold-1 … K below root and writes cross-validation.json and .txt over those that were finished;
// then, if so configured and not stopped, the final model on everything into root. With ExistingRun::Resume,
// folds that are finished and have the same configuration are used again.
// Errors: as fineTune(); Cancelled where not even one fold was finished.
Result<TrainingOutcome> crossValidate(const TrainingSession& session, const RunFolder& root,
                                      ExistingRun existing);

} // namespace hilum
