// Hilum's own small network: a coarse stem (7×7, stride 4), three residual blocks, and a map at 1/16 of the
// input, so that its heat maps are twice as fine as those of the large networks.
#include "core/graph/Families.h"

#include "core/graph/GraphBuilder.h"

namespace hilum {
namespace {

constexpr int kWidth = 32; // channels behind the stem

class HilumNetBuilder : public GraphBuilder {
public:
    using GraphBuilder::GraphBuilder;

    NodeId plain(NodeId x, const std::string& name, int out, int kernel, int stride = 1) {
        return convolution(x, {.name = name,
                               .out = out,
                               .kernel = kernel,
                               .stride = stride,
                               .padding = kernel / 2,
                               .weight = {Filling::HeFanOut, 0}});
    }

    // Two 3×3 convolutions and a shortcut (He et al. 2015); where the block halves the sides, the shortcut
    // averages 2×2 before its 1×1 convolution, so that no position is skipped (He et al. 2018, arXiv
    // 1812.01187). The block starts as its shortcut.
    NodeId basicBlock(NodeId x, const std::string& name, int out, int stride) {
        NodeId y = rectify(batchNorm(plain(x, name + ".conv1", out, 3, stride), name + ".bn1"));
        y = batchNorm(plain(y, name + ".conv2", out, 3), name + ".bn2", 1e-5, 0);
        NodeId shortcut = stride == 1 ? x : averagePool(x, {.kernel = 2, .stride = 2, .ceilMode = true});
        if (channels(x) != out)
            shortcut = batchNorm(plain(shortcut, name + ".downsample.0", out, 1), name + ".downsample.1");
        return rectify(add(y, shortcut));
    }
};

} // namespace

Graph hilumNet(int labelCount, int inputPlanes) {
    HilumNetBuilder builder(inputPlanes);
    NodeId x = builder.plain(kInputNode, "stem.0", kWidth, 7, 4);
    x = builder.rectify(builder.batchNorm(x, "stem.1"));
    x = builder.basicBlock(x, "stage1", 2 * kWidth, 2);
    x = builder.basicBlock(x, "stage2", 4 * kWidth, 2);
    x = builder.basicBlock(x, "stage3", 4 * kWidth, 1);
    const NodeId logits = builder.linear(
        builder.pooledVector(x),
        {.name = "fc", .out = labelCount, .bias = Bias::Zero, .weight = {Filling::Normal, 0.01}});
    Graph graph = builder.finish(x, logits);
    graph.headPrefixes = {"fc."};
    graph.lastBlockPrefixes = {"stage3."};
    return graph;
}

} // namespace hilum
