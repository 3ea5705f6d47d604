#include "training/LearningRate.h"

#include <cmath>
#include <numbers>

namespace hilum {
namespace {

constexpr double kBaseMomentum = 0.85; // OneCycleLR's defaults
constexpr double kMaxMomentum = 0.95;
constexpr double kPlateauThreshold = 1e-4;

double cosine(double start, double end, double fraction) {
    return end + (start - end) / 2 * (1 + std::cos(std::numbers::pi * fraction));
}

} // namespace

double OneCycle::annealed(long step, double start, double peak, double end) const {
    const double rising = config.warmupFraction * static_cast<double>(totalSteps) - 1;
    const double last = static_cast<double>(totalSteps - 1);
    const auto at = static_cast<double>(step);
    if (at <= rising || last <= rising)
        return cosine(start, peak, rising > 0 ? at / rising : 1);
    return cosine(peak, end, (at - rising) / (last - rising));
}

double OneCycle::learningRate(long step) const {
    const double start = maxLearningRate / config.divFactor;
    return annealed(step, start, maxLearningRate, start / config.finalDivFactor);
}

double OneCycle::momentum(long step) const {
    return annealed(step, kMaxMomentum, kBaseMomentum, kMaxMomentum);
}

void PlateauRate::epochEnded(double loss) {
    if (!m_hasBest || loss < m_best * (1 - kPlateauThreshold)) {
        m_best = loss;
        m_hasBest = true;
        m_badEpochs = 0;
        return;
    }
    if (++m_badEpochs > m_patience) {
        m_learningRate *= m_factor;
        m_badEpochs = 0;
    }
}

bool EarlyStopping::epochEnded(double loss) {
    if (!m_hasBest || loss < m_best - m_minDelta) {
        m_best = loss;
        m_hasBest = true;
        m_badEpochs = 0;
        return true;
    }
    ++m_badEpochs;
    return false;
}

} // namespace hilum
