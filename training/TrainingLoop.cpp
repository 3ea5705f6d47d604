#include "training/TrainingLoop.h"

#include <chrono>
#include <cmath>
#include <memory>
#include <optional>

#include <ATen/ATen.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/utils.h>

#include "core/domain/Softmax.h"
#include "core/network/Autocast.h"
#include "training/BatchSource.h"
#include "training/Guarded.h"
#include "training/LearningRate.h"
#include "training/Metrics.h"
#include "training/Optimiser.h"
#include "training/Predictor.h"
#include "training/Sampler.h"
#include "training/TrainingLoss.h"

namespace hilum {
namespace {

using Clock = std::chrono::steady_clock;

// Seconds of work: what the progress callback takes, a pause above all, does not count.
class WorkClock {
public:
    [[nodiscard]] double seconds() const { return std::chrono::duration<double>(Clock::now() - m_start).count(); }
    void tell(const ProgressCallback& callback, const TrainingProgress& progress) {
        const auto begin = Clock::now();
        callback(progress);
        m_start += Clock::now() - begin;
    }

private:
    Clock::time_point m_start = Clock::now();
};

// Mean cross-entropy and accuracy, from logits.
struct Score {
    double loss = 0;
    double accuracy = 0;
};

Score scoreOf(const FilmLogits& logits, const FilmStore& store, const std::vector<std::size_t>& films) {
    std::vector<FilmPrediction> predictions;
    long hits = 0;
    for (std::size_t i = 0; i < films.size(); ++i) {
        predictions.push_back({{}, store.label(films[i]), softmax(logits.values[i])});
        hits += predictions.back().predicted() == predictions.back().truth ? 1 : 0;
    }
    return {negativeLogLikelihood(predictions),
            static_cast<double>(hits) / static_cast<double>(films.size())};
}

class Loop {
public:
    Loop(Network& network, const TrainingInput& input, std::stop_token stop)
        : m_network(network), m_input(input), m_config(input.config), m_stop(std::move(stop)),
          m_plateau(input.config.optimiser.learningRate, input.config.schedule.plateauFactor,
                    input.config.schedule.plateauPatience),
          m_earlyStopping(input.config.earlyStoppingPatience, input.config.earlyStoppingMinDelta) {
        for (const std::size_t film : input.trainFilms)
            m_labels.push_back(input.store.label(film));
        // An incomplete last batch would weigh its few films more, and a batch norm cannot learn from one
        // film.
        m_stepsPerEpoch = std::max(1L, static_cast<long>(m_labels.size()) / m_config.batchSize);
        m_oneCycle = {m_config.schedule, m_config.optimiser.learningRate, m_stepsPerEpoch * m_config.epochs};
    }

    Result<LoopOutcome> run() {
        applyTrainable(m_network, m_config.trainable);
        useChannelsLast(m_network);
        auto source = makeBatchSource(m_network, m_input, m_stop);
        if (!source)
            return tl::unexpected(source.error());
        m_source = std::move(*source);
        m_optimiser = makeOptimiser(m_network, m_config.optimiser);
        if (m_config.emaDecay > 0)
            m_average.emplace(m_network, m_config.emaDecay);
        m_clock = {};
        for (int epoch = 1; epoch <= m_config.epochs; ++epoch) {
            if (auto ran = runEpoch(epoch); !ran)
                return tl::unexpected(ran.error());
            if (m_outcome.stopped || m_earlyStopping.shouldStop())
                break;
        }
        restoreState(m_network, m_bestWeights);
        useContiguous(m_network);
        m_network.eval();
        return std::move(m_outcome);
    }

private:
    Network& m_network;
    const TrainingInput& m_input;
    const TrainingConfig& m_config;
    std::stop_token m_stop;
    std::unique_ptr<BatchSource> m_source;
    PlateauRate m_plateau;
    EarlyStopping m_earlyStopping;
    std::vector<int> m_labels;
    long m_stepsPerEpoch = 1;
    long m_step = 0; // steps taken
    OneCycle m_oneCycle;
    std::unique_ptr<torch::optim::Optimizer> m_optimiser;
    std::optional<WeightAverage> m_average;
    WeightState m_bestWeights;
    LoopOutcome m_outcome;
    WorkClock m_clock; // since the first step
    double m_lastRate = 0;

