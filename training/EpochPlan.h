// How the films of an epoch become batches, and batches become steps. Values; a pure function of films, seed
// and epoch.
#pragma once

#include <cstdint>
#include <vector>

#include "training/TrainingConfig.h"

namespace hilum {

struct BatchPlace {
    int epoch = 1;
    long batch = 1; // of the epoch, from 1
    bool beginsStep = true;
    bool endsStep = true;
    long filmsOfStep = 1; // in all batches that make the step
};

// An incomplete last step would weigh its few films more, and a batch norm cannot learn from one film: an
// epoch has a whole number of steps and leaves the remaining films out, unless there are too few for one
// step.
class EpochPlan {
public:
    // films: of the training set; labels: their classes.
    EpochPlan(const TrainingConfig& config, std::vector<std::size_t> films, std::vector<int> labels,
              std::uint64_t seed);

    [[nodiscard]] long stepsPerEpoch() const { return m_steps; }
    [[nodiscard]] long batchesPerEpoch() const;
    [[nodiscard]] const std::vector<int>& labels() const { return m_labels; }
    // In the order of the epoch.
    [[nodiscard]] std::vector<std::size_t> films(int epoch) const;
    [[nodiscard]] BatchPlace place(int epoch, long batch) const;

private:
    std::vector<std::size_t> m_films;
    std::vector<int> m_labels;
    Sampling m_sampling;
    std::uint64_t m_seed;
    long m_batchSize;
    long m_accumulation;
    long m_steps;
    long m_filmsPerEpoch;
};

} // namespace hilum
