#include "core/export/Onnx.h"

#include <algorithm>
#include <array>
#include <deque>
#include <limits>

#include <nlohmann/json.hpp>

#include "core/export/ProtoMessage.h"
#include "core/graph/Shapes.h"
#include "core/model/CardJson.h"
#include "core/storage/AtomicFile.h"

namespace hilum {
namespace {

constexpr std::int64_t kIrVersion = 8;
constexpr std::int64_t kOperatorSet = 17;
constexpr std::int64_t kFloatType = 1;           // TensorProto.DataType
constexpr std::uint64_t kMostBytes = 0x7fffffff; // of a message

// Field numbers of onnx.proto.
namespace field {
constexpr int kModelIrVersion = 1, kModelProducer = 2, kModelGraph = 7, kModelOperatorSet = 8,
              kModelMetadata = 14;
constexpr int kOperatorSetDomain = 1, kOperatorSetVersion = 2;
constexpr int kPropertyKey = 1, kPropertyValue = 2;
constexpr int kGraphNode = 1, kGraphName = 2, kGraphInitializer = 5, kGraphInput = 11, kGraphOutput = 12;
constexpr int kNodeInput = 1, kNodeOutput = 2, kNodeName = 3, kNodeType = 4, kNodeAttribute = 5;
constexpr int kAttributeName = 1, kAttributeFloat = 2, kAttributeInt = 3, kAttributeInts = 8,
              kAttributeType = 20;
constexpr int kTensorDims = 1, kTensorType = 2, kTensorName = 8, kTensorRaw = 9;
constexpr int kValueName = 1, kValueType = 2;
constexpr int kTypeTensor = 1, kTensorTypeElement = 1, kTensorTypeShape = 2;
constexpr int kShapeDimension = 1, kDimensionValue = 1, kDimensionName = 2;
} // namespace field

ProtoMessage attribute(const char* name, std::int64_t value) {
    ProtoMessage message;
    message.addText(field::kAttributeName, name);
    message.addNumber(field::kAttributeInt, value);
    message.addNumber(field::kAttributeType, 2);
    return message;
}

ProtoMessage attribute(const char* name, float value) {
    ProtoMessage message;
    message.addText(field::kAttributeName, name);
    message.addFloat(field::kAttributeFloat, value);
    message.addNumber(field::kAttributeType, 1);
    return message;
}

ProtoMessage attribute(const char* name, std::initializer_list<std::int64_t> values) {
    ProtoMessage message;
    message.addText(field::kAttributeName, name);
    for (const std::int64_t value : values)
        message.addNumber(field::kAttributeInts, value);
    message.addNumber(field::kAttributeType, 7);
    return message;
}

ProtoMessage property(std::string_view key, std::string_view value) {
    ProtoMessage message;
    message.addText(field::kPropertyKey, key);
    message.addText(field::kPropertyValue, value);
    return message;
}

// A float tensor with a free batch size.
ProtoMessage batchValue(const char* name, std::initializer_list<std::int64_t> sides) {
    ProtoMessage shape;
    ProtoMessage batch;
    batch.addText(field::kDimensionName, "N");
    shape.addMessage(field::kShapeDimension, std::move(batch));
    for (const std::int64_t side : sides) {
        ProtoMessage dimension;
        dimension.addNumber(field::kDimensionValue, side);
        shape.addMessage(field::kShapeDimension, std::move(dimension));
    }
    ProtoMessage tensor;
    tensor.addNumber(field::kTensorTypeElement, kFloatType);
    tensor.addMessage(field::kTensorTypeShape, std::move(shape));
    ProtoMessage type;
    type.addMessage(field::kTypeTensor, std::move(tensor));
    ProtoMessage value;
    value.addText(field::kValueName, name);
    value.addMessage(field::kValueType, std::move(type));
    return value;
}

// Rows that average in cells of input each, as adaptive pooling does: out × in.
std::vector<float> poolingMatrix(int in, int out) {
    std::vector<float> matrix(static_cast<std::size_t>(in) * static_cast<std::size_t>(out));
    for (int row = 0; row < out; ++row) {
        const int begin = row * in / out;
        const int end = ((row + 1) * in + out - 1) / out;
        for (int column = begin; column < end; ++column)
            matrix[static_cast<std::size_t>(row * in + column)] = 1.0F / static_cast<float>(end - begin);
    }
    return matrix;
}

std::vector<float> transposed(const std::vector<float>& matrix, int rows, int columns) {
    std::vector<float> result(matrix.size());
    for (int row = 0; row < rows; ++row) {
        for (int column = 0; column < columns; ++column)
            result[static_cast<std::size_t>(column * rows + row)] =
                matrix[static_cast<std::size_t>(row * columns + column)];
    }
    return result;
}

class OnnxGraph {
public:
    OnnxGraph(const Graph& graph, const ModelCard& card, const ParameterValues& values)
        : m_graph(graph), m_values(values), m_extents(extentsOf(graph, card.preprocessing.inputSizePx)),
          m_names(graph.nodes.size()) {
        m_names[kInputNode] = "images";
        const std::vector<bool> needed = neededForLogits();
        for (NodeId id = 1; id <= graph.logits; ++id) {
            if (needed[static_cast<std::size_t>(id)])
                std::visit([&](const auto& operation) { add(id, operation); }, graph.node(id).operation);
        }
        addNode("Identity", {nameOf(graph.logits)}, "logits", {});
        const std::string temperature = constant("temperature", {static_cast<float>(card.temperature)}, {});
        addNode("Div", {"logits", temperature}, "tempered_logits", {});
        addNode("Softmax", {"tempered_logits"}, "probabilities", {attribute("axis", std::int64_t{1})});
        const std::int64_t side = card.preprocessing.inputSizePx;
        const auto labels = static_cast<std::int64_t>(card.labels.size());
        m_message.addText(field::kGraphName, card.architecture);
        m_message.addMessage(field::kGraphInput,
                             batchValue("images", {graph.node(kInputNode).channels, side, side}));
        m_message.addMessage(field::kGraphOutput, batchValue("logits", {labels}));
        m_message.addMessage(field::kGraphOutput, batchValue("probabilities", {labels}));
    }