    Result<void> runEpoch(int epoch) {
        const double start = m_clock.seconds();
        EpochRecord record;
        record.epoch = epoch;
        if (auto trained = trainEpoch(record); !trained)
            return trained;
        if (m_outcome.stopped)
            return keepStopped();
        if (auto validated = validate(record); !validated)
            return validated;
        record.seconds = m_clock.seconds() - start;
        m_outcome.history.push_back(record);
        const bool best = !record.validationLoss || m_earlyStopping.epochEnded(*record.validationLoss);
        m_plateau.epochEnded(record.validationLoss.value_or(record.trainLoss));
        if (auto kept = keepWeights(best); !kept)
            return kept;
        TrainingProgress progress = progressAt(TrainingPhase::Training, record.epoch);
        progress.finishedEpoch = FinishedEpoch{record, best, m_earlyStopping.epochsWithoutGain()};
        m_clock.tell(m_input.progress, progress);
        return {};
    }

    Result<void> trainEpoch(EpochRecord& record) {
        std::vector<std::size_t> films;
        for (const std::size_t place : epochOrder(m_labels, m_config.sampling, m_input.seed, record.epoch))
            films.push_back(m_input.trainFilms[place]);
        if (films.size() > static_cast<std::size_t>(m_config.batchSize))
            films.resize(static_cast<std::size_t>(m_stepsPerEpoch * m_config.batchSize));
        m_source->start(films, record.epoch);
        enterTrainingMode(m_network);

        const double start = m_clock.seconds();
        double lossSum = 0, hits = 0, seen = 0;
        for (long batchIndex = 1; auto batch = m_source->next(); ++batchIndex) {
            if (!*batch)
                return tl::unexpected(batch->error());
            if (m_stop.stop_requested()) {
                m_outcome.stopped = true;
                return {};
            }
            const auto step = takeStep(**batch);
            if (!step)
                return tl::unexpected(step.error());
            const auto count = static_cast<double>((*batch)->labels.size(0));
            lossSum += step->loss * count;
            hits += step->accuracy * count;
            seen += count;
            record.trainLoss = lossSum / seen;
            record.trainAccuracy = hits / seen;
            record.imagesPerSecond = seen / (m_clock.seconds() - start);
            reportBatch(record, batchIndex);
        }
        record.learningRate = m_lastRate;
        return {};
    }

    Result<Score> takeStep(const Batch& batch) {
        setRates();
        const TrainingPass pass = forward(batch.images);
        const at::Tensor loss = trainingLoss(pass, batch.labels, m_config.labelSmoothing);
        const double value = loss.item<double>();
        if (!std::isfinite(value))
            return fail(ErrorCode::InvalidArgument,
                        "The loss is no longer a finite number in step " + std::to_string(m_step + 1) +
                            "; a smaller learning rate or gradient clipping helps.",
                        "optimiser.learningRate");
        m_optimiser->zero_grad();
        loss.backward();
        if (m_config.optimiser.gradientClip > 0)
            torch::nn::utils::clip_grad_norm_(m_network.parameters(), m_config.optimiser.gradientClip);
        m_optimiser->step();
        ++m_step;
        if (m_average)
            m_average->update(m_network);
        const auto hits = (pass.logits.argmax(1) == batch.labels).sum().item<std::int64_t>();
        return Score{value, static_cast<double>(hits) / static_cast<double>(batch.labels.size(0))};
    }

    TrainingPass forward(const at::Tensor& images) {
        std::optional<Bf16Autocast> autocast;
        if (m_config.precision == Precision::Bf16)
            autocast.emplace();
        return m_source->forward(images);
    }

