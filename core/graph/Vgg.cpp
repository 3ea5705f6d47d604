// Simonyan & Zisserman 2014, arXiv 1409.1556; layer indices as in torchvision's vgg16() and vgg19().
#include "core/graph/Families.h"

#include <initializer_list>

#include "core/graph/GraphBuilder.h"

namespace hilum {
namespace {

constexpr int kPool = 0; // in a list of widths
constexpr int kHiddenUnits = 4096;
constexpr Initial kHe{Filling::HeFanOut, 0};
constexpr Initial kSmall{Filling::Normal, 0.01};

// torchvision counts the ReLU behind each convolution, too.
Graph vgg(std::initializer_list<int> widths, int labelCount, int inputPlanes) {
    GraphBuilder builder(inputPlanes);
    NodeId x = kInputNode;
    int index = 0;
    for (const int width : widths) {
        if (width == kPool) {
            x = builder.maxPool(x);
            index += 1;
            continue;
        }
        const std::string name = "features." + std::to_string(index);
        x = builder.rectify(builder.convolution(
            x, {.name = name, .out = width, .kernel = 3, .padding = 1, .bias = Bias::Zero, .weight = kHe}));
        index += 2;
    }
    const NodeId featureMap = x;
    x = builder.flatten(builder.adaptiveAveragePool(x, 7));
    for (const char* name : {"classifier.0", "classifier.3"}) {
        x = builder.linear(x, {.name = name, .out = kHiddenUnits, .bias = Bias::Zero, .weight = kSmall});
        x = builder.dropout(builder.rectify(x));
    }
    x = builder.linear(x, {.name = "classifier.6", .out = labelCount, .bias = Bias::Zero, .weight = kSmall});
    Graph graph = builder.finish(featureMap, x);
    graph.headPrefixes = {"classifier."};
    return graph;
}

} // namespace

// Configuration D.
Graph vgg16(int labelCount, int inputPlanes) {
    Graph graph = vgg(
        {64, 64, kPool, 128, 128, kPool, 256, 256, 256, kPool, 512, 512, 512, kPool, 512, 512, 512, kPool},
        labelCount, inputPlanes);
    graph.lastBlockPrefixes = {"features.24.", "features.26.", "features.28."};
    return graph;
}

// Configuration E.
Graph vgg19(int labelCount, int inputPlanes) {
    Graph graph = vgg({64,  64,  kPool, 128, 128,   kPool, 256, 256, 256, 256,  kPool,
                       512, 512, 512,   512, kPool, 512,   512, 512, 512, kPool},
                      labelCount, inputPlanes);
    graph.lastBlockPrefixes = {"features.28.", "features.30.", "features.32.", "features.34."};
    return graph;
}

} // namespace hilum
