#include "training/TrainingLoop.h"

#include <chrono>
#include <cmath>
#include <memory>
#include <optional>

#include "core/domain/Softmax.h"
#include "training/BatchSource.h"
#include "training/Guarded.h"
#include "training/Learner.h"
#include "training/LearningRate.h"
#include "training/Metrics.h"
#include "training/Predictor.h"

namespace hilum {
namespace {

using Clock = std::chrono::steady_clock;

// Seconds of work: what the progress callback takes, a pause above all, does not count.
class WorkClock {
public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(Clock::now() - m_start).count();
    }
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

EpochPlan planOf(const TrainingInput& input) {
    std::vector<int> labels;
    for (const std::size_t film : input.trainFilms)
        labels.push_back(input.store.label(film));
    return {input.config, input.trainFilms, std::move(labels), input.seed};
}

class Loop {
public:
    Loop(Network& network, const TrainingInput& input, std::stop_token stop)
        : m_network(network), m_input(input), m_config(input.config), m_stop(std::move(stop)),
          m_plan(planOf(input)), m_learner(network, input.config, m_plan.labels(), input.seed),
          m_plateau(input.config.optimiser.learningRate, input.config.schedule.plateauFactor,
                    input.config.schedule.plateauPatience),
          m_earlyStopping(input.config.earlyStoppingPatience, input.config.earlyStoppingMinDelta),
          m_oneCycle{m_config.schedule, m_config.optimiser.learningRate,
                     m_plan.stepsPerEpoch() * m_config.epochs} {}

    Result<LoopOutcome> run() {
        if (auto done = goOn().and_then([&] { return runEpochs(); }); !done)
            return tl::unexpected(done.error());
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
    EpochPlan m_plan;
    Learner m_learner;
    std::unique_ptr<BatchSource> m_source;
    PlateauRate m_plateau;
    EarlyStopping m_earlyStopping;
    OneCycle m_oneCycle;
    WeightState m_bestWeights;
    LoopOutcome m_outcome;
    WorkClock m_clock;    // since the first step
    long m_firstStep = 0; // steps before this start of the program
    double m_lastRate = 0;

    [[nodiscard]] bool goesOn() const { return m_input.from != nullptr && !m_input.from->history.empty(); }
    [[nodiscard]] bool isOver() const {
        return m_outcome.stopped || m_earlyStopping.shouldStop() ||
               static_cast<int>(m_outcome.history.size()) >= m_config.epochs;
    }

    // Rate and patience follow from the history.
    Result<void> goOn() {
        if (!goesOn())
            return {};
        const TrainingState& from = *m_input.from;
        m_firstStep = static_cast<long>(from.history.size()) * m_plan.stepsPerEpoch();
        if (auto restored = m_learner.restore(from, m_firstStep); !restored)
            return restored;
        const auto best = from.best.empty() ? m_learner.weightsToUse() : inOrderOf(m_network, from.best);
        if (!best)
            return tl::unexpected(best.error());
        m_bestWeights = *best;
        for (const EpochRecord& record : from.history)
            tell(addToHistory(record));
        return {};
    }

    Result<void> runEpochs() {
        if (isOver())
            return {};
        auto source = makeBatchSource(m_network, m_input, m_stop);
        if (!source)
            return tl::unexpected(source.error());
        m_source = std::move(*source);
        if (goesOn()) { // last: whatever was before may have drawn random numbers
            if (auto restored = setRandomState(m_network.device(), m_input.from->random); !restored)
                return restored;
        }
        m_clock = {};
        while (!isOver()) {
            if (auto ran = runEpoch(static_cast<int>(m_outcome.history.size()) + 1); !ran)
                return ran;
        }
        return {};
    }

    FinishedEpoch addToHistory(const EpochRecord& record) {
        m_outcome.history.push_back(record);
        const bool best = !record.validationLoss || m_earlyStopping.epochEnded(*record.validationLoss);
        m_plateau.epochEnded(record.validationLoss.value_or(record.trainLoss));
        if (best)
            m_outcome.bestEpoch = record.epoch;
        return {record, best, m_earlyStopping.epochsWithoutGain()};
    }

    void tell(const FinishedEpoch& finished) {
        TrainingProgress progress = progressAt(TrainingPhase::Training, finished.record.epoch);
        progress.finishedEpoch = finished;
        m_clock.tell(m_input.progress, progress);
    }

    [[nodiscard]] TrainingState stateNow() const {
        TrainingState state;
        m_learner.takeDown(state);
        state.history = m_outcome.history;
        if (m_outcome.bestEpoch != static_cast<int>(m_outcome.history.size()))
            state.best = m_bestWeights;
        state.random = randomState(m_network.device());
        return state;
    }

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
        const FinishedEpoch finished = addToHistory(record);
        if (auto kept = keepWeights(finished.best, [this] { return stateNow(); }); !kept)
            return kept;
        tell(finished);
        return {};
    }

