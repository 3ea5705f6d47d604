// Iandola et al. 2016, arXiv 1602.07360; names as in torchvision's squeezenet1_0() and squeezenet1_1(). Its
// head is a convolution, a ReLU and an average, so no logit is negative.
#include "core/graph/Families.h"

#include <initializer_list>

#include "core/graph/GraphBuilder.h"

namespace hilum {
namespace {

constexpr int kPool = 0; // in a list of widths

class SqueezeNetBuilder : public GraphBuilder {
public:
    using GraphBuilder::GraphBuilder;

    NodeId rectified(NodeId x, const std::string& name, int out, int kernel, int stride = 1,
                     int padding = 0) {
        return rectify(convolution(x, {.name = name,
                                       .out = out,
                                       .kernel = kernel,
                                       .stride = stride,
                                       .padding = padding,
                                       .bias = Bias::Zero,
                                       .weight = {Filling::HeUniform, 0}}));
    }

    // Narrow with 1×1, then widen with 1×1 and 3×3, half of the output each.
    NodeId fire(NodeId x, const std::string& name, int squeezed, int half) {
        const NodeId narrow = rectified(x, name + ".squeeze", squeezed, 1);
        const NodeId small = rectified(narrow, name + ".expand1x1", half, 1);
        return concat({small, rectified(narrow, name + ".expand3x3", half, 3, 1, 1)});
    }
};

// widths: half the output of each fire module, with pooling between. A fire module squeezes to an eighth of
// its output.
Graph squeezeNet(int stemWidth, int stemKernel, std::initializer_list<int> widths, int labelCount,
                 int inputPlanes) {
    SqueezeNetBuilder builder(inputPlanes);
    NodeId x = builder.rectified(kInputNode, "features.0", stemWidth, stemKernel, 2);
    int index = 2;
    for (const int half : widths) {
        const std::string name = "features." + std::to_string(index++);
        x = half == kPool ? builder.maxPool(x, {.kernel = 3, .stride = 2, .ceilMode = true})
                          : builder.fire(x, name, half / 4, half);
    }
    const NodeId perCell = builder.rectify(builder.convolution(
        builder.dropout(x),
        {.name = "classifier.1", .out = labelCount, .bias = Bias::Zero, .weight = {Filling::Normal, 0.01}}));
    Graph graph = builder.finish(x, builder.pooledVector(perCell));
    graph.headPrefixes = {"classifier."};
    graph.lastBlockPrefixes = {"features.12."};
    return graph;
}

} // namespace

Graph squeezeNet10(int labelCount, int inputPlanes) {
    return squeezeNet(96, 7, {kPool, 64, 64, 128, kPool, 128, 192, 192, 256, kPool, 256}, labelCount,
                      inputPlanes);
}

Graph squeezeNet11(int labelCount, int inputPlanes) {
    return squeezeNet(64, 3, {kPool, 64, 64, kPool, 128, 128, kPool, 192, 192, 256, 256}, labelCount,
                      inputPlanes);
}

} // namespace hilum
