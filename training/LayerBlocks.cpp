#include "training/LayerBlocks.h"

#include <algorithm>
#include <set>
#include <vector>

#include "core/graph/Shapes.h"

namespace hilum {
namespace {

bool startsWithAny(const std::string& name, const std::vector<std::string>& prefixes) {
    return std::ranges::any_of(prefixes, [&](const std::string& prefix) { return name.starts_with(prefix); });
}

// "layer2.0.conv1.weight" -> "layer2", "features.3.conv.0.weight" -> "features.3"
std::string firstWord(const std::string& name) {
    const std::string features = "features.";
    return name.substr(0, name.find('.', name.starts_with(features) ? features.size() : 0));
}

// Of the features: a last block as a whole under a name that no other has.
std::string wordOf(const Graph& graph, const std::string& parameter) {
    return startsWithAny(parameter, graph.lastBlockPrefixes) ? "." : firstWord(parameter);
}

} // namespace

std::map<std::string, int> blocksOf(const Graph& graph) {
    const std::vector<ParameterShape> parameters = parametersOf(graph);
    std::set<std::string> withLayers; // words that hold more than batch norms
    for (const ParameterShape& parameter : parameters) {
        if (parameter.shape.size() > 1)
            withLayers.insert(wordOf(graph, parameter.name));
    }
    std::map<std::string, int> numbers; // of blocks, from the first layers
    std::map<std::string, int> blocks;
    int current = 0;
    for (const ParameterShape& parameter : parameters) {
        if (startsWithAny(parameter.name, graph.headPrefixes))
            continue;
        if (const std::string word = wordOf(graph, parameter.name); withLayers.contains(word))
            current = numbers.try_emplace(word, static_cast<int>(numbers.size())).first->second;
        blocks[parameter.name] = current;
    }
    const auto count = static_cast<int>(numbers.size());
    for (auto& [name, block] : blocks)
        block = count - block;
    for (const ParameterShape& parameter : parameters)
        blocks.try_emplace(parameter.name, 0);
    return blocks;
}

} // namespace hilum
