// What the check-up of a data set found, in words. Pure functions.
#pragma once

#include <filesystem>
#include <memory>
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
    std::shared_ptr<const std::vector<CheckUpFilm>>
        films{}; // those that belong together one after another; null: none
};

// The worst first. Takes its time where a finding is about 100,000 films. Thread-safe.
std::vector<CheckUpLine> checkUpLines(const CheckUp& checkUp, const DatasetIndex& index);

} // namespace hilum
