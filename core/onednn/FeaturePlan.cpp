#include "core/onednn/FeaturePlan.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "core/graph/Fusion.h"
#include "core/graph/Shapes.h"
#include "core/kernels/PointwiseProducts.h"
#include "core/onednn/ConvolutionChoice.h"
#include "core/onednn/Kernels.h"
#include "core/onednn/Storage.h"

namespace hilum {
namespace {

using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

int channelBlock() { return dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core ? 16 : 8; }
std::size_t at(NodeId id) { return static_cast<std::size_t>(id); }

// oneDNN's kernels for AMX, the matrix units of newer processors, take values pixel by pixel, and are many
// times as fast in bf16 as those on blocks of channels.
bool hasMatrixUnits() {
#if DNNL_VERSION_MAJOR > 2 || (DNNL_VERSION_MAJOR == 2 && DNNL_VERSION_MINOR >= 4)
    return dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core_amx;
#else
    return false;
#endif
}

} // namespace

class FeaturePlan::Builder {
public:
    Builder(FeaturePlan& plan, const FeaturePlanInput& input)
        : m_plan(plan), m_in(input), m_passes(fusedFeatures(input.graph)),
          m_extents(extentsOf(input.graph, input.extent)),
          m_pixelsFirst(input.elements == ElementKind::Bfloat16 && hasMatrixUnits()),
          m_format{m_pixelsFirst ? 1 : channelBlock(),
                   input.elements == ElementKind::Float ? sizeof(float) : sizeof(Bfloat16)} {}

    bool build() {
        const NodeId last = m_in.graph.featureMap;
        auto storage = planStorage(m_in.graph, m_passes, m_extents, m_format);
        if (!storage || m_extents[at(last)].area() == 0)
            return false;
        m_storage = std::move(*storage);
        m_arena = own({{static_cast<dnnl::memory::dim>(m_storage.arenaBytes)}, Type::u8, Tag::x});
        std::memset(m_arena.get_data_handle(), 0, m_storage.arenaBytes); // channels that only pad are zero
        addInput();
        for (std::size_t i = 0; i < m_passes.size(); ++i) {
            if (m_storage.copiesResidual[i])
                addResidualCopy(m_passes[i]);
            if (i + 1 < m_passes.size() && isNormOf(m_passes[i], m_passes[i + 1])) {
                m_norm = &m_passes[i];
                continue; // with the convolution behind it
            }
            if (!addPass(m_passes[i]))
                return false;
            m_norm = nullptr;
            bringIntoPlace(m_passes[i].output);
        }
        bringScratchpad();
        m_plan.m_outputExtent = m_extents[at(last)];
        m_plan.m_readOutput = m_pixelsFirst ? pixelReader()
                              : isFloat()   ? outputReader<float>()
                                            : outputReader<Bfloat16>();
        return true;
    }

private:
    FeaturePlan& m_plan;
    const FeaturePlanInput& m_in;
    std::vector<FusedPass> m_passes;
    std::vector<Extent> m_extents;
    bool m_pixelsFirst; // else blocked by channels
    BlockFormat m_format;
    Storage m_storage;
    dnnl::memory m_arena;
    dnnl::memory m_input;                                        // as the first convolution takes it
    std::vector<std::shared_ptr<ConvolutionRun>> m_convolutions; // that still need a scratchpad
    const FusedPass* m_norm = nullptr;                           // before the pass, to be done with it
    std::optional<dnnl::memory> m_apart; // the pass's output, where its place is part of a wider buffer

    [[nodiscard]] bool isFloat() const { return m_in.elements == ElementKind::Float; }
    [[nodiscard]] Type elementType() const { return isFloat() ? Type::f32 : Type::bf16; }
    [[nodiscard]] int channelsOf(NodeId id) const { return m_in.graph.node(id).channels; }

    dnnl::memory own(const dnnl::memory::desc& desc) { return m_plan.m_memory.take(desc, m_in.engine); }

    [[nodiscard]] std::size_t elementsOf(NodeId id) const {
        const BlockedExtent extent = blockedExtent(id);
        return extent.blocks * extent.rows * extent.columns * static_cast<std::size_t>(m_format.channels);
    }
    [[nodiscard]] BlockedExtent blockedExtent(NodeId id) const {
        const Extent extent = m_extents[at(id)];
        return {static_cast<std::size_t>((channelsOf(id) + m_format.channels - 1) / m_format.channels),
                static_cast<std::size_t>(extent.height), static_cast<std::size_t>(extent.width)};
    }

