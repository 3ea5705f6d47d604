#include "core/export/TorchScript.h"

#include <map>
#include <sstream>
#include <vector>

#include <torch/csrc/jit/api/module.h>

#include "core/model/CardJson.h"
#include "core/storage/AtomicFile.h"

namespace hilum {
namespace {

using JitModule = torch::jit::Module;

std::vector<std::string> partsOf(const std::string& dotted) {
    std::vector<std::string> parts;
    std::istringstream stream(dotted);
    for (std::string part; std::getline(stream, part, '.');)
        parts.push_back(part);
    return parts;
}

// "layer1.0.conv1.weight" as an expression: numbers are no identifiers.
std::string expression(const std::string& dotted) {
    std::string text = "self";
    for (const std::string& part : partsOf(dotted))
        text = "getattr(" + text + ", \"" + part + "\")";
    return text;
}

std::string pair(const Extent& extent) {
    return "[" + std::to_string(extent.height) + ", " + std::to_string(extent.width) + "]";
}

std::string boolean(bool value) { return value ? "True" : "False"; }

std::string number(double value) {
    std::ostringstream stream;
    stream.precision(17);
    stream << value;
    std::string text = stream.str();
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

template <class Window>
std::string window(const Window& w) {
    return pair(w.kernel) + ", " + pair(w.stride) + ", " + pair(w.padding);
}

// One line of the program for each node; dropout does nothing outside training.
class Program {
public:
    explicit Program(const Graph& graph) : m_graph(graph) {
        const std::vector<Step> steps = schedule(graph, kInputNode, {graph.logits});
        for (const Step& step : steps)
            m_text += "    v" + std::to_string(step.node) + " = " +
                      std::visit([&](const auto& operation) { return call(step.node, operation); },
                                 graph.node(step.node).operation) +
                      "\n";
    }

    [[nodiscard]] std::string text() const {
        return "def forward(self, v0):\n" + m_text + "    return v" + std::to_string(m_graph.logits) + "\n";
    }

private:
    const Graph& m_graph;
    std::string m_text;

    [[nodiscard]] std::string in(NodeId id, std::size_t index = 0) const {
        return "v" + std::to_string(m_graph.node(id).inputs[index]);
    }
    static std::string bias(const std::string& name, Bias kind) {
        return kind == Bias::None ? "None" : expression(name + ".bias");
    }

    std::string call(NodeId, const op::Input&) const { return "v0"; }
    std::string call(NodeId id, const op::Convolution& o) const {
        return "torch.conv2d(" + in(id) + ", " + expression(o.name + ".weight") + ", " +
               bias(o.name, o.bias) + ", " + pair(o.stride) + ", " + pair(o.padding) + ", [1, 1], " +
               std::to_string(o.groups) + ")";
    }
    std::string call(NodeId id, const op::BatchNorm& o) const {
        std::string text = "torch.batch_norm(" + in(id);
        for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
            text += ", " + expression(o.name + part);
        return text + ", False, 0.1, " + number(o.epsilon) + ", False)";
    }
    std::string call(NodeId id, const op::Activation& o) const {
        if (o.curve == op::Curve::Gelu)
            return "torch.gelu(" + in(id) + ")";
        if (o.curve == op::Curve::Swish)
            return "torch.silu(" + in(id) + ")";
        return o.ceiling == 0 ? "torch.relu(" + in(id) + ")"
                              : "torch.clamp(" + in(id) + ", 0.0, " + number(o.ceiling) + ")";
    }
    std::string call(NodeId id, const op::MaxPool& o) const {
        return "torch.max_pool2d(" + in(id) + ", " + window(o) + ", [1, 1], " + boolean(o.ceilMode) + ")";
    }
    std::string call(NodeId id, const op::AveragePool& o) const {
        return "torch.avg_pool2d(" + in(id) + ", " + window(o) + ", " + boolean(o.ceilMode) + ", " +
               boolean(o.countPadding) + ")";
    }
    std::string call(NodeId id, const op::AdaptiveAveragePool& o) const {
        return "torch.adaptive_avg_pool2d(" + in(id) + ", " + pair(o.grid) + ")";
    }
    std::string call(NodeId id, const op::Concat&) const {
        std::string list;
        for (std::size_t i = 0; i < m_graph.node(id).inputs.size(); ++i)
            list += (i == 0 ? "" : ", ") + in(id, i);
        return "torch.cat([" + list + "], 1)";
    }
    std::string call(NodeId id, const op::Add&) const {
        return "torch.add(" + in(id, 0) + ", " + in(id, 1) + ")";
    }
    std::string call(NodeId id, const op::Flatten&) const { return "torch.flatten(" + in(id) + ", 1)"; }
    std::string call(NodeId id, const op::Linear& o) const {
        return "torch.linear(" + in(id) + ", " + expression(o.name + ".weight") + ", " +
               bias(o.name, o.bias) + ")";
    }
    std::string call(NodeId id, const op::Dropout&) const { return in(id); }
};

// Modules by dotted name, as the state's names need them; each is a class of its own.
class ModuleTree {
public:
    ModuleTree() { newModule(""); }

    void add(const std::string& name, const at::Tensor& tensor, bool isBuffer) {
        const std::size_t dot = name.rfind('.');
        module(name.substr(0, dot)).register_parameter(name.substr(dot + 1), tensor, isBuffer);
    }
    JitModule& root() { return m_modules.at(""); }

private:
    std::shared_ptr<torch::jit::CompilationUnit> m_unit = std::make_shared<torch::jit::CompilationUnit>();
    std::map<std::string, JitModule> m_modules;

    JitModule& newModule(const std::string& name) {
        const std::string className = "__torch__.hilum.Module" + std::to_string(m_modules.size());
        JitModule& made =
            m_modules.emplace(name, JitModule(c10::QualifiedName(className), m_unit)).first->second;
        made.register_attribute("training", c10::BoolType::get(), false);
        return made;
    }

    JitModule& module(const std::string& name) {
        if (const auto known = m_modules.find(name); known != m_modules.end())
            return known->second;
        const std::size_t dot = name.rfind('.');
        JitModule& parent = module(dot == std::string::npos ? "" : name.substr(0, dot));
        JitModule& made = newModule(name);
        parent.register_module(dot == std::string::npos ? name : name.substr(dot + 1), made);
        return made;
    }
};

} // namespace

Result<void> writeTorchScript(const std::filesystem::path& file, const Network& network,
                              const ModelCard& card) {
    ModuleTree tree;
    for (const auto& item : network.named_parameters())
        tree.add(item.key(), item.value().detach(), false);
    for (const auto& item : network.named_buffers())
        tree.add(item.key(), item.value(), true);
    tree.root().define(Program(network.graph()).text());
    std::ostringstream stream;
    tree.root().save(stream, {{"hilum.card", cardToJson(card)}});
    return writeFileAtomically(file, stream.view());
}

} // namespace hilum
