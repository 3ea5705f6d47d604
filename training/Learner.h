// From batches to gradients to new weights, and the moving average of these. Internal: shows torch.
#pragma once

#include <optional>

#include "training/BatchSource.h"
#include "training/EpochPlan.h"
#include "training/NetworkState.h"
#include "training/Optimiser.h"
#include "training/TrainingLoss.h"
#include "training/TrainingState.h"

namespace hilum {

// What a step is taken with.
struct StepRates {
    double learningRate = 0;
    std::optional<double> momentum; // absent: the optimiser's own
};

// Of one batch, before the step that it is part of.
struct BatchScore {
    double loss = 0;     // what is minimised
    double accuracy = 0; // of films that are blended, by the film of which there is more
};

class Learner {
public:
    // The network's trainable parameters are those of the configuration from here on, and its layout suits
    // training. network and config must outlive the learner; labels: of the training films.
    Learner(Network& network, const TrainingConfig& config, const std::vector<int>& labels,
            std::uint64_t seed);

    // Puts the network into training mode, with the blocks of layers unfrozen that the epoch trains.
    void startEpoch(int epoch);
    // Adds to the gradients; the last batch of a step takes it. Errors: InvalidArgument (the loss is no
    // longer finite).
    Result<BatchScore> learnFrom(BatchSource& source, const Batch& batch, const BatchPlace& place,
                                 const StepRates& rates);
    [[nodiscard]] long steps() const { return m_steps; } // taken, those before a restore() included

    // Contiguous copies of the weights to use: the averaged ones, if so configured.
    [[nodiscard]] WeightState weightsToUse() const;
    // Calls look() while the network has them.
    template <class Look>
    auto withWeightsToUse(const Look& look) {
        const WeightState live = m_average ? copyOfState(m_network) : WeightState{};
        if (m_average)
            restoreState(m_network, m_average->state());
        auto result = look();
        if (m_average)
            restoreState(m_network, live);
        return result;
    }

    // Fills in weights, average and optimiser, which share their tensors with the learner.
    void takeDown(TrainingState& state) const;
    // Errors: BadModelFile.
    Result<void> restore(const TrainingState& state, long steps);

private:
    Network& m_network;
    const TrainingConfig& m_config;
    std::uint64_t m_seed;
    LossOptions m_loss;
    std::optional<Optimiser> m_optimiser;
    std::optional<WeightAverage> m_average;
    long m_steps = 0;

    at::Tensor lossOf(BatchSource& source, const Batch& batch, const BatchPlace& place,
                      BatchScore& score) const;
    [[nodiscard]] TrainingPass forward(BatchSource& source, const at::Tensor& images) const;
    void takeStep();
};

} // namespace hilum
