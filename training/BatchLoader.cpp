#include "training/BatchLoader.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include <ATen/ATen.h>

#include "core/network/Preprocessor.h"
#include "training/Augmenter.h"
#include "training/Guarded.h"

namespace hilum {
namespace {

constexpr std::uint64_t kStream = 0x4C4F41444552; // apart from the streams of other files
constexpr std::size_t kBatchesAheadPerThread = 2;

} // namespace

// What start() hands to the workers.
struct BatchLoader::State {
    std::vector<std::size_t> films;
    int epoch = 0;
    std::size_t batchCount = 0;

    std::mutex mutex; // guards what follows
    std::condition_variable changed;
    std::size_t toPrepare = 0; // next batch that a worker takes
    std::size_t toDeliver = 0; // next batch that next() gives
    std::map<std::size_t, Result<Batch>> ready;
    bool abandoned = false;

    std::vector<std::jthread> workers; // last: joined before the rest goes

    ~State() {
        {
            const std::lock_guard lock(mutex);
            abandoned = true;
        }
        changed.notify_all();
        workers.clear();
    }
};

BatchLoader::BatchLoader(const FilmStore& store, Preprocessing preprocessing, Options options)
    : m_store(store), m_preprocessing(std::move(preprocessing)), m_options(std::move(options)) {
    m_options.threads = std::max(1, m_options.threads);
}

BatchLoader::~BatchLoader() = default;

void BatchLoader::start(std::vector<std::size_t> films, int epoch) {
    const auto batchSize = static_cast<std::size_t>(m_options.batchSize);
    m_state = std::make_unique<State>();
    m_state->batchCount = (films.size() + batchSize - 1) / batchSize;
    m_state->films = std::move(films);
    m_state->epoch = epoch;
    State& state = *m_state;
    const std::size_t threads = std::min(static_cast<std::size_t>(m_options.threads), state.batchCount);
    for (std::size_t i = 0; i < threads; ++i)
        state.workers.emplace_back([this, &state] { work(state); });
}

std::optional<Result<Batch>> BatchLoader::next() {
    if (!m_state || m_state->toDeliver == m_state->batchCount)
        return std::nullopt;
    std::unique_lock lock(m_state->mutex);
    m_state->changed.wait(lock, [this] { return m_state->ready.contains(m_state->toDeliver); });
    auto node = m_state->ready.extract(m_state->toDeliver);
    ++m_state->toDeliver;
    lock.unlock();
    m_state->changed.notify_all();
    return std::move(node.mapped());
}

void BatchLoader::work(State& state) const {
    const std::size_t ahead = kBatchesAheadPerThread * static_cast<std::size_t>(m_options.threads);
    std::unique_lock lock(state.mutex);
    while (true) {
        state.changed.wait(lock, [&] {
            return state.abandoned || state.toPrepare == state.batchCount ||
                   state.toPrepare < state.toDeliver + ahead;
        });
        if (state.abandoned || state.toPrepare == state.batchCount)
            return;
        const std::size_t batch = state.toPrepare++;
        lock.unlock();
        auto result = guarded([&] {
            return prepared(state.films, batch * static_cast<std::size_t>(m_options.batchSize), state.epoch);
        });
        lock.lock();
        state.ready.emplace(batch, std::move(result));
        state.changed.notify_all();
    }
}

// Plain loops and copies: tensor operations on a worker would start a team of OpenMP threads of its own.
Result<Batch> BatchLoader::prepared(const std::vector<std::size_t>& films, std::size_t begin,
                                    int epoch) const {
    const std::size_t end = std::min(films.size(), begin + static_cast<std::size_t>(m_options.batchSize));
    const auto count = static_cast<std::int64_t>(end - begin);
    const auto planes = static_cast<std::int64_t>(m_preprocessing.mean.size());
    const std::int64_t side = m_preprocessing.inputSizePx;
    Batch batch{at::empty({count, planes, side, side}, at::kFloat), at::empty({count}, at::kLong)};
    float* images = batch.images.data_ptr<float>();
    std::int64_t* labels = batch.labels.data_ptr<std::int64_t>();
    for (std::size_t place = begin; place < end; ++place) {
        Result<GreyImage> square = m_store.square(films[place]);
        if (!square)
            return tl::unexpected(square.error());
        if (m_options.augmentation) {
            Random random(m_options.seed ^ kStream, static_cast<std::uint64_t>(epoch), place);
            *square = augmented(*square, drawAugmentation(*m_options.augmentation, random),
                                m_options.augmentation->border);
        }
        const at::Tensor image = normalise(*square, m_preprocessing);
        images = std::copy_n(image.data_ptr<float>(), image.numel(), images);
        *labels++ = m_store.label(films[place]);
    }
    return batch;
}

} // namespace hilum
