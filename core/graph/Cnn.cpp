// The three plain networks that studies of COVID-19 on chest films trained from random weights: blocks of 3×3
// convolutions, each halved by max pooling. Where those say nothing (widths behind the first block, what
// stands behind the last), VGG's ways are taken. Grad-CAM looks at the last activation, before its pooling.
#include "core/graph/Families.h"

#include <array>
#include <string>

#include "core/graph/GraphBuilder.h"

namespace hilum {
namespace {

constexpr int kHiddenUnits = 512;
constexpr Extent kGrid = 4; // what is left of 256 × 256 behind six poolings

// Modules of features.N and classifier.N, counted as in a torch.nn.Sequential.
class CnnBuilder : public GraphBuilder {
public:
    CnnBuilder(int inputPlanes, op::Curve curve) : GraphBuilder(inputPlanes), m_curve(curve) {}

    NodeId convolve(NodeId x, int out, Initial weight, Bias bias) {
        m_lastConvolutions.push_back("features." + std::to_string(m_next) + ".");
        return convolution(
            x, {.name = feature(), .out = out, .kernel = 3, .padding = 1, .bias = bias, .weight = weight});
    }
    NodeId normalise(NodeId x) {
        m_lastConvolutions.push_back("features." + std::to_string(m_next) + ".");
        return batchNorm(x, feature());
    }
    NodeId curved(NodeId x) {
        feature();
        return activate(x, m_curve);
    }
    // Ends a block.
    NodeId pooled(NodeId x) {
        feature();
        m_lastConvolutions.clear();
        return maxPool(x);
    }

    Graph finishBlocks(NodeId featureMap, NodeId logits) {
        Graph graph = finish(featureMap, logits);
        graph.headPrefixes = {"classifier."};
        graph.lastBlockPrefixes = m_lastConvolutions;
        return graph;
    }

private:
    op::Curve m_curve;
    int m_next = 0;
    std::vector<std::string>
        m_lastConvolutions; // prefixes of what has weights, in the block that is being built

    std::string feature() { return "features." + std::to_string(m_next++); }
};

// Six blocks of one convolution, 32 to 1024 filters, and a hidden layer; dropout 0: none.
Graph sixBlocks(op::Curve curve, double dropout, int labelCount, int inputPlanes) {
    constexpr std::array kWidths{32, 64, 128, 256, 512, 1024};
    constexpr Initial kHe{Filling::HeFanIn, 0};
    CnnBuilder builder(inputPlanes, curve);
    NodeId x = kInputNode;
    for (const int width : kWidths) {
        if (width != kWidths.front())
            x = builder.pooled(x);
        x = builder.curved(builder.convolve(x, width, kHe, Bias::Zero));
    }
    const NodeId featureMap = x;
    x = builder.flatten(builder.adaptiveAveragePool(builder.maxPool(x), kGrid));
    x = builder.linear(x, {.name = "classifier.0", .out = kHiddenUnits, .bias = Bias::Zero, .weight = kHe});
    x = builder.activate(x, curve);
    if (dropout > 0)
        x = builder.dropout(x, dropout);
    x = builder.linear(x, {.name = dropout > 0 ? "classifier.3" : "classifier.2",
                           .out = labelCount,
                           .bias = Bias::Zero,
                           .weight = {Filling::Xavier, 0}});
    return builder.finishBlocks(featureMap, x);
}

} // namespace

Graph cnnRelu(int labelCount, int inputPlanes) {
    return sixBlocks(op::Curve::Relu, 0, labelCount, inputPlanes);
}

Graph cnnGelu(int labelCount, int inputPlanes) {
    return sixBlocks(op::Curve::Gelu, 0.5, labelCount, inputPlanes);
}

// Six blocks of two convolutions with batch norm, averaged into one layer.
Graph cnnSwish(int labelCount, int inputPlanes) {
    constexpr std::array kWidths{32, 64, 128, 256, 512, 512};
    CnnBuilder builder(inputPlanes, op::Curve::Swish);
    NodeId x = kInputNode;
    for (std::size_t block = 0; block < kWidths.size(); ++block) {
        if (block > 0)
            x = builder.pooled(x);
        for (int i = 0; i < 2; ++i) {
            x = builder.convolve(x, kWidths[block], {Filling::LeCun, 0}, Bias::None);
            x = builder.curved(builder.normalise(x));
        }
    }
    const NodeId logits = builder.linear(
        builder.pooledVector(x),
        {.name = "classifier.0", .out = labelCount, .bias = Bias::Zero, .weight = {Filling::Xavier, 0}});
    return builder.finishBlocks(x, logits);
}

} // namespace hilum
