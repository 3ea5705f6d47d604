// A convolutional network as data: what every engine runs, trains or exports is this description. Names are
// torchvision's, so that weights travel both ways. Values; no library needed.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace hilum {

// Rows and columns of a kernel, a stride, a padding (on both sides) or a grid.
struct Extent {
    int height = 0;
    int width = 0;

    constexpr Extent() = default;
    constexpr Extent(int side) : height(side), width(side) {} // a square; implicit on purpose
    constexpr Extent(int rows, int columns) : height(rows), width(columns) {}
    [[nodiscard]] constexpr int area() const { return height * width; }
    friend constexpr bool operator==(const Extent&, const Extent&) = default;
};

// How weights begin. fan is the number of inputs of one output (fan out: the outputs that one input reaches).
enum class Filling {
    HeFanOut,        // normal, variance 2 / fan out (He et al. 2015, arXiv 1502.01852)
    HeFanIn,         // normal, variance 2 / fan in
    HeUniform,       // uniform, bound √(6 / fan in)
    LeCun,           // normal, variance 1 / fan in (LeCun et al. 1998, Efficient BackProp)
    Xavier,          // uniform, bound √(6 / (fan in + fan out)) (Glorot & Bengio 2010)
    Uniform,         // uniform, bound 1 / √(fan in): PyTorch's default
    Normal,          // normal with the deviation given
    TruncatedNormal, // the same, cut off at ± 2
};
struct Initial {
    Filling filling = Filling::Uniform;
    double deviation = 0; // Normal, TruncatedNormal
};
enum class Bias { None, Zero, Uniform }; // Uniform: bound 1 / √(fan in)

namespace op {

struct Input {};
// Cross-correlation, dilation 1. Parameters NAME.weight (out × in/groups × h × w) and, with a bias,
// NAME.bias.
struct Convolution {
    std::string name;
    int in = 0;
    int out = 0;
    Extent kernel = 1;
    Extent stride = 1;
    Extent padding = 0; // with zeros
    int groups = 1;
    Bias bias = Bias::None;
    Initial weight{};
};
// NAME.weight, NAME.bias, NAME.running_mean, NAME.running_var, NAME.num_batches_tracked; momentum 0.1.
struct BatchNorm {
    std::string name;
    int channels = 0;
    double epsilon = 1e-5;
    double initialWeight = 1;
};
enum class Curve {
    Relu,  // max(x, 0)
    Gelu,  // x Φ(x), with the error function (Hendrycks & Gimpel 2016, arXiv 1606.08415)
    Swish, // x / (1 + exp(-x)) (Ramachandran et al. 2017, arXiv 1710.05941)
};
struct Activation {
    Curve curve = Curve::Relu;
    double ceiling = 0; // Relu: min(max(x, 0), ceiling); 0: none

    [[nodiscard]] bool isPlainRelu() const { return curve == Curve::Relu && ceiling == 0; }
};
struct MaxPool {
    Extent kernel = 2;
    Extent stride = 2;
    Extent padding = 0;
    bool ceilMode = false; // a last window that starts inside the padded image counts, as PyTorch has it
};
struct AveragePool {
    Extent kernel = 2;
    Extent stride = 2;
    Extent padding = 0;
    bool ceilMode = false;
    bool countPadding = true; // divide by the whole window, padding included
};
struct AdaptiveAveragePool {
    Extent grid = 1;
};
struct Concat {}; // along the channels
struct Add {};    // of two
struct Flatten {};
// NAME.weight (out × in) and NAME.bias.
struct Linear {
    std::string name;
    int in = 0;
    int out = 0;
    Bias bias = Bias::Uniform;
    Initial weight{};
};
struct Dropout {
    double probability = 0.5;
};

} // namespace op

using Operation =
    std::variant<op::Input, op::Convolution, op::BatchNorm, op::Activation, op::MaxPool, op::AveragePool,
                 op::AdaptiveAveragePool, op::Concat, op::Add, op::Flatten, op::Linear, op::Dropout>;

using NodeId = int; // a position in Graph::nodes

struct Node {
    Operation operation;
    std::vector<NodeId> inputs; // all smaller than the node's own id
    int channels = 0;           // of the output; behind Flatten the number of features
};

constexpr NodeId kNoNode = -1;
constexpr NodeId kInputNode = 0;

// features() is everything that featureMap needs, head() what stands between it and logits.
struct Graph {
    std::vector<Node> nodes;          // in an order in which they can be computed; nodes[0] is the input
    NodeId featureMap = kNoNode;      // the layer that Grad-CAM looks at, N × C × h × w
    NodeId logits = kNoNode;          // N × K
    NodeId auxiliaryLogits = kNoNode; // N × K, for the loss in training only; kNoNode: none
    // Name prefixes of the parameters behind the cut, and of the last block before it: what a freeze policy
    // leaves trainable. E.g. {"fc."} and {"layer4."}.
    std::vector<std::string> headPrefixes;
    std::vector<std::string> lastBlockPrefixes;

    [[nodiscard]] const Node& node(NodeId id) const { return nodes[static_cast<std::size_t>(id)]; }
    template <class Op>
    [[nodiscard]] const Op* as(NodeId id) const {
        return std::get_if<Op>(&node(id).operation);
    }
};

// kNoNode is none.
inline bool isPlainRelu(const Graph& graph, NodeId id) {
    const auto* activation = id == kNoNode ? nullptr : graph.as<op::Activation>(id);
    return activation != nullptr && activation->isPlainRelu();
}

} // namespace hilum
