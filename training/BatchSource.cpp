#include "training/BatchSource.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "core/graph/Cut.h"
#include "core/network/Autocast.h"
#include "training/FeatureCache.h"
#include "training/Guarded.h"
#include "training/NetworkState.h"
#include "training/Random.h"

namespace hilum {
namespace {

constexpr std::uint64_t kViewStream = 0x56494557; // apart from the streams of other files
constexpr std::size_t kBatchesAhead = 2;

BatchLoader::Options loaderOptions(const TrainingInput& input, bool augments) {
    BatchLoader::Options options{input.config.batchSize, input.threads, input.seed, {}};
    if (augments)
        options.augmentation = input.config.augmentation;
    return options;
}

class FilmBatchSource final : public BatchSource {
public:
    FilmBatchSource(Network& network, const TrainingInput& input)
        : m_network(network), m_store(input.store),
          m_loader(input.store, preprocessingOf(input.config), loaderOptions(input, true)) {}

    void start(std::vector<std::size_t> films, int epoch) override {
        m_loader.start(std::move(films), epoch);
    }
    std::optional<Result<Batch>> next() override { return m_loader.next(); }
    TrainingPass forward(const at::Tensor& images) override { return m_network.forwardWithAuxiliary(images); }
    Result<FilmLogits> predict(const std::vector<std::size_t>& films,
                               const PredictorOptions& options) override {
        return predictFilms(m_network, m_store, films, options);
    }

private:
    Network& m_network;
    const FilmStore& m_store;
    BatchLoader m_loader;
};

// Rows of the cache: first the validation films, then the training films once per view.
class FeatureBatchSource final : public BatchSource {
public:
    FeatureBatchSource(Network& network, const TrainingInput& input)
        : m_network(network), m_input(input), m_views(static_cast<std::size_t>(input.config.cachedViews)),
          m_firstRow(input.store.size()), m_cache(cacheOptions()) {
        const Graph& graph = network.graph();
        const NodeId cut = cutBefore(graph, trainablePrefixes(network, input.config.trainable));
        m_frozen = stretch(graph, kInputNode, cut);
        m_trained = stretch(graph, cut, graph.logits);
        std::size_t row = 0;
        for (const auto* films : {&input.validationFilms, &input.trainFilms}) {
            for (const std::size_t film : *films)
                m_firstRow[film] = row++;
        }
    }

    Result<void> compute(const std::stop_token& stop) {
        const torch::NoGradGuard noGrad;
        m_network.eval();
        auto computed = append(m_input.validationFilms, false, 0, stop);
        for (std::size_t view = 0; computed && view < m_views; ++view)
            computed = append(m_input.trainFilms, m_views > 1, static_cast<int>(view), stop);
        computed = computed.and_then([&] { return m_cache.finish(); });
        if (computed)
            tell();
        return computed;
    }

    void start(std::vector<std::size_t> films, int epoch) override {
        m_batches.reset(); // it uses what follows
        m_films = std::move(films);
        m_epoch = epoch;
        const auto batchSize = static_cast<std::size_t>(m_input.config.batchSize);
        m_batches = std::make_unique<ReadAhead<Result<Batch>>>(
            (m_films.size() + batchSize - 1) / batchSize, 1, kBatchesAhead, [this, batchSize](std::size_t i) {
                return guarded([&] { return prepared(i * batchSize, batchSize); });
            });
    }
    std::optional<Result<Batch>> next() override { return m_batches ? m_batches->next() : std::nullopt; }
    TrainingPass forward(const at::Tensor& features) override {
        // What a convolution would make of them first: then everything behind computes in one type.
        const bool isNarrow = features.dim() == 4 && castsToBf16(m_network.device().type());
        return {m_network.run(m_trained, isNarrow ? features.to(at::kBFloat16) : features), {}};
    }
    Result<FilmLogits> predict(const std::vector<std::size_t>& films,
                               const PredictorOptions& options) override;

private:
    Network& m_network;
    const TrainingInput& m_input;
    std::size_t m_views;
    std::vector<std::size_t> m_firstRow; // of a film of the store; a row per view, a training set apart
    FeatureCache m_cache;
    Stretch m_frozen;
    Stretch m_trained;
    std::vector<std::size_t> m_films;
    int m_epoch = 0;
    std::unique_ptr<ReadAhead<Result<Batch>>> m_batches; // last: works on the rest

