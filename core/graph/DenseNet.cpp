// Huang et al. 2016, arXiv 1608.06993; names as in torchvision's densenet121() and densenet201().
#include "core/graph/Families.h"

#include <array>

#include "core/graph/GraphBuilder.h"

namespace hilum {
namespace {

constexpr int kGrowthRate = 32;
constexpr int kBottleneckWidth = 4 * kGrowthRate;

class DenseNetBuilder : public GraphBuilder {
public:
    using GraphBuilder::GraphBuilder;

    NodeId plain(NodeId x, const std::string& name, int out, int kernel, int stride = 1) {
        return convolution(x, {.name = name,
                               .out = out,
                               .kernel = kernel,
                               .stride = stride,
                               .padding = kernel / 2,
                               .weight = {Filling::HeFanIn, 0}});
    }

    // Each layer (norm, ReLU, 1×1, norm, ReLU, 3×3) adds kGrowthRate channels to what came before.
    NodeId denseBlock(NodeId x, const std::string& name, int layers) {
        std::vector<NodeId> parts{x};
        for (int i = 1; i <= layers; ++i) {
            const std::string layer = name + ".denselayer" + std::to_string(i);
            const NodeId before = parts.size() == 1 ? x : concat(parts);
            const NodeId narrow =
                plain(rectify(batchNorm(before, layer + ".norm1")), layer + ".conv1", kBottleneckWidth, 1);
            parts.push_back(
                plain(rectify(batchNorm(narrow, layer + ".norm2")), layer + ".conv2", kGrowthRate, 3));
        }
        return concat(parts);
    }

    // Halves channels and sides.
    NodeId transition(NodeId x, const std::string& name) {
        return averagePool(plain(rectify(batchNorm(x, name + ".norm")), name + ".conv", channels(x) / 2, 1));
    }
};

Graph denseNet(const std::array<int, 4>& layers, int labelCount, int inputPlanes) {
    DenseNetBuilder builder(inputPlanes);
    NodeId x = builder.plain(kInputNode, "features.conv0", 2 * kGrowthRate, 7, 2);
    x = builder.rectify(builder.batchNorm(x, "features.norm0"));
    x = builder.maxPool(x, {.kernel = 3, .stride = 2, .padding = 1});
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (i > 0)
            x = builder.transition(x, "features.transition" + std::to_string(i));
        x = builder.denseBlock(x, "features.denseblock" + std::to_string(i + 1), layers[i]);
    }
    x = builder.batchNorm(x, "features.norm5");
    const NodeId pooled = builder.pooledVector(builder.rectify(x));
    Graph graph = builder.finish(
        x, builder.linear(pooled, {.name = "classifier", .out = labelCount, .bias = Bias::Zero}));
    graph.headPrefixes = {"classifier."};
    graph.lastBlockPrefixes = {"features.denseblock4.", "features.norm5."};
    return graph;
}

} // namespace

Graph denseNet121(int labelCount, int inputPlanes) {
    return denseNet({6, 12, 24, 16}, labelCount, inputPlanes);
}
Graph denseNet201(int labelCount, int inputPlanes) {
    return denseNet({6, 12, 48, 32}, labelCount, inputPlanes);
}

} // namespace hilum