    template <class T>
    T* dataOf(NodeId id) {
        const Slot& slot = m_storage.slots[at(id)];
        const std::size_t pixels = m_pixelsFirst ? 1 : static_cast<std::size_t>(m_extents[at(id)].area());
        const std::size_t channel =
            static_cast<std::size_t>(slot.firstChannel) * pixels * m_format.elementBytes;
        auto* arena = static_cast<std::byte*>(m_arena.get_data_handle());
        return reinterpret_cast<T*>(arena + m_storage.buffers[at(slot.buffer)].offset + channel);
    }

    [[nodiscard]] dnnl::memory::desc descOf(NodeId id) const {
        const Extent extent = m_extents[at(id)];
        return {{1, channelsOf(id), extent.height, extent.width},
                elementType(),
                m_pixelsFirst             ? Tag::nhwc
                : m_format.channels == 16 ? Tag::nChw16c
                                          : Tag::nChw8c};
    }

    [[nodiscard]] PixelExtent pixelExtent(NodeId id) const {
        const Extent extent = m_extents[at(id)];
        return {static_cast<std::size_t>(extent.height), static_cast<std::size_t>(extent.width),
                static_cast<std::size_t>(channelsOf(id))};
    }
    PixelView pixelsOf(NodeId id) {
        const Slot& slot = m_storage.slots[at(id)];
        return {dataOf<Bfloat16>(id), static_cast<std::size_t>(m_storage.buffers[at(slot.buffer)].channels)};
    }
    PixelView pixelsOf(NodeId id, const dnnl::memory& memory) const {
        return {static_cast<Bfloat16*>(memory.get_data_handle()), static_cast<std::size_t>(channelsOf(id))};
    }
    // oneDNN's fast kernels take no part of a wider buffer: that is copied before, or after.
    bool isApart(NodeId id) {
        return m_pixelsFirst && pixelsOf(id).stride != static_cast<std::size_t>(channelsOf(id));
    }

    dnnl::memory inPlace(NodeId id) { return {descOf(id), m_in.engine, dataOf<void>(id)}; }
    dnnl::memory sourceOf(NodeId id) {
        if (id == kInputNode)
            return m_input;
        if (!isApart(id))
            return inPlace(id);
        const dnnl::memory dense = own(descOf(id));
        addCopy(pixelsOf(id), pixelsOf(id, dense), pixelExtent(id));
        return dense;
    }
    dnnl::memory targetOf(NodeId id) {
        if (!isApart(id))
            return inPlace(id);
        if (!m_apart)
            m_apart = own(descOf(id));
        return *m_apart;
    }
    // Behind the pass whose target it was.
    void bringIntoPlace(NodeId id) {
        if (m_apart)
            addCopy(pixelsOf(id, *m_apart), pixelsOf(id), pixelExtent(id));
        m_apart.reset();
    }
    void addCopy(PixelView from, PixelView to, PixelExtent extent) {
        m_plan.m_actions.emplace_back([from, to, extent](dnnl::stream&) { copyValues(from, to, extent); });
    }

    void addInput() {
        const dnnl::memory::dims dims{1, channelsOf(kInputNode), m_in.extent.height, m_in.extent.width};
        m_input = own({dims, Type::f32, Tag::nchw});
        m_plan.m_input = static_cast<float*>(m_input.get_data_handle());
        m_plan.m_inputSize = m_input.get_desc().get_size() / sizeof(float);
        if (isFloat())
            return;
        const dnnl::memory narrow = own({dims, elementType(), m_pixelsFirst ? Tag::nhwc : Tag::nchw});
        const dnnl::reorder reorder(m_input, narrow);
        m_plan.m_actions.emplace_back([reorder, from = m_input, to = narrow](dnnl::stream& stream) mutable {
            reorder.execute(stream, from, to);
        });
        m_input = narrow;
    }