    [[nodiscard]] FeatureCache::Options cacheOptions() const {
        const TrainingConfig& config = m_input.config;
        const std::size_t limit = static_cast<std::size_t>(config.memoryLimitMb) << 20;
        const std::size_t square =
            static_cast<std::size_t>(config.inputSizePx) * static_cast<std::size_t>(config.inputSizePx);
        const std::size_t used = std::min(limit, m_input.store.inMemory() * square);
        return {m_input.validationFilms.size() + m_views * m_input.trainFilms.size(), limit - used,
                m_input.featureFile};
    }

    [[nodiscard]] at::Tensor frozenFeatures(const at::Tensor& images) const {
        return m_network.run(m_frozen, images.to(m_network.device())).cpu();
    }

    Result<void> append(const std::vector<std::size_t>& films, bool augments, int view,
                        const std::stop_token& stop) {
        BatchLoader loader(m_input.store, preprocessingOf(m_input.config), loaderOptions(m_input, augments));
        loader.start(films, view);
        TrainingProgress progress;
        progress.phase = TrainingPhase::Caching;
        progress.total = static_cast<long>(films.size());
        while (auto batch = loader.next()) {
            if (!*batch)
                return tl::unexpected(batch->error());
            if (stop.stop_requested())
                return fail(ErrorCode::Cancelled, "The training was stopped before its first step.");
            if (auto kept = m_cache.append(frozenFeatures((*batch)->images)); !kept)
                return kept;
            progress.done += static_cast<long>((*batch)->images.size(0));
            m_input.progress(progress);
        }
        return {};
    }

    void tell() const {
        const std::size_t megabytes = m_cache.bytes() >> 20;
        TrainingProgress progress;
        progress.note = "The frozen part has seen every film; its features take " +
                        std::to_string(megabytes) + " MB" +
                        (m_cache.bytesOnDisk() > 0
                             ? ", " + std::to_string(m_cache.bytesOnDisk() >> 20) + " MB of them on the disk"
                             : "") +
                        ".";
        const AugmentationConfig& a = m_input.config.augmentation;
        if (m_views == 1 && a.changesFilms())
            progress.note += " They are those of the films as they are: augmentation is left out. With "
                             "--cached-views 4, say, four augmented views of each film are used.";
        m_input.progress(progress);
    }

    [[nodiscard]] Result<Batch> prepared(std::size_t begin, std::size_t batchSize) const {
        const std::size_t end = std::min(m_films.size(), begin + batchSize);
        std::vector<std::size_t> rows;
        Batch batch{{}, at::empty({static_cast<std::int64_t>(end - begin)}, at::kLong)};
        std::int64_t* labels = batch.labels.data_ptr<std::int64_t>();
        for (std::size_t place = begin; place < end; ++place) {
            Random random(m_input.seed ^ kViewStream, static_cast<std::uint64_t>(m_epoch), place);
            rows.push_back(m_firstRow[m_films[place]] + random.below(m_views) * m_input.trainFilms.size());
            *labels++ = m_input.store.label(m_films[place]);
        }
        batch.images = m_cache.rows(rows);
        return batch;
    }
};

Result<FilmLogits> FeatureBatchSource::predict(const std::vector<std::size_t>& films,
                                               const PredictorOptions& options) {
    const torch::NoGradGuard noGrad;
    m_network.eval();
    FilmLogits logits;
    const auto batchSize = static_cast<std::size_t>(options.batchSize);
    for (std::size_t begin = 0; begin < films.size(); begin += batchSize) {
        std::vector<std::size_t> rows;
        for (std::size_t i = begin; i < std::min(films.size(), begin + batchSize); ++i)
            rows.push_back(m_firstRow[films[i]]);
        logits.append(m_network.run(m_trained, m_cache.rows(rows).to(m_network.device())));
        if (options.progress)
            options.progress(static_cast<long>(logits.values.size()), static_cast<long>(films.size()));
    }
    return logits;
}

} // namespace

Result<std::unique_ptr<BatchSource>> makeBatchSource(Network& network, const TrainingInput& input,
                                                     std::stop_token stop) {
    if (input.config.trainable == Trainable::All || input.config.cachedViews == 0)
        return std::make_unique<FilmBatchSource>(network, input);
    auto source = std::make_unique<FeatureBatchSource>(network, input);
    return source->compute(stop).map([&]() -> std::unique_ptr<BatchSource> { return std::move(source); });
}

} // namespace hilum
