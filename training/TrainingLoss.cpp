#include "training/TrainingLoss.h"

#include <ATen/ATen.h>

namespace hilum {

at::Tensor trainingLoss(const TrainingPass& pass, const at::Tensor& labels, const LossOptions& options) {
    const auto lossOf = [&](const at::Tensor& logits) {
        constexpr std::int64_t kIgnoreNone = -100;
        return at::cross_entropy_loss(logits.to(at::kFloat), labels, options.classWeights,
                                      at::Reduction::Mean, kIgnoreNone, options.labelSmoothing);
    };
    const at::Tensor loss = lossOf(pass.logits);
    return pass.auxiliaryLogits.defined() ? loss + kAuxiliaryWeight * lossOf(pass.auxiliaryLogits) : loss;
}

} // namespace hilum