    void setRates() {
        const ScheduleConfig& schedule = m_config.schedule;
        m_lastRate = m_config.optimiser.learningRate;
        if (schedule.kind == ScheduleKind::ReduceOnPlateau)
            m_lastRate = m_plateau.learningRate();
        if (schedule.kind == ScheduleKind::OneCycle)
            m_lastRate = m_oneCycle.learningRate(m_step);
        setLearningRate(*m_optimiser, m_lastRate);
        if (schedule.kind == ScheduleKind::OneCycle && schedule.cycleMomentum)
            setMomentum(*m_optimiser, m_config.optimiser.kind, m_oneCycle.momentum(m_step));
    }

    // With the weights that would be used: the averaged ones, if so configured.
    Result<void> validate(EpochRecord& record) {
        if (m_input.validationFilms.empty())
            return {};
        const WeightState live = m_average ? copyOfState(m_network) : WeightState{};
        if (m_average)
            restoreState(m_network, m_average->state());
        PredictorOptions options{preprocessingOf(m_config), m_config.batchSize, m_input.threads, {}};
        options.progress = [&](long done, long total) {
            TrainingProgress progress = progressAt(TrainingPhase::Validating, record.epoch);
            progress.done = done;
            progress.total = total;
            m_clock.tell(m_input.progress, progress);
        };
        const auto logits = m_source->predict(m_input.validationFilms, options);
        if (m_average)
            restoreState(m_network, live);
        if (!logits)
            return tl::unexpected(logits.error());
        const Score score = scoreOf(*logits, m_input.store, m_input.validationFilms);
        record.validationLoss = score.loss;
        record.validationAccuracy = score.accuracy;
        return {};
    }

    Result<void> keepWeights(bool best) {
        WeightState weights = currentWeights();
        if (best) {
            m_outcome.bestEpoch = static_cast<int>(m_outcome.history.size());
            m_bestWeights = weights;
        }
        return m_input.keep(m_outcome.history, weights, best);
    }

    // Stopped within an epoch: what there is counts as best only where nothing else does.
    Result<void> keepStopped() {
        if (m_step == 0)
            return fail(ErrorCode::Cancelled, "The training was stopped before its first step.");
        const bool onlyOnes = m_bestWeights.empty();
        const bool lastOnesCount = m_input.validationFilms.empty();
        if (!onlyOnes && !lastOnesCount)
            return m_input.keep(m_outcome.history, currentWeights(), false);
        return keepWeights(true);
    }

    WeightState currentWeights() const {
        if (!m_average)
            return copyOfState(m_network);
        WeightState weights;
        for (const auto& [name, tensor] : m_average->state())
            weights.emplace_back(name, tensor.clone(at::MemoryFormat::Contiguous));
        return weights;
    }

    [[nodiscard]] TrainingProgress progressAt(TrainingPhase phase, int epoch) const {
        TrainingProgress progress;
        progress.phase = phase;
        progress.epoch = epoch;
        progress.epochs = m_config.epochs;
        if (m_step > 0) {
            const double left =
                static_cast<double>(m_oneCycle.totalSteps - m_step) / static_cast<double>(m_step);
            progress.remaining = std::chrono::seconds(std::lround(m_clock.seconds() * left));
        }
        return progress;
    }

    void reportBatch(const EpochRecord& record, long batchIndex) {
        TrainingProgress progress = progressAt(TrainingPhase::Training, record.epoch);
        progress.done = batchIndex;
        progress.total = m_stepsPerEpoch;
        progress.loss = record.trainLoss;
        progress.accuracy = record.trainAccuracy;
        progress.imagesPerSecond = record.imagesPerSecond;
        progress.learningRate = m_lastRate;
        m_clock.tell(m_input.progress, progress);
    }
};

} // namespace

Result<LoopOutcome> trainNetwork(Network& network, const TrainingInput& input, std::stop_token stop) {
    return guarded([&] { return Loop(network, input, std::move(stop)).run(); });
}

} // namespace hilum
