#include "core/network/Initialise.h"

#include <cmath>

#include <ATen/ATen.h>

namespace hilum {
namespace {

constexpr double kCut = 2; // of the truncated normal

double fanIn(const at::Tensor& weight) { return static_cast<double>(weight.numel() / weight.size(0)); }
double fanOut(const at::Tensor& weight) { return static_cast<double>(weight.numel() / weight.size(1)); }

// Inverse of the distribution function: uniform between its values at both cuts, then Φ⁻¹.
void fillTruncatedNormal(at::Tensor& weight, double deviation) {
    const double bound = std::erf(kCut / deviation / std::sqrt(2.0));
    weight.uniform_(-bound, bound).erfinv_().mul_(deviation * std::sqrt(2.0)).clamp_(-kCut, kCut);
}

} // namespace

void fillWeight(at::Tensor& weight, const Initial& initial) {
    switch (initial.filling) {
    case Filling::HeFanOut:
        weight.normal_(0, std::sqrt(2 / fanOut(weight)));
        return;
    case Filling::HeFanIn:
        weight.normal_(0, std::sqrt(2 / fanIn(weight)));
        return;
    case Filling::HeUniform:
        weight.uniform_(-std::sqrt(6 / fanIn(weight)), std::sqrt(6 / fanIn(weight)));
        return;
    case Filling::LeCun:
        weight.normal_(0, std::sqrt(1 / fanIn(weight)));
        return;
    case Filling::Xavier: {
        const double bound = std::sqrt(6 / (fanIn(weight) + fanOut(weight)));
        weight.uniform_(-bound, bound);
        return;
    }
    case Filling::Uniform:
        weight.uniform_(-std::sqrt(1 / fanIn(weight)), std::sqrt(1 / fanIn(weight)));
        return;
    case Filling::Normal:
        weight.normal_(0, initial.deviation);
        return;
    case Filling::TruncatedNormal:
        fillTruncatedNormal(weight, initial.deviation);
        return;
    }
}

void fillBias(at::Tensor& bias, Bias kind, const at::Tensor& weight) {
    const double bound = std::sqrt(1 / fanIn(weight));
    if (kind == Bias::Uniform)
        bias.uniform_(-bound, bound);
    else
        bias.zero_();
}

} // namespace hilum
