// Films -> normalised batches, prepared by worker threads ahead of the network. Internal: shows tensors.
// Which batches come, and every value in them, depends on films, order, seed and epoch alone, never on the
// number of threads. Used from one thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/domain/ModelCard.h"
#include "core/domain/Result.h"
#include "training/FilmStore.h"
#include "training/TrainingConfig.h"

namespace hilum {

struct Batch {
    at::Tensor images; // N × P × S × S, float
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
    ~BatchLoader(); // waits for the batches in preparation
    BatchLoader(const BatchLoader&) = delete;
    BatchLoader& operator=(const BatchLoader&) = delete;

    // Starts to prepare these films of the store, batch by batch; the last one may be smaller. Drops what was
    // left of an earlier call. The random numbers of a film follow from seed, epoch and its place in films.
    void start(std::vector<std::size_t> films, int epoch = 0);
    // Blocks until the next batch is there; nothing after the last one. Errors: those of readRadiograph().
    std::optional<Result<Batch>> next();

private:
    struct State;
    const FilmStore& m_store;
    Preprocessing m_preprocessing;
    Options m_options;
    std::unique_ptr<State> m_state;

    [[nodiscard]] Result<Batch> prepared(const std::vector<std::size_t>& films, std::size_t begin,
                                         int epoch) const;
    void work(State& state) const;
};

} // namespace hilum
