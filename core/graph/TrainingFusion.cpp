#include "core/graph/TrainingFusion.h"

#include <algorithm>

namespace hilum {
namespace {

// By node; kNoNode: none, or several. The feature map has one outside.
std::vector<NodeId> onlyUsers(const Graph& graph) {
    std::vector<int> count(graph.nodes.size());
    std::vector<NodeId> last(graph.nodes.size(), kNoNode);
    for (NodeId id = 0; id < static_cast<NodeId>(graph.nodes.size()); ++id) {
        for (const NodeId input : graph.node(id).inputs) {
            ++count[static_cast<std::size_t>(input)];
            last[static_cast<std::size_t>(input)] = id;
        }
    }
    ++count[static_cast<std::size_t>(graph.featureMap)];
    for (std::size_t i = 0; i < last.size(); ++i) {
        if (count[i] != 1)
            last[i] = kNoNode;
    }
    return last;
}

bool isBeginningOf(const std::vector<NodeId>& shorter, const std::vector<NodeId>& longer) {
    return shorter.size() < longer.size() && std::equal(shorter.begin(), shorter.end(), longer.begin());
}

void findGrowing(const Graph& graph, std::vector<TrainingRole>& roles) {
    const auto role = [&roles](NodeId id) -> TrainingRole& { return roles[static_cast<std::size_t>(id)]; };
    NodeId before = kNoNode; // the concatenation before
    std::vector<NodeId> block;
    const auto endBlock = [&] {
        for (const NodeId id : block) {
            if (block.size() > 1)
                role(id).grownChannels = graph.node(block.back()).channels;
        }
        block.clear();
    };
    for (NodeId id = 0; id < static_cast<NodeId>(graph.nodes.size()); ++id) {
        if (graph.as<op::Concat>(id) == nullptr || role(id).readingNorm == kNoNode)
            continue;
        if (before != kNoNode && isBeginningOf(graph.node(before).inputs, graph.node(id).inputs))
            role(id).grownFrom = before;
        else
            endBlock();
        block.push_back(id);
        before = id;
    }
    endBlock();
}

} // namespace

std::vector<TrainingRole> trainingRoles(const Graph& graph) {
    std::vector<TrainingRole> roles(graph.nodes.size());
    const std::vector<NodeId> users = onlyUsers(graph);
    const auto userOf = [&users](NodeId id) {
        return id == kNoNode ? kNoNode : users[static_cast<std::size_t>(id)];
    };
    for (NodeId id = 0; id < static_cast<NodeId>(graph.nodes.size()); ++id) {
        TrainingRole& role = roles[static_cast<std::size_t>(id)];
        const NodeId user = userOf(id);
        if (user == kNoNode)
            continue;
        if (graph.as<op::Concat>(id) != nullptr && graph.as<op::BatchNorm>(user) != nullptr)
            role.readingNorm = user;
        const bool isNorm = graph.as<op::BatchNorm>(id) != nullptr;
        if ((isNorm || graph.as<op::Add>(id) != nullptr) && isPlainRelu(graph, user))
            role.relu = user;
        const bool isFirst = graph.node(user).inputs.front() == id;
        if (isNorm && graph.as<op::Add>(user) != nullptr && isFirst && isPlainRelu(graph, userOf(user))) {
            role.sum = user;
            roles[static_cast<std::size_t>(user)].summedNorm = id;
        }
    }
    findGrowing(graph, roles);
    return roles;
}

} // namespace hilum