    void addResidualCopy(const FusedPass& pass) {
        if (m_pixelsFirst) {
            addCopy(pixelsOf(pass.residual), pixelsOf(pass.output, targetOf(pass.output)),
                    pixelExtent(pass.output));
            return;
        }
        m_plan.m_actions.emplace_back(
            [from = dataOf<std::byte>(pass.residual), to = dataOf<std::byte>(pass.output),
             bytes = elementsOf(pass.output) * m_format.elementBytes](dnnl::stream&) {
                std::memcpy(to, from, bytes);
            });
    }

    // A batch norm whose values nobody takes but a 1 × 1 convolution: what DenseNet consists of.
    [[nodiscard]] bool isNormOf(const FusedPass& norm, const FusedPass& pass) const {
        const auto* conv = m_in.graph.as<op::Convolution>(pass.main);
        const NodeId source = m_in.graph.node(norm.main).inputs.front();
        if (m_pixelsFirst || conv == nullptr || conv->kernel != Extent(1) || conv->stride != Extent(1) ||
            conv->padding != Extent(0) || conv->groups != 1 || pass.residual != kNoNode ||
            m_in.graph.as<op::BatchNorm>(norm.main) == nullptr || norm.halving != kNoNode ||
            source == kInputNode || m_in.graph.featureMap == norm.output)
            return false;
        std::ptrdiff_t users = 0;
        for (const Node& node : m_in.graph.nodes)
            users += std::ranges::count(node.inputs, norm.output);
        return users == 1 && m_in.graph.node(pass.main).inputs.front() == norm.output &&
               !overlap(source, pass.output);
    }
    // Whether the two values may share bytes: what is normed is read while the target is written, and the
    // plan of the arena does not know.
    [[nodiscard]] bool overlap(NodeId a, NodeId b) const {
        const auto bufferOf = [&](NodeId id) -> const Buffer& {
            return m_storage.buffers[at(m_storage.slots[at(id)].buffer)];
        };
        const Buffer &first = bufferOf(a), &second = bufferOf(b);
        return first.offset < second.offset + second.bytes && second.offset < first.offset + first.bytes;
    }

    bool addPass(const FusedPass& pass) {
        if (m_in.graph.as<op::Convolution>(pass.main) != nullptr)
            return addConvolution(pass);
        if (m_in.graph.node(pass.main).inputs.front() == kInputNode)
            return false;
        if (m_in.graph.as<op::BatchNorm>(pass.main) != nullptr ||
            m_in.graph.as<op::Activation>(pass.main) != nullptr)
            return isFloat() ? addAffine<float>(pass) : addAffine<Bfloat16>(pass);
        if (m_in.graph.as<op::Add>(pass.main) != nullptr)
            return isFloat() ? addSum<float>(pass) : addSum<Bfloat16>(pass);
        if (const auto* pool = m_in.graph.as<op::MaxPool>(pass.main))
            return addPooling(pass, *pool, dnnl::algorithm::pooling_max);
        if (const auto* pool = m_in.graph.as<op::AveragePool>(pass.main)) {
            if (pool->ceilMode && pool->countPadding && pool->padding != Extent(0))
                return false; // PyTorch divides the last window by a number that oneDNN does not know
            return addPooling(pass, *pool,
                              pool->countPadding && !pool->ceilMode
                                  ? dnnl::algorithm::pooling_avg_include_padding
                                  : dnnl::algorithm::pooling_avg_exclude_padding);
        }
        return false;
    }

    bool addConvolution(const FusedPass& pass) {
        const auto& conv = *m_in.graph.as<op::Convolution>(pass.main);
        const NodeId source = m_in.graph.node(pass.main).inputs.front();
        ConvolutionSpec spec{
            .source = source == kInputNode ? m_input.get_desc() : descOf(source),
            .weights = {weightDims(conv), elementType(), Tag::any},
            .bias = {{conv.out}, Type::f32, Tag::x},
            .target = descOf(pass.output),
            .window = {dimsOf(conv.stride), dimsOf(conv.padding), dimsOf(conv.padding)},
            .epilogue = {pass.residual != kNoNode, pass.activation == kNoNode
                                                       ? nullptr
                                                       : m_in.graph.as<op::Activation>(pass.activation)}};
        if (m_norm != nullptr)
            spec.norm = normBefore(*m_norm);
        Arguments arguments{{DNNL_ARG_SRC, sourceOf(source)},
                            {DNNL_ARG_BIAS, m_in.weights.bias(pass)},
                            {DNNL_ARG_DST, targetOf(pass.output)}};
        const bool hasChoice =
            !m_pixelsFirst && conv.groups == 1 && (conv.kernel != Extent(1) || hasPointwiseProducts());
        const std::string wanted = hasChoice ? chosenWay(pass, spec, arguments) : std::string();
        const std::vector<ConvolutionWay> ways = waysOf(spec, m_in.engine, !wanted.empty());
        if (ways.empty())
            return false;
        const auto found = std::ranges::find(ways, wanted, &ConvolutionWay::name);
        const ConvolutionWay& way = found == ways.end() ? ways.front() : *found;
        arguments.emplace(DNNL_ARG_WEIGHTS, m_in.weights.weights(pass, way.weights()));
        m_convolutions.push_back(runOf(way, spec, arguments, m_in.engine));
        m_plan.m_actions.emplace_back(
            [run = m_convolutions.back()](dnnl::stream& stream) { (*run)(stream); });
        return true;
    }

