// How a convolution is best computed here: measured once a shape and machine. Internal: shows oneDNN.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/kernels/Winograd.h"
#include "core/onednn/Kernels.h"
#include "core/onednn/OneDnn.h"
#include "core/storage/ChoiceFile.h"

namespace hilum {

using Arguments = std::unordered_map<int, dnnl::memory>;

// A batch norm before a 1 × 1 convolution, and its activation.
struct NormBefore {
    // What is normed, wherever it lies; the convolution's own source is what comes of it.
    dnnl::memory source;
    std::vector<float> scale, shift; // one a channel
    Clamp clamp;
};

struct ConvolutionSpec {
    dnnl::memory::desc source;
    dnnl::memory::desc weights; // with the layout left to oneDNN
    dnnl::memory::desc bias;
    dnnl::memory::desc target;
    WindowDims window;
    Epilogue epilogue;
    std::shared_ptr<const NormBefore> norm{}; // null: none

    // Tells it from every other shape, e.g. "1x256x14x14 256x256x3x3 1x1 +sum +relu in bf16". Behind a norm
    // the input's channels are rounded up to a power of two: a DenseNet has dozens of them.
    [[nodiscard]] std::string text() const;
};

// One of oneDNN's convolutions, direct or one of its own of Winograd's algorithms, on values as they lie, or
// on values put in the order H × W × C first, for which some processors have the faster kernels; or the
// products of core/kernels/TileProducts.h between the transforms of Winograd.h, which every processor has; in
// bf16 those of NarrowProducts.h, where it has them; or our own 1 × 1 products (PointwiseProducts.h). Behind
// a norm: one of oneDNN's after a pass for the norm, or both at once (PointwiseProducts.h, too).
struct ConvolutionWay {
    std::string name; // e.g. "blocked jit_wino_4x3:avx512_core", "products, tiles of 3"
    bool reorders = false;
    ConvolutionDesc convolution{}; // unless it is in tiles or pointwise
    std::optional<WinogradTiles> tiles{};
    bool isNarrow = false;                         // tiles in bf16
    std::optional<dnnl::memory::desc> pointwise{}; // our own 1 × 1 products; of these weights

    // The layout that it asks for: of the convolution's own dimensions, winogradLayout() or
    // pointwiseLayout().
    [[nodiscard]] dnnl::memory::desc weights() const;
};

// Every way there is, oneDNN's own favourite first; without measuring more than one wants to: at most one
// direct and two of oneDNN's Winograd a layout, and our own products, where there are some: with tiles of
// either side, each also past the caches, or pointwise. Never empty for a convolution that oneDNN can do.
std::vector<ConvolutionWay> waysOf(const ConvolutionSpec& spec, const dnnl::engine& engine, bool all);

// One convolution with all that it takes to run it.
class ConvolutionRun {
public:
    virtual ~ConvolutionRun() = default;

    [[nodiscard]] virtual dnnl::memory::desc scratchpad() const = 0;
    virtual void setScratchpad(const dnnl::memory& memory) = 0;
    // Others, in the same layout.
    virtual void setWeights(const dnnl::memory& memory) = 0;
    virtual void operator()(dnnl::stream& stream) const = 0;
};
// arguments: source, bias and target as spec describes them (behind a norm, the source is where normed values
// may be put), and weights as way.weights() asks for.
std::unique_ptr<ConvolutionRun> runOf(const ConvolutionWay& way, const ConvolutionSpec& spec,
                                      const Arguments& arguments, const dnnl::engine& engine);

// What choices depend on besides the shape, e.g. "AMD EPYC 9R14, 2 threads, oneDNN 2.6.3, kernels 8".
std::string machineText(int threads);

// The name of the fastest way, from the choices or measured and put there; empty: there is none. arguments:
// source, bias and target, whose contents the measurement changes; pack fills memory with the weights, in its
// layout.
std::string chooseWay(const ConvolutionSpec& spec, const dnnl::engine& engine, dnnl::stream& stream,
                      const Arguments& arguments, ChoiceFile& choices,
                      const std::function<void(const dnnl::memory&)>& pack);

} // namespace hilum
