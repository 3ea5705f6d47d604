// One run in the form of MLflow's REST interface (docs: "MLflow REST API", Run = info + data), for those who
// keep their experiments there. Pure.
#pragma once

#include <string>

#include "training/FinishedRun.h"

namespace hilum {

// {"info": {…}, "data": {"metrics": […], "params": […], "tags": […]}}; data is what runs/log-batch takes.
// Metrics hold the whole history, a value per epoch as its step. Times are reckoned back from when the
// figures were written; figures that are not defined are left out. What MLflow allows in no key becomes '_'.
std::string mlflowRunJson(const FinishedRun& run);

} // namespace hilum
