// A search over settings: trials on training and validation films, then one run with the best of them, whose
// figures on the test films are the first that anything has looked at. Internal.
#pragma once

#include "training/FineTuner.h"
#include "training/SearchSpace.h"
#include "training/TrainingRun.h"

namespace hilum {

// split has validation films. Writes trials.csv, trials/trial-NN and best/ into root; what is there already
// is used.
Result<SearchOutcome> searchSettings(const TrainingSession& session, const RunFolder& root,
                                     const Split& split, const SearchRequest& request);

} // namespace hilum
