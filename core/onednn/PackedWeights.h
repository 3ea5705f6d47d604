// Convolution weights with their batch norm folded in, in the layouts that oneDNN's primitives, Winograd's
// products or our own 1 × 1 convolutions ask for. Internal: shows oneDNN.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "core/graph/Fusion.h"
#include "core/graph/Graph.h"
#include "core/kernels/Winograd.h"
#include "core/model/TensorFile.h"
#include "core/onednn/MemoryPool.h"
#include "core/onednn/OneDnn.h"

namespace hilum {

// y = scale × x + shift, per channel: what a batch norm is once it is trained.
struct Affine {
    std::vector<float> scale;
    std::vector<float> shift;
};
Affine affineOf(const op::BatchNorm& norm, const TensorIndex& tensors);

dnnl::memory::dims weightDims(const op::Convolution& convolution);

// The layout of Winograd's weights: products × K × C with K in panels as panelFor() says. isNarrow: in bf16,
// with pairs of C together, which oneDNN has no name for.
dnnl::memory::desc winogradLayout(const WinogradTiles& tiles, bool isNarrow);
// Of weights K × C × 3 × 3, into memory of that layout.
void packWinograd(std::span<const float> weights, const dnnl::memory& packed);

// The layout of the weights K × C of our own 1 × 1 convolutions (core/kernels/PointwiseProducts.h), which
// oneDNN has no name for.
dnnl::memory::desc pointwiseLayout(dnnl::memory::dim outputs, dnnl::memory::dim inputs, bool isNarrow);
// Of weights K × C, into memory of that layout.
void packPointwise(std::span<const float> weights, const dnnl::memory& packed);

class PackedWeights {
public:
    // All of them must outlive this. older: where it has a pass's weights in the same layout, they are
    // shared.
    PackedWeights(const Graph& graph, const TensorIndex& tensors, const dnnl::engine& engine,
                  const PackedWeights* older = nullptr)
        : m_graph(graph), m_tensors(tensors), m_engine(engine), m_older(older) {}

    // Into memory whose layout is of the convolution's own dimensions, winogradLayout() or pointwiseLayout().
    void packInto(const dnnl::memory& packed, const FusedPass& pass) const;
    // Kept, or packed now and kept.
    dnnl::memory weights(const FusedPass& pass, const dnnl::memory::desc& layout);
    // One float a channel; zeros where there is neither a bias nor a batch norm.
    dnnl::memory bias(const FusedPass& pass);

private:
    const Graph& m_graph;
    const TensorIndex& m_tensors;
    dnnl::engine m_engine;
    const PackedWeights* m_older;
    std::map<NodeId, dnnl::memory> m_packed; // by convolution
    MemoryPool m_pool;

    [[nodiscard]] const op::Convolution& convolution(const FusedPass& pass) const {
        return *m_graph.as<op::Convolution>(pass.main);
    }
    [[nodiscard]] std::vector<float> folded(const FusedPass& pass) const;
};

} // namespace hilum
