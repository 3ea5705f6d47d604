// He et al. 2015, arXiv 1512.03385; names as in torchvision's resnet18() and resnet101().
#include "core/graph/Families.h"

#include <array>

#include "core/graph/GraphBuilder.h"

namespace hilum {
namespace {

constexpr int kExpansion = 4;

class ResNetBuilder : public GraphBuilder {
public:
    using GraphBuilder::GraphBuilder;

    NodeId normalised(NodeId x, const std::string& convolutionName, const std::string& normName, int out,
                      int kernel, int stride = 1) {
        const NodeId y = convolution(x, {.name = convolutionName,
                                         .out = out,
                                         .kernel = kernel,
                                         .stride = stride,
                                         .padding = kernel / 2,
                                         .weight = {Filling::HeFanOut, 0}});
        return batchNorm(y, normName);
    }

    NodeId shortcut(NodeId x, const std::string& name, int out, int stride) {
        const bool fits = stride == 1 && channels(x) == out;
        return fits ? x : normalised(x, name + ".downsample.0", name + ".downsample.1", out, 1, stride);
    }

    // Two 3×3 convolutions and a shortcut.
    NodeId basicBlock(NodeId x, const std::string& name, int width, int stride) {
        NodeId y = rectify(normalised(x, name + ".conv1", name + ".bn1", width, 3, stride));
        y = normalised(y, name + ".conv2", name + ".bn2", width, 3);
        return rectify(add(y, shortcut(x, name, width, stride)));
    }

    // 1×1, 3×3 (with the stride, as in torchvision), 1×1 convolutions and a shortcut.
    NodeId bottleneck(NodeId x, const std::string& name, int width, int stride) {
        NodeId y = rectify(normalised(x, name + ".conv1", name + ".bn1", width, 1));
        y = rectify(normalised(y, name + ".conv2", name + ".bn2", width, 3, stride));
        y = normalised(y, name + ".conv3", name + ".bn3", width * kExpansion, 1);
        return rectify(add(y, shortcut(x, name, width * kExpansion, stride)));
    }
};

using Block = NodeId (ResNetBuilder::*)(NodeId x, const std::string& name, int width, int stride);

Graph resNet(const std::array<int, 4>& blocks, Block block, int labelCount, int inputPlanes) {
    ResNetBuilder builder(inputPlanes);
    NodeId x = builder.rectify(builder.normalised(kInputNode, "conv1", "bn1", 64, 7, 2));
    x = builder.maxPool(x, {.kernel = 3, .stride = 2, .padding = 1});
    for (int stage = 0; stage < 4; ++stage) {
        for (int i = 0; i < blocks[static_cast<std::size_t>(stage)]; ++i) {
            const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(i);
            x = (builder.*block)(x, name, 64 << stage, stage > 0 && i == 0 ? 2 : 1);
        }
    }
    const NodeId logits = builder.linear(builder.pooledVector(x), {.name = "fc", .out = labelCount});
    Graph graph = builder.finish(x, logits);
    graph.headPrefixes = {"fc."};
    graph.lastBlockPrefixes = {"layer4."};
    return graph;
}

} // namespace

Graph resNet18(int labelCount, int inputPlanes) {
    return resNet({2, 2, 2, 2}, &ResNetBuilder::basicBlock, labelCount, inputPlanes);
}
Graph resNet101(int labelCount, int inputPlanes) {
    return resNet({3, 4, 23, 3}, &ResNetBuilder::bottleneck, labelCount, inputPlanes);
}

} // namespace hilum