    std::shared_ptr<const NormBefore> normBefore(const FusedPass& norm) {
        const NodeId source = m_in.graph.node(norm.main).inputs.front();
        Affine affine = affineOf(*m_in.graph.as<op::BatchNorm>(norm.main), m_in.tensors);
        fillBlocks(affine, source);
        return std::make_shared<const NormBefore>(NormBefore{
            inPlace(source), std::move(affine.scale), std::move(affine.shift), clampOfNode(norm.activation)});
    }

    // Channels that only pad are scaled to zero.
    void fillBlocks(Affine& affine, NodeId id) const {
        const std::size_t channels = blockedExtent(id).blocks * static_cast<std::size_t>(m_format.channels);
        affine.scale.resize(channels);
        affine.shift.resize(channels);
    }

    // Empty: none in particular.
    std::string chosenWay(const FusedPass& pass, const ConvolutionSpec& spec, const Arguments& arguments) {
        if (const auto known = m_in.ways.find(pass.main); known != m_in.ways.end())
            return known->second;
        if (m_in.choices == nullptr)
            return {};
        const auto pack = [&](const dnnl::memory& weights) { m_in.weights.packInto(weights, pass); };
        return m_in.ways[pass.main] =
                   chooseWay(spec, m_in.engine, m_plan.m_stream, arguments, *m_in.choices, pack);
    }

    template <class Pool>
    bool addPooling(const FusedPass& pass, const Pool& pool, dnnl::algorithm algorithm) {
        const NodeId source = m_in.graph.node(pass.main).inputs.front();
        const Extent in = m_extents[at(source)], out = m_extents[at(pass.output)];
        const auto behind = [](int outSize, int inSize, int kernel, int stride, int padding) {
            return std::max(padding, (outSize - 1) * stride + kernel - inSize - padding); // more in ceil mode
        };
        const WindowDims window{
            dimsOf(pool.stride),
            dimsOf(pool.padding),
            {behind(out.height, in.height, pool.kernel.height, pool.stride.height, pool.padding.height),
             behind(out.width, in.width, pool.kernel.width, pool.stride.width, pool.padding.width)}};
        const auto desc = poolingDesc(m_in.engine, algorithm, descOf(source), descOf(pass.output),
                                      dimsOf(pool.kernel), window, attributesFor({}));
        Arguments arguments{{DNNL_ARG_SRC, sourceOf(source)},
                            {DNNL_ARG_DST, targetOf(pass.output)},
                            {DNNL_ARG_SCRATCHPAD, own(desc.scratchpad_desc())}};
        m_plan.m_actions.emplace_back([primitive = dnnl::pooling_forward(desc), all = std::move(arguments)](
                                          dnnl::stream& stream) { primitive.execute(stream, all); });
        return true;
    }

    [[nodiscard]] Clamp clampOfNode(NodeId relu) const {
        return relu == kNoNode ? Clamp() : clampOf(*m_in.graph.as<op::Activation>(relu));
    }

