// Error codes -> words for people: what is wrong in a few words, and what to do about it.
#pragma once

#include <QString>

#include "core/domain/Result.h"

namespace hilum {

// Three or four words for a list row, e.g. "damaged file".
QString shortReason(ErrorCode code);
// A heading, e.g. "This film is damaged".
QString filmErrorTitle(ErrorCode code);
// A way on, one or two sentences.
QString filmErrorAdvice(ErrorCode code);
QString modelErrorTitle(ErrorCode code);
// The error's own reason, ready to show; never empty.
QString reason(const Error& error);
// The same with the file, setting or class that it is about.
QString reasonWithContext(const Error& error);

} // namespace hilum