    ProtoMessage take() { return std::move(m_message); }

private:
    const Graph& m_graph;
    const ParameterValues& m_values;
    std::vector<Extent> m_extents;
    std::vector<std::string> m_names; // of each node's value
    ProtoMessage m_message;

    [[nodiscard]] std::vector<bool> neededForLogits() const {
        std::vector<bool> needed(m_graph.nodes.size(), false);
        needed[static_cast<std::size_t>(m_graph.logits)] = true;
        for (NodeId id = m_graph.logits; id > 0; --id) {
            for (const NodeId input : m_graph.node(id).inputs)
                needed[static_cast<std::size_t>(input)] =
                    needed[static_cast<std::size_t>(input)] || needed[static_cast<std::size_t>(id)];
        }
        return needed;
    }

    const std::string& nameOf(NodeId id) const { return m_names[static_cast<std::size_t>(id)]; }
    const std::string& input(NodeId id, std::size_t index = 0) const {
        return nameOf(m_graph.node(id).inputs[index]);
    }
    Extent extent(NodeId id) const { return m_extents[static_cast<std::size_t>(id)]; }

    void addNode(const char* type, const std::vector<std::string>& inputs, const std::string& output,
                 std::vector<ProtoMessage> attributes) {
        ProtoMessage node;
        for (const std::string& name : inputs)
            node.addText(field::kNodeInput, name);
        node.addText(field::kNodeOutput, output);
        node.addText(field::kNodeName, output);
        node.addText(field::kNodeType, type);
        for (ProtoMessage& item : attributes)
            node.addMessage(field::kNodeAttribute, std::move(item));
        m_message.addMessage(field::kGraphNode, std::move(node));
    }
    void add(NodeId id, const char* type, std::vector<std::string> inputs,
             std::vector<ProtoMessage> attributes) {
        m_names[static_cast<std::size_t>(id)] = "value" + std::to_string(id);
        addNode(type, inputs, nameOf(id), std::move(attributes));
    }

