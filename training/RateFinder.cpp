#include "training/RateFinder.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "training/Text.h"

namespace hilum {
namespace {

constexpr double kMemory = 0.9;
constexpr double kDiverged = 4;   // times the lowest loss
constexpr std::size_t kReach = 3; // points to either side that a slope is taken over

} // namespace

double RateSweep::rateOf(int step) const {
    return lowest * std::pow(highest / lowest, static_cast<double>(step) / (steps - 1));
}

void RateCurve::add(double rate, double loss) {
    m_mean = kMemory * m_mean + (1 - kMemory) * loss;
    const double smoothed = m_mean / (1 - std::pow(kMemory, static_cast<double>(m_points.size() + 1)));
    m_lowest = m_points.empty() ? smoothed : std::min(m_lowest, smoothed);
    m_points.push_back({rate, loss, smoothed});
}

bool RateCurve::hasDiverged() const {
    return !m_points.empty() && m_points.back().smoothed > kDiverged * m_lowest;
}

std::optional<double> RateCurve::suggestedRate() const {
    const auto lowest = static_cast<std::size_t>(
        std::ranges::min_element(m_points, {}, &RatePoint::smoothed) - m_points.begin());
    std::optional<double> rate;
    double steepest = 0;
    for (std::size_t i = kReach; i + kReach < m_points.size() && i <= lowest; ++i) {
        const RatePoint &before = m_points[i - kReach], &after = m_points[i + kReach];
        const double slope = (after.smoothed - before.smoothed) / std::log(after.rate / before.rate);
        if (slope < steepest) {
            steepest = slope;
            rate = m_points[i].rate;
        }
    }
    return rate;
}

std::string rateCurveToCsv(const RateCurve& curve) {
    std::string text = csvRow({"rate", "loss", "smoothed_loss"});
    for (const RatePoint& point : curve.points())
        text += csvRow({numberText(point.rate), numberText(point.loss), numberText(point.smoothed)});
    return text;
}

std::string rateCurveToJson(const RateCurve& curve) {
    using Json = nlohmann::ordered_json;
    Json points = Json::array();
    for (const RatePoint& point : curve.points())
        points.push_back({{"rate", point.rate}, {"loss", point.loss}, {"smoothedLoss", point.smoothed}});
    const auto suggested = curve.suggestedRate();
    const Json json{{"suggestedRate", suggested ? Json(*suggested) : Json()}, {"points", points}};
    return json.dump(1) + "\n";
}

} // namespace hilum
