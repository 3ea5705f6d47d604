// Films -> normalised batches, prepared by worker threads ahead of the network. Internal: shows tensors.
// Which batches come, and every value in them, depends on films, order, seed and epoch alone, never on the
// number of threads. Used from one thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/domain/ModelCard.h"
#include "core/domain/ReadAhead.h"
#include "core/domain/Result.h"
#include "training/FilmStore.h"
#include "training/TrainingConfig.h"

namespace hilum {

struct Batch {
    at::Tensor images; // N × P × S × S, float, channels-last
    at::Tensor labels; // N, int64
};

class BatchLoader {
public:
    struct Options {
        int batchSize = 32;
        int threads = 1;
        std::uint64_t seed = 1;
        std::optional<AugmentationConfig> augmentation; // absent: films as they are
    };

    // store must outlive the loader.
    BatchLoader(const FilmStore& store, Preprocessing preprocessing, Options options);
    BatchLoader(const BatchLoader&) = delete;
    BatchLoader& operator=(const BatchLoader&) = delete;

    // Starts to prepare these films of the store, batch by batch; the last one may be smaller. Drops what was
    // left of an earlier call. The random numbers of a film follow from seed, epoch and its place in films.
    void start(std::vector<std::size_t> films, int epoch = 0);
    // Blocks until the next batch is there; nothing after the last one. Errors: those of readRadiograph().
    std::optional<Result<Batch>> next();

private:
    const FilmStore& m_store;
    Preprocessing m_preprocessing;
    Options m_options;
    std::vector<float> m_networkValues; // normalisationTable()
    std::vector<std::size_t> m_films;
    int m_epoch = 0;
    std::unique_ptr<ReadAhead<Result<Batch>>> m_batches; // null before start(); last: works on the rest

    [[nodiscard]] Result<Batch> prepared(std::size_t begin) const;
};

} // namespace hilum
