#include "core/graph/GraphBuilder.h"

#include <cassert>
#include <utility>

namespace hilum {

GraphBuilder::GraphBuilder(int inputPlanes) { append(op::Input{}, {}, inputPlanes); }

NodeId GraphBuilder::append(Operation operation, std::vector<NodeId> inputs, int channelCount) {
    m_graph.nodes.push_back({std::move(operation), std::move(inputs), channelCount});
    return static_cast<NodeId>(m_graph.nodes.size()) - 1;
}

NodeId GraphBuilder::convolution(NodeId x, op::Convolution operation) {
    operation.in = channels(x);
    assert(operation.in % operation.groups == 0 && operation.out % operation.groups == 0);
    const int out = operation.out;
    return append(std::move(operation), {x}, out);
}

NodeId GraphBuilder::batchNorm(NodeId x, std::string name, double epsilon, double initialWeight) {
    return append(op::BatchNorm{std::move(name), channels(x), epsilon, initialWeight}, {x}, channels(x));
}

NodeId GraphBuilder::rectify(NodeId x, double ceiling) {
    return append(op::Activation{op::Curve::Relu, ceiling}, {x}, channels(x));
}
NodeId GraphBuilder::activate(NodeId x, op::Curve curve) {
    return append(op::Activation{curve}, {x}, channels(x));
}
NodeId GraphBuilder::maxPool(NodeId x, op::MaxPool operation) { return append(operation, {x}, channels(x)); }
NodeId GraphBuilder::averagePool(NodeId x, op::AveragePool operation) {
    return append(operation, {x}, channels(x));
}

NodeId GraphBuilder::adaptiveAveragePool(NodeId x, Extent grid) {
    return append(op::AdaptiveAveragePool{grid}, {x}, channels(x));
}

NodeId GraphBuilder::concat(std::vector<NodeId> parts) {
    int sum = 0;
    for (const NodeId part : parts)
        sum += channels(part);
    return append(op::Concat{}, std::move(parts), sum);
}

NodeId GraphBuilder::add(NodeId x, NodeId y) {
    assert(channels(x) == channels(y));
    return append(op::Add{}, {x, y}, channels(x));
}

NodeId GraphBuilder::flatten(NodeId x) {
    const auto* pool = m_graph.as<op::AdaptiveAveragePool>(x);
    assert(pool != nullptr);
    return append(op::Flatten{}, {x}, channels(x) * pool->grid.area());
}

NodeId GraphBuilder::linear(NodeId x, op::Linear operation) {
    operation.in = channels(x);
    const int out = operation.out;
    return append(std::move(operation), {x}, out);
}

NodeId GraphBuilder::dropout(NodeId x, double probability) {
    return append(op::Dropout{probability}, {x}, channels(x));
}

Graph GraphBuilder::finish(NodeId featureMap, NodeId logits) {
    m_graph.featureMap = featureMap;
    m_graph.logits = logits;
    return std::exchange(m_graph, {});
}

} // namespace hilum
