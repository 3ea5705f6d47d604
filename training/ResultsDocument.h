// One run as a document for people: figures with their intervals, charts, model card. A single HTML file
// without scripts or anything from elsewhere, that prints well. Pure; all text is escaped.
#pragma once

#include <string>

#include "training/FinishedRun.h"

namespace hilum {

std::string resultsDocument(const FinishedRun& run);

} // namespace hilum
