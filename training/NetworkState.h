// What fine-tuning does to a network's weights as a whole. Internal: shows tensors.
#pragma once

#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/domain/Result.h"
#include "core/network/Network.h"
#include "training/TrainingConfig.h"

namespace hilum {

// Parameters and buffers under torchvision's names; contiguous copies that nobody else changes.
using WeightState = std::vector<std::pair<std::string, at::Tensor>>;

WeightState copyOfState(const Network& network);
void restoreState(Network& network, const WeightState& state);
// The tensors of stored in the order of the network's. Errors: BadModelFile (other names, shapes or types).
Result<WeightState> inOrderOf(const Network& network, const WeightState& stored);

// Exponential moving average of parameters and of the floating-point buffers (batch-norm statistics), with
// decay min(decay, (1 + n) / (10 + n)) at the n-th update, so that the random beginning is soon forgotten (as
// TensorFlow's ExponentialMovingAverage with num_updates). Other buffers are copied.
class WeightAverage {
public:
    WeightAverage(const Network& network, double decay);
    void update(const Network& network);
    // As it was after so many updates; state in the network's order.
    void restore(const WeightState& state, long updates);
    [[nodiscard]] const WeightState& state() const { return m_state; }

private:
    double m_decay;
    long m_updates = 0;
    WeightState m_state; // same memory layout as the network's
};

// How the names of the parameters that are trained begin; "" stands for all.
std::vector<std::string> trainablePrefixes(const Network& network, Trainable part);
// Switches gradients of the parameters on or off. Of the part, only blocks (see blocksOf()) up to the last
// one given.
void applyTrainable(Network& network, Trainable part, int lastBlock = std::numeric_limits<int>::max());
// Training mode, but for batch norms whose weights are frozen: they keep their statistics.
void enterTrainingMode(Network& network);
// Stores the weights of convolutions channels-last, which oneDNN's training kernels prefer.
void useChannelsLast(Network& network);
void useContiguous(Network& network);

struct LoadedWeights {
    std::size_t loaded = 0;
    std::vector<std::string> skipped; // in the head, and of another shape
};
// From any file of readWeightFile(); name is the network's. Tensors of the head whose shape differs stay as
// they are. Errors: those of readWeightFile(), BadModelFile (other tensors are missing or of another shape).
Result<LoadedWeights> loadInitialWeights(Network& network, const std::filesystem::path& file,
                                         std::string_view name);

} // namespace hilum