    Result<void> trainEpoch(EpochRecord& record) {
        m_source->start(m_plan.films(record.epoch), record.epoch);
        m_learner.startEpoch(record.epoch);
        const double start = m_clock.seconds();
        double lossSum = 0, hits = 0, seen = 0;
        for (long batchIndex = 1; auto batch = m_source->next(); ++batchIndex) {
            if (!*batch)
                return tl::unexpected(batch->error());
            if (m_stop.stop_requested()) {
                m_outcome.stopped = true;
                return {};
            }
            const StepRates rates = ratesNow();
            m_lastRate = rates.learningRate;
            const auto score =
                m_learner.learnFrom(*m_source, **batch, m_plan.place(record.epoch, batchIndex), rates);
            if (!score)
                return tl::unexpected(score.error());
            const auto count = static_cast<double>((*batch)->labels.size(0));
            lossSum += score->loss * count;
            hits += score->accuracy * count;
            seen += count;
            record.trainLoss = lossSum / seen;
            record.trainAccuracy = hits / seen;
            record.imagesPerSecond = seen / (m_clock.seconds() - start);
            reportBatch(record, batchIndex);
        }
        record.learningRate = m_lastRate;
        return {};
    }

    [[nodiscard]] StepRates ratesNow() const {
        const ScheduleConfig& schedule = m_config.schedule;
        if (schedule.kind == ScheduleKind::ReduceOnPlateau)
            return {m_plateau.learningRate(), {}};
        if (schedule.kind == ScheduleKind::Constant)
            return {m_config.optimiser.learningRate, {}};
        const long step = m_learner.steps();
        StepRates rates{m_oneCycle.learningRate(step), {}};
        if (schedule.cycleMomentum)
            rates.momentum = m_oneCycle.momentum(step);
        return rates;
    }

    // With the weights that would be used.
    Result<void> validate(EpochRecord& record) {
        if (m_input.validationFilms.empty())
            return {};
        PredictorOptions options{preprocessingOf(m_config), m_config.batchSize, m_input.threads, {}};
        options.progress = [&](long done, long total) {
            TrainingProgress progress = progressAt(TrainingPhase::Validating, record.epoch);
            progress.done = done;
            progress.total = total;
            m_clock.tell(m_input.progress, progress);
        };
        const auto logits = m_learner.withWeightsToUse([&]() -> Result<FilmLogits> {
            auto predicted = m_source->predict(m_input.validationFilms, options);
            if (!predicted || !m_input.look)
                return predicted;
            return m_input.look(m_network, record.epoch).map([&] { return std::move(*predicted); });
        });
        if (!logits)
            return tl::unexpected(logits.error());
        const Score score = scoreOf(*logits, m_input.store, m_input.validationFilms);
        record.validationLoss = score.loss;
        record.validationAccuracy = score.accuracy;
        return {};
    }

    Result<void> keepWeights(bool best, std::function<TrainingState()> state) {
        const WeightState weights = m_learner.weightsToUse();
        if (best)
            m_bestWeights = weights;
        return m_input.keep({m_outcome.history, weights, best, std::move(state)});
    }

    // Stopped within an epoch: what there is counts as best only where nothing else does.
    Result<void> keepStopped() {
        if (m_learner.steps() == 0)
            return fail(ErrorCode::Cancelled, "The training was stopped before its first step.");
        const bool onlyOnes = m_bestWeights.empty();
        const bool lastOnesCount = m_input.validationFilms.empty();
        return keepWeights(onlyOnes || lastOnesCount, {});
    }