    ProtoMessage tensor(const std::string& name, const std::vector<std::int64_t>& shape) const {
        ProtoMessage message;
        for (const std::int64_t side : shape)
            message.addNumber(field::kTensorDims, side);
        message.addNumber(field::kTensorType, kFloatType);
        message.addText(field::kTensorName, name);
        return message;
    }
    std::string parameter(const std::string& name, const std::vector<std::int64_t>& shape) {
        ProtoMessage message = tensor(name, shape);
        message.addBytes(field::kTensorRaw, std::as_bytes(m_values(name)));
        m_message.addMessage(field::kGraphInitializer, std::move(message));
        return name;
    }
    std::string constant(const std::string& name, const std::vector<float>& values,
                         const std::vector<std::int64_t>& shape) {
        ProtoMessage message = tensor(name, shape);
        message.addText(field::kTensorRaw,
                        {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
        m_message.addMessage(field::kGraphInitializer, std::move(message));
        return name;
    }

    template <class Window>
    static std::vector<ProtoMessage> windowAttributes(const Window& window) {
        const std::int64_t top = window.padding.height;
        const std::int64_t left = window.padding.width;
        std::vector<ProtoMessage> attributes;
        attributes.push_back(attribute("kernel_shape", {window.kernel.height, window.kernel.width}));
        attributes.push_back(attribute("strides", {window.stride.height, window.stride.width}));
        attributes.push_back(attribute("pads", {top, left, top, left}));
        return attributes;
    }

    void add(NodeId, const op::Input&) {}
    void add(NodeId id, const op::Convolution& o) {
        std::vector<std::string> inputs{
            input(id),
            parameter(o.name + ".weight", {o.out, o.in / o.groups, o.kernel.height, o.kernel.width})};
        if (o.bias != Bias::None)
            inputs.push_back(parameter(o.name + ".bias", {o.out}));
        std::vector<ProtoMessage> attributes = windowAttributes(o);
        attributes.push_back(attribute("group", std::int64_t{o.groups}));
        add(id, "Conv", std::move(inputs), std::move(attributes));
    }
    void add(NodeId id, const op::BatchNorm& o) {
        std::vector<std::string> inputs{input(id)};
        for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
            inputs.push_back(parameter(o.name + part, {o.channels}));
        add(id, "BatchNormalization", std::move(inputs),
            {attribute("epsilon", static_cast<float>(o.epsilon))});
    }
    void add(NodeId id, const op::Activation& o) {
        if (o.curve == op::Curve::Gelu)
            return addGelu(id);
        if (o.curve == op::Curve::Swish)
            return addSwish(id);
        if (o.ceiling == 0)
            return add(id, "Relu", {input(id)}, {});
        const std::string suffix = std::to_string(id);
        const std::string low = constant("low" + suffix, {0}, {});
        const std::string high = constant("high" + suffix, {static_cast<float>(o.ceiling)}, {});
        add(id, "Clip", {input(id), low, high}, {});
    }
    // Opset 17 has no operator for either.
    void addGelu(NodeId id) {
        const std::string suffix = std::to_string(id);
        addNode("Mul", {input(id), constant("root_half" + suffix, {static_cast<float>(std::sqrt(0.5))}, {})},
                "scaled" + suffix, {});
        addNode("Erf", {"scaled" + suffix}, "erf" + suffix, {});
        addNode("Add", {"erf" + suffix, constant("one" + suffix, {1.0F}, {})}, "lifted" + suffix, {});
        addNode("Mul", {input(id), "lifted" + suffix}, "twice" + suffix, {});
        add(id, "Mul", {"twice" + suffix, constant("half" + suffix, {0.5F}, {})}, {});
    }
    void addSwish(NodeId id) {
        const std::string gate = "gate" + std::to_string(id);
        addNode("Sigmoid", {input(id)}, gate, {});
        add(id, "Mul", {input(id), gate}, {});
    }
    void add(NodeId id, const op::MaxPool& o) {
        std::vector<ProtoMessage> attributes = windowAttributes(o);
        attributes.push_back(attribute("ceil_mode", std::int64_t{o.ceilMode ? 1 : 0}));
        add(id, "MaxPool", {input(id)}, std::move(attributes));
    }
    void add(NodeId id, const op::AveragePool& o) {
        std::vector<ProtoMessage> attributes = windowAttributes(o);
        attributes.push_back(attribute("ceil_mode", std::int64_t{o.ceilMode ? 1 : 0}));
        attributes.push_back(attribute("count_include_pad", std::int64_t{o.countPadding ? 1 : 0}));
        add(id, "AveragePool", {input(id)}, std::move(attributes));
    }
    // To any grid: averages of rows, then of columns, as products with matrices.
    void add(NodeId id, const op::AdaptiveAveragePool& o) {
        if (o.grid == Extent(1))
            return add(id, "GlobalAveragePool", {input(id)}, {});
        const Extent in = extent(m_graph.node(id).inputs[0]);
        if (in == o.grid) {
            m_names[static_cast<std::size_t>(id)] = input(id);
            return;
        }
        const std::string suffix = std::to_string(id);
        const std::string rows =
            constant("rows" + suffix, poolingMatrix(in.height, o.grid.height), {o.grid.height, in.height});
        const std::string columns = constant(
            "columns" + suffix, transposed(poolingMatrix(in.width, o.grid.width), o.grid.width, in.width),
            {in.width, o.grid.width});
        addNode("MatMul", {rows, input(id)}, "pooled_rows" + suffix, {});
        add(id, "MatMul", {"pooled_rows" + suffix, columns}, {});
    }
    void add(NodeId id, const op::Concat&) {
        std::vector<std::string> parts;
        for (std::size_t i = 0; i < m_graph.node(id).inputs.size(); ++i)
            parts.push_back(input(id, i));
        add(id, "Concat", std::move(parts), {attribute("axis", std::int64_t{1})});
    }
    void add(NodeId id, const op::Add&) { add(id, "Add", {input(id, 0), input(id, 1)}, {}); }
    void add(NodeId id, const op::Flatten&) {
        add(id, "Flatten", {input(id)}, {attribute("axis", std::int64_t{1})});
    }
    void add(NodeId id, const op::Linear& o) {
        std::vector<std::string> inputs{input(id), parameter(o.name + ".weight", {o.out, o.in})};
        if (o.bias != Bias::None)
            inputs.push_back(parameter(o.name + ".bias", {o.out}));
        add(id, "Gemm", std::move(inputs), {attribute("transB", std::int64_t{1})});
    }
    // Does nothing outside training.
    void add(NodeId id, const op::Dropout&) { m_names[static_cast<std::size_t>(id)] = input(id); }
};

void addMetadata(ProtoMessage& model, const ModelCard& card) {
    const std::string cardText = cardToJson(card);
    const auto json = nlohmann::ordered_json::parse(cardText);
    model.addMessage(field::kModelMetadata, property("architecture", card.architecture));
    model.addMessage(field::kModelMetadata, property("labels", json.at("labels").dump()));
    model.addMessage(field::kModelMetadata, property("preprocessing", json.at("preprocessing").dump()));
    model.addMessage(field::kModelMetadata, property("hilum.card", cardText));
}

} // namespace

Result<void> writeOnnx(const std::filesystem::path& file, const Graph& graph, const ModelCard& card,
                       const ParameterValues& values) {
    const std::vector<Extent> extents = extentsOf(graph, card.preprocessing.inputSizePx);
    if (extents[static_cast<std::size_t>(graph.featureMap)] == Extent())
        return fail(ErrorCode::InvalidArgument, "The card's input is too small for the network.",
                    file.string());
    ProtoMessage operatorSet;
    operatorSet.addText(field::kOperatorSetDomain, "");
    operatorSet.addNumber(field::kOperatorSetVersion, kOperatorSet);
    ProtoMessage model;
    model.addNumber(field::kModelIrVersion, kIrVersion);
    model.addText(field::kModelProducer, "Hilum");
    model.addMessage(field::kModelGraph, OnnxGraph(graph, card, values).take());
    model.addMessage(field::kModelOperatorSet, std::move(operatorSet));
    addMetadata(model, card);
    if (model.size() > kMostBytes)
        return fail(ErrorCode::TooLarge, "An ONNX file holds at most 2 GB.", file.string());
    return writeFileAtomically(file, model.parts());
}

} // namespace hilum
