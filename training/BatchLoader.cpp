#include "training/BatchLoader.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "core/model/Preprocessor.h"
#include "training/Augmenter.h"
#include "training/Guarded.h"

namespace hilum {
namespace {

constexpr std::uint64_t kStream = 0x4C4F41444552; // apart from the streams of other files
constexpr std::size_t kBatchesAheadPerThread = 2;

} // namespace

BatchLoader::BatchLoader(const FilmStore& store, Preprocessing preprocessing, Options options)
    : m_store(store), m_preprocessing(std::move(preprocessing)), m_options(std::move(options)),
      m_networkValues(normalisationTable(m_preprocessing)) {
    m_options.threads = std::max(1, m_options.threads);
}

void BatchLoader::start(std::vector<std::size_t> films, int epoch) {
    m_batches.reset(); // its workers use what follows
    m_films = std::move(films);
    m_epoch = epoch;
    const auto batchSize = static_cast<std::size_t>(m_options.batchSize);
    m_batches = std::make_unique<ReadAhead<Result<Batch>>>(
        (m_films.size() + batchSize - 1) / batchSize, m_options.threads,
        kBatchesAheadPerThread * static_cast<std::size_t>(m_options.threads),
        [this, batchSize](std::size_t batch) {
            return guarded([&] { return prepared(batch * batchSize); });
        });
}

std::optional<Result<Batch>> BatchLoader::next() { return m_batches ? m_batches->next() : std::nullopt; }

// Plain loops: tensor operations on a worker would start a team of OpenMP threads of its own.
Result<Batch> BatchLoader::prepared(std::size_t begin) const {
    const std::size_t end = std::min(m_films.size(), begin + static_cast<std::size_t>(m_options.batchSize));
    const auto count = static_cast<std::int64_t>(end - begin);
    const auto planes = static_cast<std::int64_t>(m_preprocessing.mean.size());
    const std::int64_t side = m_preprocessing.inputSizePx;
    Batch batch{at::empty({count, planes, side, side}, at::kFloat, at::MemoryFormat::ChannelsLast),
                at::empty({count}, at::kLong)};
    const BorderMode border = m_options.augmentation ? m_options.augmentation->border : BorderMode::Black;
    float* images = batch.images.data_ptr<float>();
    std::int64_t* labels = batch.labels.data_ptr<std::int64_t>();
    for (std::size_t place = begin; place < end; ++place) {
        const auto square = m_store.square(m_films[place]);
        if (!square)
            return tl::unexpected(square.error());
        AugmentationDraw draw;
        if (m_options.augmentation) {
            Random random(m_options.seed ^ kStream, static_cast<std::uint64_t>(m_epoch), place);
            draw = drawAugmentation(*m_options.augmentation, random);
        }
        augmentInto(images, **square, draw, border, m_networkValues);
        images += planes * side * side;
        *labels++ = m_store.label(m_films[place]);
    }
    return batch;
}

} // namespace hilum
