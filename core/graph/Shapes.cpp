#include "core/graph/Shapes.h"

namespace hilum {
namespace {

int slid(int in, int kernel, int stride, int padding, bool ceilMode) {
    const int room = in + 2 * padding - kernel;
    if (in <= 0 || room < 0)
        return 0;
    int out = (room + (ceilMode ? stride - 1 : 0)) / stride + 1;
    if (ceilMode && (out - 1) * stride >= in + padding)
        --out; // a window that would begin in the padding behind the image
    return out;
}

template <class Window>
Extent slid(Extent in, const Window& window, bool ceilMode) {
    return {slid(in.height, window.kernel.height, window.stride.height, window.padding.height, ceilMode),
            slid(in.width, window.kernel.width, window.stride.width, window.padding.width, ceilMode)};
}

Extent extentOf(const Operation& operation, Extent in) {
    if (const auto* convolution = std::get_if<op::Convolution>(&operation))
        return slid(in, *convolution, false);
    if (const auto* pool = std::get_if<op::MaxPool>(&operation))
        return slid(in, *pool, pool->ceilMode);
    if (const auto* average = std::get_if<op::AveragePool>(&operation))
        return slid(in, *average, average->ceilMode);
    if (const auto* adaptive = std::get_if<op::AdaptiveAveragePool>(&operation))
        return in == Extent() ? in : adaptive->grid;
    if (std::holds_alternative<op::Flatten>(operation))
        return 1;
    return in;
}

} // namespace

std::vector<Extent> extentsOf(const Graph& graph, Extent input) {
    std::vector<Extent> extents;
    for (const Node& node : graph.nodes) {
        const Extent in = node.inputs.empty() ? input : extents[static_cast<std::size_t>(node.inputs[0])];
        extents.push_back(extentOf(node.operation, in));
    }
    return extents;
}

std::vector<ParameterShape> parametersOf(const Graph& graph) {
    std::vector<ParameterShape> parameters;
    const auto addWeights = [&](const auto& operation, std::vector<std::int64_t> shape) {
        parameters.push_back({operation.name + ".weight", std::move(shape)});
        if (operation.bias != Bias::None)
            parameters.push_back({operation.name + ".bias", {operation.out}});
    };
    for (const Node& node : graph.nodes) {
        if (const auto* conv = std::get_if<op::Convolution>(&node.operation)) {
            addWeights(*conv, {conv->out, conv->in / conv->groups, conv->kernel.height, conv->kernel.width});
        } else if (const auto* linear = std::get_if<op::Linear>(&node.operation)) {
            addWeights(*linear, {linear->out, linear->in});
        } else if (const auto* norm = std::get_if<op::BatchNorm>(&node.operation)) {
            for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
                parameters.push_back({norm->name + part, {norm->channels}});
            parameters.push_back({norm->name + ".num_batches_tracked", {}, true});
        }
    }
    return parameters;
}

} // namespace hilum
