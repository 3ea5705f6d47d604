// The feature part of a network for one size of film, as a list of primitives on one arena. Internal: shows
// oneDNN.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/graph/Graph.h"
#include "core/onednn/MemoryPool.h"
#include "core/onednn/OneDnn.h"
#include "core/onednn/PackedWeights.h"
#include "core/storage/ChoiceFile.h"

namespace hilum {

enum class ElementKind { Float, Bfloat16 };

// How each convolution is computed that can be in several ways, by node: names of ways (ConvolutionChoice.h).
using ConvolutionWays = std::map<NodeId, std::string>;

struct FeaturePlanInput {
    const Graph& graph;
    const TensorIndex& tensors;
    dnnl::engine engine;
    ElementKind elements = ElementKind::Float;
    Extent extent; // of the film
    PackedWeights& weights;
    ConvolutionWays& ways;         // what is missing is measured, and recorded
    ChoiceFile* choices = nullptr; // measured before; null: what is missing is done in oneDNN's favourite way
};

class FeaturePlan {
public:
    // Null where the graph has operations or sizes that the plan cannot lay out. Throws dnnl::error,
    // std::bad_alloc. Needs of its input only weights afterwards.
    static std::unique_ptr<FeaturePlan> make(const FeaturePlanInput& input);

    // planes: P × H × W -> C × h × w.
    std::vector<float> run(std::span<const float> planes);
    [[nodiscard]] Extent outputExtent() const { return m_outputExtent; }

private:
    class Builder;
    using Action = std::function<void(dnnl::stream&)>;

    dnnl::stream m_stream;
    MemoryPool m_memory;           // arena, input, scratchpad
    std::vector<Action> m_actions; // in order
    float* m_input = nullptr;
    std::size_t m_inputSize = 0;
    Extent m_outputExtent;
    std::function<std::vector<float>()> m_readOutput;

    explicit FeaturePlan(const dnnl::engine& engine) : m_stream(engine) {}
};

} // namespace hilum
