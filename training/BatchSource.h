// What the training loop trains on: films and the whole network, or features of its frozen part, computed
// once, and the rest of it. Internal: shows torch. Used from one thread.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "core/network/Network.h"
#include "training/BatchLoader.h"
#include "training/Predictor.h"
#include "training/TrainingLoop.h"

namespace hilum {

class BatchSource {
public:
    virtual ~BatchSource() = default;

    // As in BatchLoader.
    virtual void start(std::vector<std::size_t> films, int epoch) = 0;
    virtual std::optional<Result<Batch>> next() = 0;
    // What the loss is made of, from the images of a batch; with gradients where they are on.
    virtual TrainingPass forward(const at::Tensor& images) = 0;
    // Of films without augmentation; leaves the network in eval mode. Errors: as predictFilms().
    virtual Result<FilmLogits> predict(const std::vector<std::size_t>& films,
                                       const PredictorOptions& options) = 0;
};

// network and what input refers to must outlive the source. With features to compute this takes one forward
// pass over all films of input, and as many over its training films as there are more views.
// Errors: Cancelled, NotWritable, OutOfMemory, Internal, those of readRadiograph().
Result<std::unique_ptr<BatchSource>> makeBatchSource(Network& network, const TrainingInput& input,
                                                     std::stop_token stop);

} // namespace hilum
