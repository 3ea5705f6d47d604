// Learning-rate schedules, with PyTorch's definitions. Values of a step are those that the step is taken
// with.
#pragma once

#include "training/TrainingConfig.h"

namespace hilum {

// torch.optim.lr_scheduler.OneCycleLR with anneal_strategy="cos" and two phases (Smith & Topin 2018, arXiv
// 1708.07120). step counts from 0; the last one is totalSteps − 1.
struct OneCycle {
    ScheduleConfig config;
    double maxLearningRate = 1e-3;
    long totalSteps = 1;

    [[nodiscard]] double learningRate(long step) const;
    [[nodiscard]] double momentum(long step) const; // 0.95 -> 0.85 -> 0.95

private:
    [[nodiscard]] double annealed(long step, double start, double peak, double end) const;
};

// torch.optim.lr_scheduler.ReduceLROnPlateau with mode="min" and threshold=1e-4 (relative).
class PlateauRate {
public:
    PlateauRate(double learningRate, double factor, int patience)
        : m_learningRate(learningRate), m_factor(factor), m_patience(patience) {}
    [[nodiscard]] double learningRate() const { return m_learningRate; }
    void epochEnded(double loss);

private:
    double m_learningRate;
    double m_factor;
    int m_patience;
    double m_best = 0;
    bool m_hasBest = false;
    int m_badEpochs = 0;
};

// Tells after each epoch whether its loss is the best so far, and when patience ran out.
class EarlyStopping {
public:
    // patience 0: never stops.
    EarlyStopping(int patience, double minDelta) : m_patience(patience), m_minDelta(minDelta) {}
    // True where loss is lower than the best by more than minDelta, and for the first epoch.
    bool epochEnded(double loss);
    [[nodiscard]] bool shouldStop() const { return m_patience > 0 && m_badEpochs >= m_patience; }
    [[nodiscard]] int epochsWithoutGain() const { return m_badEpochs; }

private:
    int m_patience;
    double m_minDelta;
    double m_best = 0;
    bool m_hasBest = false;
    int m_badEpochs = 0;
};

} // namespace hilum
