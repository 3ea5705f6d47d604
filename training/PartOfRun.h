// A run that is part of a larger one: a fold of a cross-validation, a repetition. Internal.
#pragma once

#include "training/TrainingRun.h"

namespace hilum {

struct PartOutcome {
    RunOutcome run; // of one that was finished earlier: only its predictions
    bool wasFinished = false;
};

// With ExistingRun::Resume a part that is finished and has the same settings and films is used again, and an
// interrupted one goes on; else it is begun anew. request.existing is filled in here. Errors: as fineTune().
Result<PartOutcome> runPart(const TrainingSession& session, RunRequest request, ExistingRun existing);

} // namespace hilum
