// He et al. 2015, arXiv 1512.03385; names as in torchvision's resnet101().
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

    // 1×1, 3×3 (with the stride, as in torchvision), 1×1 convolutions and a shortcut.
    NodeId bottleneck(NodeId x, const std::string& name, int width, int stride) {
        NodeId y = rectify(normalised(x, name + ".conv1", name + ".bn1", width, 1));
        y = rectify(normalised(y, name + ".conv2", name + ".bn2", width, 3, stride));
        y = normalised(y, name + ".conv3", name + ".bn3", width * kExpansion, 1);
        const bool fits = stride == 1 && channels(x) == width * kExpansion;
        const NodeId shortcut = fits ? x
                                     : normalised(x, name + ".downsample.0", name + ".downsample.1",
                                                  width * kExpansion, 1, stride);
        return rectify(add(y, shortcut));
    }
};

} // namespace

Graph resNet101(int labelCount, int inputPlanes) {
    constexpr std::array<int, 4> kBlocks{3, 4, 23, 3};
    ResNetBuilder builder(inputPlanes);
    NodeId x = builder.rectify(builder.normalised(kInputNode, "conv1", "bn1", 64, 7, 2));
    x = builder.maxPool(x, {.kernel = 3, .stride = 2, .padding = 1});
    for (int stage = 0; stage < 4; ++stage) {
        for (int block = 0; block < kBlocks[static_cast<std::size_t>(stage)]; ++block) {
            const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(block);
            x = builder.bottleneck(x, name, 64 << stage, stage > 0 && block == 0 ? 2 : 1);
        }
    }
    const NodeId logits = builder.linear(builder.pooledVector(x), {.name = "fc", .out = labelCount});
    Graph graph = builder.finish(x, logits);
    graph.headPrefixes = {"fc."};
    graph.lastBlockPrefixes = {"layer4."};
    return graph;
}

} // namespace hilum
