// What the check-up of a data set found, in words. Pure functions.
#pragma once

#include <filesystem>
#include <vector>

#include <QString>

#include "training/CheckUp.h"
#include "training/DatasetIndex.h"

namespace hilum {

struct CheckUpFilm {
    std::filesystem::path file; // relative to the index's root
    QString note;
};

struct CheckUpLine {
    bool isGood = false; // nothing to worry about
    QString title;
    QString text; // may be empty
    std::vector<CheckUpFilm> films; // that it is about, those that belong together one after another
};

// The worst first.
std::vector<CheckUpLine> checkUpLines(const CheckUp& checkUp, const DatasetIndex& index);

} // namespace hilum