    template <class T>
    bool addAffine(const FusedPass& pass) {
        const NodeId source = m_in.graph.node(pass.main).inputs.front();
        const auto* norm = m_in.graph.as<op::BatchNorm>(pass.main);
        if (norm == nullptr && m_in.graph.as<op::Activation>(pass.main)->curve != op::Curve::Relu)
            return false;
        const auto channels = static_cast<std::size_t>(channelsOf(source));
        const Clamp clamp = clampOfNode(norm == nullptr ? pass.main : pass.activation);
        Affine affine = norm == nullptr ? Affine{std::vector(channels, 1.0F), std::vector(channels, 0.0F)}
                                        : affineOf(*norm, m_in.tensors);
        if (m_pixelsFirst) {
            m_plan.m_actions.emplace_back([from = pixelsOf(source), to = pixelsOf(pass.output),
                                           values = std::move(affine), extent = pixelExtent(source), clamp,
                                           halve = pass.halving != kNoNode](dnnl::stream&) {
                if (halve)
                    scaleShiftAndHalve(from, to, values.scale.data(), values.shift.data(), extent, clamp);
                else
                    scaleAndShift(from, to, values.scale.data(), values.shift.data(), extent, clamp);
            });
            return true;
        }
        const BlockedExtent extent = blockedExtent(source);
        const auto block = static_cast<std::size_t>(m_format.channels);
        fillBlocks(affine, source);
        m_plan.m_actions.emplace_back([from = dataOf<T>(source), to = dataOf<T>(pass.output),
                                       values = std::move(affine), clamp, extent, block,
                                       halve = pass.halving != kNoNode](dnnl::stream&) {
            const auto run = halve ? scaleShiftAndHalve<T> : scaleAndShift<T>;
            run(from, to, values.scale.data(), values.shift.data(), extent, block, clamp);
        });
        return true;
    }

    template <class T>
    bool addSum(const FusedPass& pass) {
        const std::vector<NodeId>& terms = m_in.graph.node(pass.main).inputs;
        if (terms[1] == kInputNode)
            return false;
        if (m_pixelsFirst) {
            m_plan.m_actions.emplace_back([a = pixelsOf(terms[0]), b = pixelsOf(terms[1]),
                                           to = pixelsOf(pass.output), extent = pixelExtent(pass.output),
                                           clamp = clampOfNode(pass.activation)](dnnl::stream&) {
                addValues(a, b, to, extent, clamp);
            });
            return true;
        }
        m_plan.m_actions.emplace_back(
            [a = dataOf<T>(terms[0]), b = dataOf<T>(terms[1]), to = dataOf<T>(pass.output),
             count = elementsOf(pass.output),
             clamp = clampOfNode(pass.activation)](dnnl::stream&) { addValues(a, b, to, count, clamp); });
        return true;
    }

    // One for all: they follow each other.
    void bringScratchpad() {
        std::size_t bytes = 1;
        for (const auto& run : m_convolutions)
            bytes = std::max(bytes, run->scratchpad().get_size());
        const dnnl::memory shared = own({{static_cast<dnnl::memory::dim>(bytes)}, Type::u8, Tag::x});
        for (const auto& run : m_convolutions)
            run->setScratchpad({run->scratchpad(), m_in.engine, shared.get_data_handle()});
    }

    std::function<std::vector<float>()> pixelReader() {
        const NodeId last = m_in.graph.featureMap;
        return [from = pixelsOf(last), extent = pixelExtent(last)] {
            std::vector<float> map(extent.rows * extent.columns * extent.channels);
            toPlanes(from, map.data(), extent);
            return map;
        };
    }

    template <class T>
    std::function<std::vector<float>()> outputReader() {
        const auto channels = static_cast<std::size_t>(channelsOf(m_in.graph.featureMap));
        const auto pixels = static_cast<std::size_t>(m_extents[at(m_in.graph.featureMap)].area());
        return [data = dataOf<T>(m_in.graph.featureMap), channels, pixels,
                block = static_cast<std::size_t>(m_format.channels)] {
            std::vector<float> map(channels * pixels);
            unblock(data, map.data(), channels, pixels, block);
            return map;
        };
    }
};

std::unique_ptr<FeaturePlan> FeaturePlan::make(const FeaturePlanInput& input) {
    std::unique_ptr<FeaturePlan> plan(new FeaturePlan(input.engine));
    return Builder(*plan, input).build() ? std::move(plan) : nullptr;
}

std::vector<float> FeaturePlan::run(std::span<const float> planes) {
    std::copy_n(planes.begin(), m_inputSize, m_input);
    for (const Action& action : m_actions)
        action(m_stream);
    m_stream.wait();
    return m_readOutput();
}

} // namespace hilum
