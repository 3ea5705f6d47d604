// Szegedy et al. 2015, arXiv 1512.00567; names as in torchvision's inception_v3(), without its
// transform_input: the published weights want (value − 0.5) / 0.5.
#include "core/graph/Families.h"

#include "core/graph/GraphBuilder.h"

namespace hilum {
namespace {

constexpr double kEpsilon = 1e-3; // of every norm
constexpr double kDeviation = 0.1;

struct Kernel {
    Extent size = 1;
    Extent stride = 1;
    Extent padding = 0;
    double deviation = kDeviation;
};
constexpr Kernel kPoint{};
constexpr Kernel kSame3{3, 1, 1};
constexpr Kernel kSame5{5, 1, 2};
constexpr Kernel kHalving3{3, 2, 0};
constexpr Kernel kRow3{{1, 3}, 1, {0, 1}};
constexpr Kernel kColumn3{{3, 1}, 1, {1, 0}};
constexpr Kernel kRow7{{1, 7}, 1, {0, 3}};
constexpr Kernel kColumn7{{7, 1}, 1, {3, 0}};

class InceptionBuilder : public GraphBuilder {
public:
    using GraphBuilder::GraphBuilder;

    // Convolution NAME.conv, norm NAME.bn and a ReLU.
    NodeId basic(NodeId x, const std::string& name, int out, const Kernel& kernel = kPoint) {
        const NodeId y = convolution(x, {.name = name + ".conv",
                                         .out = out,
                                         .kernel = kernel.size,
                                         .stride = kernel.stride,
                                         .padding = kernel.padding,
                                         .weight = {Filling::TruncatedNormal, kernel.deviation}});
        return rectify(batchNorm(y, name + ".bn", kEpsilon));
    }

    NodeId pooledBranch(NodeId x, const std::string& name, int out) {
        return basic(averagePool(x, {.kernel = 3, .stride = 1, .padding = 1}), name + ".branch_pool", out);
    }
    NodeId halved(NodeId x) { return maxPool(x, {.kernel = 3, .stride = 2}); }

    NodeId blockA(NodeId x, const std::string& name, int pooledWidth) {
        const NodeId one = basic(x, name + ".branch1x1", 64);
        const NodeId five = basic(basic(x, name + ".branch5x5_1", 48), name + ".branch5x5_2", 64, kSame5);
        NodeId three = basic(basic(x, name + ".branch3x3dbl_1", 64), name + ".branch3x3dbl_2", 96, kSame3);
        three = basic(three, name + ".branch3x3dbl_3", 96, kSame3);
        return concat({one, five, three, pooledBranch(x, name, pooledWidth)});
    }

    NodeId blockB(NodeId x, const std::string& name) {
        const NodeId three = basic(x, name + ".branch3x3", 384, kHalving3);
        NodeId twice = basic(basic(x, name + ".branch3x3dbl_1", 64), name + ".branch3x3dbl_2", 96, kSame3);
        twice = basic(twice, name + ".branch3x3dbl_3", 96, kHalving3);
        return concat({three, twice, halved(x)});
    }

    NodeId blockC(NodeId x, const std::string& name, int width) {
        const NodeId one = basic(x, name + ".branch1x1", 192);
        NodeId seven = basic(basic(x, name + ".branch7x7_1", width), name + ".branch7x7_2", width, kRow7);
        seven = basic(seven, name + ".branch7x7_3", 192, kColumn7);
        NodeId twice =
            basic(basic(x, name + ".branch7x7dbl_1", width), name + ".branch7x7dbl_2", width, kColumn7);
        twice = basic(twice, name + ".branch7x7dbl_3", width, kRow7);
        twice = basic(twice, name + ".branch7x7dbl_4", width, kColumn7);
        twice = basic(twice, name + ".branch7x7dbl_5", 192, kRow7);
        return concat({one, seven, twice, pooledBranch(x, name, 192)});
    }

    NodeId blockD(NodeId x, const std::string& name) {
        const NodeId three =
            basic(basic(x, name + ".branch3x3_1", 192), name + ".branch3x3_2", 320, kHalving3);
        NodeId seven = basic(basic(x, name + ".branch7x7x3_1", 192), name + ".branch7x7x3_2", 192, kRow7);
        seven = basic(seven, name + ".branch7x7x3_3", 192, kColumn7);
        seven = basic(seven, name + ".branch7x7x3_4", 192, kHalving3);
        return concat({three, seven, halved(x)});
    }

    // A 3×3 convolution as a row and a column, side by side: NAMEa and NAMEb.
    NodeId crossed(NodeId x, const std::string& name) {
        const NodeId row = basic(x, name + "a", 384, kRow3);
        return concat({row, basic(x, name + "b", 384, kColumn3)});
    }

    NodeId blockE(NodeId x, const std::string& name) {
        const NodeId one = basic(x, name + ".branch1x1", 320);
        const NodeId three = crossed(basic(x, name + ".branch3x3_1", 384), name + ".branch3x3_2");
        const NodeId wide =
            basic(basic(x, name + ".branch3x3dbl_1", 448), name + ".branch3x3dbl_2", 384, kSame3);
        const NodeId twice = crossed(wide, name + ".branch3x3dbl_3");
        return concat({one, three, twice, pooledBranch(x, name, 192)});
    }

    // 768 × 17 × 17 to logits, for the loss in training.
    NodeId auxiliaryHead(NodeId x, int labelCount) {
        x = averagePool(x, {.kernel = 5, .stride = 3});
        x = basic(basic(x, "AuxLogits.conv0", 128), "AuxLogits.conv1", 768, {5, 1, 0, 0.01});
        return linear(
            pooledVector(x),
            {.name = "AuxLogits.fc", .out = labelCount, .weight = {Filling::TruncatedNormal, 0.001}});
    }
};

} // namespace

Graph inceptionV3(int labelCount, int inputPlanes) {
    InceptionBuilder builder(inputPlanes);
    NodeId x = builder.basic(kInputNode, "Conv2d_1a_3x3", 32, kHalving3);
    x = builder.basic(x, "Conv2d_2a_3x3", 32, {3});
    x = builder.halved(builder.basic(x, "Conv2d_2b_3x3", 64, kSame3));
    x = builder.basic(builder.basic(x, "Conv2d_3b_1x1", 80), "Conv2d_4a_3x3", 192, {3});
    x = builder.blockA(builder.halved(x), "Mixed_5b", 32);
    x = builder.blockA(builder.blockA(x, "Mixed_5c", 64), "Mixed_5d", 64);
    x = builder.blockC(builder.blockB(x, "Mixed_6a"), "Mixed_6b", 128);
    x = builder.blockC(builder.blockC(x, "Mixed_6c", 160), "Mixed_6d", 160);
    x = builder.blockC(x, "Mixed_6e", 192);
    const NodeId auxiliary = builder.auxiliaryHead(x, labelCount);
    x = builder.blockE(builder.blockD(x, "Mixed_7a"), "Mixed_7b");
    x = builder.blockE(x, "Mixed_7c");
    const NodeId logits =
        builder.linear(builder.dropout(builder.pooledVector(x)),
                       {.name = "fc", .out = labelCount, .weight = {Filling::TruncatedNormal, kDeviation}});
    Graph graph = builder.finish(x, logits);
    graph.auxiliaryLogits = auxiliary;
    graph.headPrefixes = {"fc.", "AuxLogits."};
    graph.lastBlockPrefixes = {"Mixed_7c."};
    return graph;
}

} // namespace hilum
