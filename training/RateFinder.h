// The learning-rate range test (Smith 2015, arXiv 1506.01186): a few steps with a rate that grows from one to
// the next, and the loss over it. Values and pure functions; sweepRates() takes the steps.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace hilum {

struct RateSweep {
    double lowest = 1e-7;
    double highest = 10;
    int steps = 100; // at least 2

    // Of a step from 0: geometric, the last one is taken with the highest.
    [[nodiscard]] double rateOf(int step) const;
};

struct RatePoint {
    double rate = 0;
    double loss = 0;     // of the step's films, before the step
    double smoothed = 0; // exponential mean of the losses so far, without the bias of its beginning
};

class RateCurve {
public:
    // Losses of falling interest: the last 1 / (1 − 0.9) count.
    void add(double rate, double loss);
    // The smoothed loss is more than four times the lowest: nothing is to be learnt beyond.
    [[nodiscard]] bool hasDiverged() const;
    [[nodiscard]] const std::vector<RatePoint>& points() const { return m_points; }

    // Where the smoothed loss falls fastest over the logarithm of the rate, before it is lowest. Absent where
    // it never falls.
    [[nodiscard]] std::optional<double> suggestedRate() const;

private:
    std::vector<RatePoint> m_points;
    double m_mean = 0;
    double m_lowest = 0;
};

// Columns rate, loss, smoothed_loss.
std::string rateCurveToCsv(const RateCurve& curve);
// {"suggestedRate": 0.001 | null, "points": [{"rate": …, "loss": …, "smoothedLoss": …}, …]}
std::string rateCurveToJson(const RateCurve& curve);

} // namespace hilum
