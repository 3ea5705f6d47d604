// Sandler et al. 2018, arXiv 1801.04381; names as in torchvision's mobilenet_v2().
#include "core/graph/Families.h"

#include <array>

#include "core/graph/GraphBuilder.h"

namespace hilum {
namespace {

constexpr double kCeiling = 6; // of every ReLU
constexpr int kStemWidth = 32;
constexpr int kLastWidth = 1280;

struct Stage {
    int expansion;
    int width;
    int blocks;
    int stride; // of the first block
};
constexpr std::array<Stage, 7> kStages{{{1, 16, 1, 1},
                                        {6, 24, 2, 2},
                                        {6, 32, 3, 2},
                                        {6, 64, 4, 2},
                                        {6, 96, 3, 1},
                                        {6, 160, 3, 2},
                                        {6, 320, 1, 1}}};

class MobileNetBuilder : public GraphBuilder {
public:
    using GraphBuilder::GraphBuilder;

    // Convolution NAME.0 and norm NAME.1.
    NodeId normalised(NodeId x, const std::string& name, int out, int kernel, int stride = 1,
                      int groups = 1) {
        return normalised(x, name + ".0", name + ".1", out, kernel, stride, groups);
    }
    NodeId normalised(NodeId x, const std::string& convolutionName, const std::string& normName, int out,
                      int kernel, int stride = 1, int groups = 1) {
        const NodeId y = convolution(x, {.name = convolutionName,
                                         .out = out,
                                         .kernel = kernel,
                                         .stride = stride,
                                         .padding = kernel / 2,
                                         .groups = groups,
                                         .weight = {Filling::HeFanOut, 0}});
        return batchNorm(y, normName);
    }

    // Widen with 1×1, filter each channel on its own, narrow with 1×1 (without a ReLU), add the input where
    // it fits.
    NodeId invertedResidual(NodeId x, const std::string& name, const Stage& stage, int stride) {
        const int wide = channels(x) * stage.expansion;
        NodeId y = x;
        int index = 0;
        const auto next = [&] { return name + ".conv." + std::to_string(index++); };
        if (stage.expansion != 1)
            y = rectify(normalised(y, next(), wide, 1), kCeiling);
        y = rectify(normalised(y, next(), wide, 3, stride, wide), kCeiling);
        const std::string narrowing = next();
        y = normalised(y, narrowing, next(), stage.width, 1);
        return stride == 1 && channels(x) == stage.width ? add(y, x) : y;
    }
};

} // namespace

Graph mobileNetV2(int labelCount, int inputPlanes) {
    MobileNetBuilder builder(inputPlanes);
    int index = 0;
    const auto next = [&] { return "features." + std::to_string(index++); };
    NodeId x = builder.rectify(builder.normalised(kInputNode, next(), kStemWidth, 3, 2), kCeiling);
    for (const Stage& stage : kStages) {
        for (int block = 0; block < stage.blocks; ++block)
            x = builder.invertedResidual(x, next(), stage, block == 0 ? stage.stride : 1);
    }
    x = builder.rectify(builder.normalised(x, next(), kLastWidth, 1), kCeiling);
    const NodeId pooled = builder.dropout(builder.pooledVector(x), 0.2);
    Graph graph = builder.finish(x, builder.linear(pooled, {.name = "classifier.1",
                                                            .out = labelCount,
                                                            .bias = Bias::Zero,
                                                            .weight = {Filling::Normal, 0.01}}));
    graph.headPrefixes = {"classifier."};
    graph.lastBlockPrefixes = {"features.17.", "features.18."};
    return graph;
}

} // namespace hilum
