#include "training/Learner.h"

#include <cmath>

#include <ATen/ATen.h>
#include <torch/nn/utils/clip_grad.h>

#include "core/network/Autocast.h"
#include "core/network/ModelFile.h"
#include "training/Mixup.h"
#include "training/Sampler.h"

namespace hilum {

Learner::Learner(Network& network, const TrainingConfig& config, const std::vector<int>& labels,
                 std::uint64_t seed)
    : m_network(network), m_config(config), m_seed(seed) {
    m_loss.labelSmoothing = config.labelSmoothing;
    if (config.classWeights == ClassWeights::Balanced) {
        const Graph& graph = network.graph();
        m_loss.classWeights =
            at::tensor(balancedClassWeights(labels, graph.node(graph.logits).channels), at::kFloat)
                .to(network.device());
    }
    applyTrainable(network, config.trainable);
    useChannelsLast(network);
    m_optimiser.emplace(network, config.optimiser); // over all that is ever trained
    if (config.emaDecay > 0)
        m_average.emplace(network, config.emaDecay);
}

void Learner::startEpoch(int epoch) {
    if (m_config.unfreezeEveryEpochs > 0)
        applyTrainable(m_network, m_config.trainable, (epoch - 1) / m_config.unfreezeEveryEpochs);
    enterTrainingMode(m_network);
}

Result<BatchScore> Learner::learnFrom(BatchSource& source, const Batch& batch, const BatchPlace& place,
                                      const StepRates& rates) {
    if (place.beginsStep) {
        m_optimiser->setLearningRate(rates.learningRate);
        if (rates.momentum)
            m_optimiser->setMomentum(*rates.momentum);
        m_optimiser->clearGradients();
    }
    BatchScore score;
    const at::Tensor loss = lossOf(source, batch, place, score);
    if (!std::isfinite(score.loss))
        return fail(ErrorCode::InvalidArgument,
                    "The loss is no longer a finite number in step " + std::to_string(m_steps + 1) +
                        "; a smaller learning rate or gradient clipping helps.",
                    "optimiser.learningRate");
    // Together, the batches of a step give the mean over its films.
    const double share = static_cast<double>(batch.labels.size(0)) / static_cast<double>(place.filmsOfStep);
    (share == 1 ? loss : loss * share).backward();
    if (place.endsStep)
        takeStep();
    return score;
}

at::Tensor Learner::lossOf(BatchSource& source, const Batch& batch, const BatchPlace& place,
                           BatchScore& score) const {
    const double mixup = m_config.augmentation.mixup;
    const auto films = static_cast<std::size_t>(batch.labels.size(0));
    Mixture mixture;
    at::Tensor images = batch.images.to(m_network.device()), partners;
    const at::Tensor labels = batch.labels.to(m_network.device());
    if (mixup > 0) {
        mixture = drawMixture(mixup, films, m_seed, place.epoch, place.batch);
        partners = at::tensor(mixture.partners).to(m_network.device());
        images = images * mixture.share + images.index_select(0, partners) * (1 - mixture.share);
    }
    const TrainingPass pass = forward(source, images);
    at::Tensor loss = trainingLoss(pass, labels, m_loss);
    if (mixup > 0)
        loss = loss * mixture.share +
               trainingLoss(pass, labels.index_select(0, partners), m_loss) * (1 - mixture.share);
    const auto hits = (pass.logits.argmax(1) == labels).sum().item<std::int64_t>();
    score = {loss.item<double>(), static_cast<double>(hits) / static_cast<double>(films)};
    return loss;
}

TrainingPass Learner::forward(BatchSource& source, const at::Tensor& images) const {
    std::optional<Bf16Autocast> autocast;
    if (m_config.precision == Precision::Bf16)
        autocast.emplace(m_network.device().type());
    return source.forward(images);
}

void Learner::takeStep() {
    if (m_config.optimiser.gradientClip > 0)
        torch::nn::utils::clip_grad_norm_(m_network.parameters(), m_config.optimiser.gradientClip);
    m_optimiser->step();
    ++m_steps;
    if (m_average)
        m_average->update(m_network);
}

WeightState Learner::weightsToUse() const {
    if (!m_average)
        return copyOfState(m_network);
    WeightState weights;
    for (const auto& [name, tensor] : m_average->state())
        weights.emplace_back(name, tensor.clone(at::MemoryFormat::Contiguous));
    return weights;
}

void Learner::takeDown(TrainingState& state) const {
    state.weights = stateOf(m_network);
    if (m_average)
        state.average = m_average->state();
    state.optimiser = m_optimiser->state();
}

Result<void> Learner::restore(const TrainingState& state, long steps) {
    const auto weights = inOrderOf(m_network, state.weights);
    const auto average = m_average ? inOrderOf(m_network, state.average) : weights;
    for (const auto* part : {&weights, &average}) {
        if (!*part)
            return tl::unexpected(part->error());
    }
    restoreState(m_network, *weights);
    if (m_average)
        m_average->restore(*average, steps);
    m_steps = steps;
    return m_optimiser->restore(state.optimiser);
}

} // namespace hilum
