// oneDNN 2.x and 3.x behind one set of functions. Internal: shows oneDNN. Every function throws dnnl::error
// where the library has no implementation.
#pragma once

#include <functional>

#include <oneapi/dnnl/dnnl.hpp>

#include "core/graph/Graph.h"

namespace hilum {

inline dnnl::memory::dims dimsOf(const Extent& extent) { return {extent.height, extent.width}; }

dnnl::memory::dims dimsOf(const dnnl::memory::desc& desc);
dnnl::memory::data_type typeOf(const dnnl::memory::desc& desc);

struct WindowDims {
    dnnl::memory::dims stride;
    dnnl::memory::dims paddingBefore;
    dnnl::memory::dims paddingAfter;
};

using ConvolutionDesc = dnnl::convolution_forward::primitive_desc;

// Every implementation that oneDNN has for the convolution, its favourite first, until visit returns false.
void visitConvolutions(const dnnl::engine& engine, dnnl::algorithm algorithm,
                       const dnnl::memory::desc& source, const dnnl::memory::desc& weights,
                       const dnnl::memory::desc& bias, const dnnl::memory::desc& target,
                       const WindowDims& window, const dnnl::primitive_attr& attributes,
                       const std::function<bool(const ConvolutionDesc&)>& visit);

dnnl::pooling_forward::primitive_desc poolingDesc(const dnnl::engine& engine, dnnl::algorithm algorithm,
                                                  const dnnl::memory::desc& source,
                                                  const dnnl::memory::desc& target,
                                                  const dnnl::memory::dims& kernel, const WindowDims& window,
                                                  const dnnl::primitive_attr& attributes);

// Behind a primitive: [add what the target holds,] then [the activation].
struct Epilogue {
    bool sum = false;
    const op::Activation* activation = nullptr;
};
// With scratchpads that the caller brings.
dnnl::primitive_attr attributesFor(const Epilogue& epilogue);

} // namespace hilum