    [[nodiscard]] TrainingProgress progressAt(TrainingPhase phase, int epoch) const {
        TrainingProgress progress;
        progress.phase = phase;
        progress.epoch = epoch;
        progress.epochs = m_config.epochs;
        if (const long taken = m_learner.steps() - m_firstStep; taken > 0) {
            const double left =
                static_cast<double>(m_oneCycle.totalSteps - m_learner.steps()) / static_cast<double>(taken);
            progress.remaining = std::chrono::seconds(std::lround(m_clock.seconds() * left));
        }
        return progress;
    }

    void reportBatch(const EpochRecord& record, long batchIndex) {
        TrainingProgress progress = progressAt(TrainingPhase::Training, record.epoch);
        progress.done = batchIndex;
        progress.total = m_plan.batchesPerEpoch();
        progress.loss = record.trainLoss;
        progress.accuracy = record.trainAccuracy;
        progress.imagesPerSecond = record.imagesPerSecond;
        progress.learningRate = m_lastRate;
        m_clock.tell(m_input.progress, progress);
    }
};

// Steps with a growing rate.
class Sweep {
public:
    Sweep(Network& network, const TrainingInput& input, const RateSweep& rates, std::stop_token stop)
        : m_network(network), m_input(input), m_rates(rates), m_stop(std::move(stop)), m_plan(planOf(input)),
          m_learner(network, input.config, m_plan.labels(), input.seed) {}

    Result<RateCurve> run() {
        auto source = makeBatchSource(m_network, m_input, m_stop);
        if (!source)
            return tl::unexpected(source.error());
        for (int epoch = 1; !isOver(); ++epoch) {
            if (auto ran = runEpoch(**source, epoch); !ran)
                return tl::unexpected(ran.error());
        }
        return std::move(m_curve);
    }

private:
    Network& m_network;
    const TrainingInput& m_input;
    const RateSweep& m_rates;
    std::stop_token m_stop;
    EpochPlan m_plan;
    Learner m_learner;
    RateCurve m_curve;
    bool m_isNoNumber = false; // the loss

    [[nodiscard]] bool isOver() const {
        return m_learner.steps() >= m_rates.steps || m_isNoNumber || m_curve.hasDiverged() ||
               m_stop.stop_requested();
    }

    Result<void> runEpoch(BatchSource& source, int epoch) {
        source.start(m_plan.films(epoch), epoch);
        m_learner.startEpoch(epoch);
        double lossSum = 0;
        for (long batchIndex = 1; auto batch = source.next(); ++batchIndex) {
            if (!*batch)
                return tl::unexpected(batch->error());
            const BatchPlace place = m_plan.place(epoch, batchIndex);
            const double rate = m_rates.rateOf(static_cast<int>(m_learner.steps()));
            const auto score = m_learner.learnFrom(source, **batch, place, {rate, {}});
            m_isNoNumber = !score;
            if (m_isNoNumber)
                return {};
            lossSum += score->loss * static_cast<double>((*batch)->labels.size(0));
            if (!place.endsStep)
                continue;
            m_curve.add(rate, lossSum / static_cast<double>(place.filmsOfStep));
            lossSum = 0;
            report();
            if (isOver())
                return {};
        }
        return {};
    }

    void report() const {
        TrainingProgress progress;
        progress.phase = TrainingPhase::Training;
        progress.done = m_learner.steps();
        progress.total = m_rates.steps;
        progress.loss = m_curve.points().back().smoothed;
        progress.learningRate = m_curve.points().back().rate;
        m_input.progress(progress);
    }
};

} // namespace

int bestEpochOf(const std::vector<EpochRecord>& history, const TrainingConfig& config) {
    EarlyStopping patience(config.earlyStoppingPatience, config.earlyStoppingMinDelta);
    int best = 0;
    for (const EpochRecord& record : history) {
        if (!record.validationLoss || patience.epochEnded(*record.validationLoss))
            best = record.epoch;
    }
    return best;
}

Result<RateCurve> sweepRates(Network& network, const TrainingInput& input, const RateSweep& sweep,
                             std::stop_token stop) {
    return guarded([&] { return Sweep(network, input, sweep, std::move(stop)).run(); });
}

Result<LoopOutcome> trainNetwork(Network& network, const TrainingInput& input, std::stop_token stop) {
    return guarded([&] { return Loop(network, input, std::move(stop)).run(); });
}

} // namespace hilum
