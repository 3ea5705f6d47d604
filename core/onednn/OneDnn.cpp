#include "core/onednn/OneDnn.h"

namespace hilum {

namespace {

constexpr auto kKind = dnnl::prop_kind::forward_inference;

struct Elementwise {
    dnnl::algorithm algorithm;
    float alpha = 0;
    float beta = 0;
};

Elementwise elementwiseOf(const op::Activation& activation) {
    switch (activation.curve) {
    case op::Curve::Gelu:
        return {dnnl::algorithm::eltwise_gelu_erf};
    case op::Curve::Swish:
        return {dnnl::algorithm::eltwise_swish, 1};
    case op::Curve::Relu:
        break;
    }
    if (activation.ceiling > 0)
        return {dnnl::algorithm::eltwise_clip, 0, static_cast<float>(activation.ceiling)};
    return {dnnl::algorithm::eltwise_relu};
}

} // namespace

#if DNNL_VERSION_MAJOR >= 3
dnnl::memory::dims dimsOf(const dnnl::memory::desc& desc) { return desc.get_dims(); }
dnnl::memory::data_type typeOf(const dnnl::memory::desc& desc) { return desc.get_data_type(); }
#else
dnnl::memory::dims dimsOf(const dnnl::memory::desc& desc) { return desc.dims(); }
dnnl::memory::data_type typeOf(const dnnl::memory::desc& desc) { return desc.data_type(); }
#endif

void visitConvolutions(const dnnl::engine& engine, dnnl::algorithm algorithm,
                       const dnnl::memory::desc& source, const dnnl::memory::desc& weights,
                       const dnnl::memory::desc& bias, const dnnl::memory::desc& target,
                       const WindowDims& window, const dnnl::primitive_attr& attributes,
                       const std::function<bool(const ConvolutionDesc&)>& visit) {
#if DNNL_VERSION_MAJOR >= 3
    ConvolutionDesc found(engine, kKind, algorithm, source, weights, bias, target, window.stride,
                          window.paddingBefore, window.paddingAfter, attributes);
#else
    // next_impl() looks at the description again: it must live as long as the search.
    const dnnl::convolution_forward::desc wanted(kKind, algorithm, source, weights, bias, target,
                                                 window.stride, window.paddingBefore, window.paddingAfter);
    ConvolutionDesc found(wanted, attributes, engine);
#endif
    while (visit(found) && found.next_impl()) {
    }
}

dnnl::pooling_forward::primitive_desc poolingDesc(const dnnl::engine& engine, dnnl::algorithm algorithm,
                                                  const dnnl::memory::desc& source,
                                                  const dnnl::memory::desc& target,
                                                  const dnnl::memory::dims& kernel, const WindowDims& window,
                                                  const dnnl::primitive_attr& attributes) {
#if DNNL_VERSION_MAJOR >= 3
    return {engine,
            kKind,
            algorithm,
            source,
            target,
            window.stride,
            kernel,
            {0, 0},
            window.paddingBefore,
            window.paddingAfter,
            attributes};
#else
    const dnnl::pooling_forward::desc desc(kKind, algorithm, source, target, window.stride, kernel,
                                           window.paddingBefore, window.paddingAfter);
    return {desc, attributes, engine};
#endif
}

dnnl::primitive_attr attributesFor(const Epilogue& epilogue) {
    dnnl::post_ops operations;
    if (epilogue.sum)
        operations.append_sum();
    if (epilogue.activation != nullptr) {
        const Elementwise step = elementwiseOf(*epilogue.activation);
#if DNNL_VERSION_MAJOR >= 3
        operations.append_eltwise(step.algorithm, step.alpha, step.beta);
#else
        operations.append_eltwise(1.0F, step.algorithm, step.alpha, step.beta);
#endif
    }
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(operations);
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attributes;
}

} // namespace hilum
