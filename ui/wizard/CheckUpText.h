// What the check-up of a data set found, in words. Pure functions.
#pragma once

#include <vector>

#include <QString>

#include "training/CheckUp.h"
#include "training/DatasetIndex.h"

namespace hilum {

struct CheckUpLine {
    bool isGood = false; // nothing to worry about
    QString title;
    QString text; // may be empty
};

// The worst first.
std::vector<CheckUpLine> checkUpLines(const CheckUp& checkUp, const DatasetIndex& index);

} // namespace hilum
