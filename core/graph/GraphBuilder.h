// Puts a Graph together, node by node; keeps count of channels.
#pragma once

#include <string>

#include "core/graph/Graph.h"

namespace hilum {

// Every function appends one node and returns its id. Wrong ids are programming errors.
class GraphBuilder {
public:
    explicit GraphBuilder(int inputPlanes);

    [[nodiscard]] int channels(NodeId id) const { return m_graph.node(id).channels; }

    // operation.in is filled in here.
    NodeId convolution(NodeId x, op::Convolution operation);
    NodeId batchNorm(NodeId x, std::string name, double epsilon = 1e-5, double initialWeight = 1);
    NodeId rectify(NodeId x, double ceiling = 0);
    NodeId activate(NodeId x, op::Curve curve);
    NodeId maxPool(NodeId x, op::MaxPool operation = {});
    NodeId averagePool(NodeId x, op::AveragePool operation = {});
    NodeId adaptiveAveragePool(NodeId x, Extent grid = 1);
    NodeId concat(std::vector<NodeId> parts); // at least one
    NodeId add(NodeId x, NodeId y);
    NodeId flatten(NodeId x); // of an adaptive pooling
    // operation.in is filled in here.
    NodeId linear(NodeId x, op::Linear operation);
    NodeId dropout(NodeId x, double probability = 0.5);

    // For heads of one layer: global average, flatten.
    NodeId pooledVector(NodeId x) { return flatten(adaptiveAveragePool(x)); }

    // The graph with its cut and its output; the builder is left empty.
    Graph finish(NodeId featureMap, NodeId logits);

private:
    Graph m_graph;

    NodeId append(Operation operation, std::vector<NodeId> inputs, int channels);
};

} // namespace hilum
