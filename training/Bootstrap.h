// How far a figure would move on another test set of the same kind: percentile intervals by the bootstrap
// (Efron 1979, Annals of Statistics 7:1). Each resample draws as many films as there are, with replacement;
// where films share patients, it draws patients with all their films (cluster bootstrap), as such films are
// not independent. Pure; the same figures for the same seed on every machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "training/Metrics.h"

namespace hilum {

struct BootstrapOptions {
    int resamples = 1000;
    std::uint64_t seed = 1;
    std::vector<std::string> patients{}; // one per film; empty: every film is a patient of its own
};

// 2.5th and 97.5th percentile over the resamples, between neighbours interpolated as numpy.percentile does.
struct Interval {
    double low = 0;
    double high = 0;
    int resamples = 0; // in which the figure was defined; an AUC is not where a class was not drawn

    friend bool operator==(const Interval&, const Interval&) = default;
};

// An interval is absent where the figure was defined in less than half of the resamples, or was the same in
// all of them: how far a figure of 0 or 1 would move, resamples of the same films cannot tell.
struct BootstrapIntervals {
    int resamples = 0; // 0: not computed
    std::uint64_t seed = 0;
    bool byPatient = false; // some patient has several films
    long units = 0;         // patients, or films
    std::optional<Interval> accuracy{};
    std::optional<Interval> macroF1{};
    std::optional<Interval> macroRocAuc{};
    std::vector<std::optional<Interval>> f1{}; // one per label
    std::vector<std::optional<Interval>> rocAuc{};
};

// 1,000 resamples of 1,000 films of four classes take some 25 ms.
BootstrapIntervals bootstrap(const std::vector<FilmPrediction>& predictions, int labelCount,
                             const BootstrapOptions& options = {});

} // namespace hilum
