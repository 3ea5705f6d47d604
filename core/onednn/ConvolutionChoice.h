// How a convolution is best computed here: measured once a shape and machine. Internal: shows oneDNN.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/onednn/OneDnn.h"
#include "core/storage/ChoiceFile.h"

namespace hilum {

using Arguments = std::unordered_map<int, dnnl::memory>;

struct ConvolutionSpec {
    dnnl::memory::desc source;
    dnnl::memory::desc weights; // with the layout left to oneDNN
    dnnl::memory::desc bias;
    dnnl::memory::desc target;
    WindowDims window;
    Epilogue epilogue;

    // Tells it from every other shape, e.g. "1x256x14x14 256x256x3x3 1x1 +sum +relu".
    [[nodiscard]] std::string text() const;
};

// Direct, or one of Winograd's algorithms (Lavin & Gray 2015, arXiv 1509.09308), which multiply less; on values as
// they lie, or on values put in the order H × W × C first, for which some processors have the faster kernels.
struct ConvolutionWay {
    std::string name; // e.g. "blocked jit_wino_4x3:avx512_core"
    bool reorders = false;
    ConvolutionDesc desc;
};

// Every way that oneDNN offers, its own favourite first; without measuring more than one wants to: at most one
// direct and two of Winograd a layout. Never empty for a convolution that oneDNN can do.
std::vector<ConvolutionWay> waysOf(const ConvolutionSpec& spec, const dnnl::engine& engine, bool all);

// One convolution with all that it takes to run it.
class ConvolutionRun {
public:
    // arguments: source, bias and target as spec describes them, and weights as way.desc asks for.
    ConvolutionRun(const ConvolutionWay& way, const ConvolutionSpec& spec, Arguments arguments,
                   const dnnl::engine& engine);

    [[nodiscard]] const dnnl::memory::desc& scratchpad() const { return m_scratchpad; }
    void setScratchpad(const dnnl::memory& memory) { m_arguments.insert_or_assign(DNNL_ARG_SCRATCHPAD, memory); }
    void operator()(dnnl::stream& stream) const;

private:
    struct Move {
        dnnl::reorder reorder;
        dnnl::memory from, to;
    };
    std::vector<Move> m_before, m_after;
    dnnl::convolution_forward m_convolution;
    Arguments m_arguments;
    dnnl::memory::desc m_scratchpad;
};

// What choices depend on besides the shape, e.g. "AMD EPYC 9R14, 2 threads, oneDNN 2.6.3".
std::string machineText(int threads);

// The name of the fastest way, from the choices or measured and put there. arguments: source, bias and target,
// whose contents the measurement changes; pack gives weights in a layout.
std::string chooseWay(const ConvolutionSpec& spec, const dnnl::engine& engine, dnnl::stream& stream,
                      const Arguments& arguments, ChoiceFile& choices,
                      const std::function<dnnl::memory(const dnnl::memory::desc&)>& pack);

} // namespace hilum
