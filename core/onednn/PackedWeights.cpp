#include "core/onednn/PackedWeights.h"

#include <cmath>
#include <cstring>

#include "core/kernels/PointwiseProducts.h"
#include "core/kernels/TileProducts.h"
#include "core/onednn/OpenMpThreads.h"

namespace hilum {

Affine affineOf(const op::BatchNorm& norm, const TensorIndex& tensors) {
    const auto part = [&](const char* name) { return toFloats(*tensors.at(norm.name + name)); };
    Affine affine{part(".weight"), part(".bias")};
    const std::vector<float> mean = part(".running_mean"), variance = part(".running_var");
    for (std::size_t i = 0; i < mean.size(); ++i) {
        affine.scale[i] /= std::sqrt(variance[i] + static_cast<float>(norm.epsilon));
        affine.shift[i] -= mean[i] * affine.scale[i];
    }
    return affine;
}

dnnl::memory::dims weightDims(const op::Convolution& c) {
    if (c.groups == 1)
        return {c.out, c.in, c.kernel.height, c.kernel.width};
    return {c.groups, c.out / c.groups, c.in / c.groups, c.kernel.height, c.kernel.width};
}

dnnl::memory::desc winogradLayout(const WinogradTiles& tiles, bool isNarrow) {
    using Tag = dnnl::memory::format_tag;
    const auto dim = [](std::size_t count) { return static_cast<dnnl::memory::dim>(count); };
    const std::size_t panel = panelFor(tiles.target.channels);
    return {{dim(tiles.products()), dim(tiles.target.channels), dim(tiles.source.channels)},
            isNarrow ? dnnl::memory::data_type::bf16 : dnnl::memory::data_type::f32,
            panel == 32   ? Tag::aBc32b
            : panel == 16 ? Tag::aBc16b
                          : Tag::aBc8b};
}

void packWinograd(std::span<const float> weights, const dnnl::memory& packed) {
    const dnnl::memory::desc layout = packed.get_desc();
    const dnnl::memory::dims dims = dimsOf(layout);
    const auto outputs = static_cast<std::size_t>(dims[1]), inputs = static_cast<std::size_t>(dims[2]);
    const std::size_t side = dims[0] == static_cast<dnnl::memory::dim>(winogradProducts(3)) ? 3 : 4;
    const auto pack = [&](auto* values) {
        packWinogradWeights(weights.data(), {inputs * kWinogradTaps, kWinogradTaps, 1}, outputs, inputs, side,
                            false, values, outputs * inputs, onOpenMpThreads);
    };
    if (typeOf(layout) == dnnl::memory::data_type::bf16)
        pack(static_cast<Bfloat16*>(packed.get_data_handle()));
    else
        pack(static_cast<float*>(packed.get_data_handle()));
}

dnnl::memory::desc pointwiseLayout(dnnl::memory::dim outputs, dnnl::memory::dim inputs, bool isNarrow) {
    return {{outputs, inputs},
            isNarrow ? dnnl::memory::data_type::bf16 : dnnl::memory::data_type::f32,
            dnnl::memory::format_tag::ab};
}

void packPointwise(std::span<const float> weights, const dnnl::memory& packed) {
    const dnnl::memory::desc layout = packed.get_desc();
    const dnnl::memory::dims dims = dimsOf(layout);
    const PointwiseDims of{static_cast<std::size_t>(dims[1]), static_cast<std::size_t>(dims[0])};
    if (typeOf(layout) == dnnl::memory::data_type::bf16)
        packPointwiseWeights(weights.data(), of, static_cast<Bfloat16*>(packed.get_data_handle()));
    else
        packPointwiseWeights(weights.data(), of, static_cast<float*>(packed.get_data_handle()));
}

std::vector<float> PackedWeights::folded(const FusedPass& pass) const {
    const op::Convolution& conv = convolution(pass);
    std::vector<float> weights = toFloats(*m_tensors.at(conv.name + ".weight"));
    if (pass.norm != kNoNode) {
        const Affine affine = affineOf(*m_graph.as<op::BatchNorm>(pass.norm), m_tensors);
        const std::size_t each = weights.size() / affine.scale.size();
        for (std::size_t i = 0; i < weights.size(); ++i)
            weights[i] *= affine.scale[i / each];
    }
    return weights;
}

void PackedWeights::packInto(const dnnl::memory& packed, const FusedPass& pass) const {
    using Tag = dnnl::memory::format_tag;
    std::vector<float> weights = folded(pass);
    const dnnl::memory::dims dims = weightDims(convolution(pass)), packedDims = dimsOf(packed.get_desc());
    const Tag plain = dims.size() == 4 ? Tag::oihw : Tag::goihw;
    if (packedDims.size() == 2) // pointwiseLayout()
        return packPointwise(weights, packed);
    if (packedDims != dims)
        return packWinograd(weights, packed);
    dnnl::memory source({dims, dnnl::memory::data_type::f32, plain}, m_engine, weights.data()),
        target = packed;
    dnnl::stream stream(m_engine);
    dnnl::reorder(source, target).execute(stream, source, target);
    stream.wait();
}

dnnl::memory PackedWeights::weights(const FusedPass& pass, const dnnl::memory::desc& layout) {
    for (const PackedWeights* store : {static_cast<const PackedWeights*>(this), m_older}) {
        if (store == nullptr)
            continue;
        const auto found = store->m_packed.find(pass.main);
        if (found != store->m_packed.end() && found->second.get_desc() == layout)
            return found->second;
    }
    const dnnl::memory packed = m_pool.take(layout, m_engine);
    packInto(packed, pass);
    m_packed[pass.main] = packed;
    return packed;
}

dnnl::memory PackedWeights::bias(const FusedPass& pass) {
    const op::Convolution& conv = convolution(pass);
    std::vector<float> values(static_cast<std::size_t>(conv.out), 0.0F);
    if (conv.bias != Bias::None)
        values = toFloats(*m_tensors.at(conv.name + ".bias"));
    if (pass.norm != kNoNode) {
        const Affine affine = affineOf(*m_graph.as<op::BatchNorm>(pass.norm), m_tensors);
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = values[i] * affine.scale[i] + affine.shift[i];
    }
    dnnl::memory memory =
        m_pool.take({{conv.out}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::x}, m_engine);
    std::memcpy(memory.get_data_handle(), values.data(), values.size() * sizeof(float));
    return memory;
}

} // namespace hilum
