#include "core/onednn/Storage.h"

#include <algorithm>
#include <limits>

#include "core/graph/Schedule.h"

namespace hilum {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr int kForever = std::numeric_limits<int>::max();

std::size_t at(NodeId id) { return static_cast<std::size_t>(id); }

bool beginsWith(const std::vector<NodeId>& longer, const std::vector<NodeId>& shorter) {
    return longer.size() >= shorter.size() && std::equal(shorter.begin(), shorter.end(), longer.begin());
}

struct Lifetime {
    int first = kForever; // pass that writes it first
    int last = -1;        // pass that reads it last
};

class Planner {
public:
    Planner(const Graph& graph, const std::vector<FusedPass>& passes, const std::vector<Extent>& extents,
            const BlockFormat& format)
        : m_graph(graph), m_passes(passes), m_extents(extents), m_format(format),
          m_parent(graph.nodes.size()), m_same(graph.nodes.size(), kNoNode) {}

    std::optional<Storage> plan() {
        if (!placeParts())
            return std::nullopt;
        m_storage.slots.resize(m_graph.nodes.size());
        m_storage.copiesResidual.resize(m_passes.size(), false);
        for (std::size_t pass = 0; pass < m_passes.size(); ++pass)
            placeOutput(static_cast<int>(pass));
        for (const NodeId id : concatenations())
            m_storage.slots[at(id)] = slotOf(id);
        m_lifetimes[static_cast<std::size_t>(slotOf(m_graph.featureMap).buffer)].last = kForever;
        fillArena();
        return std::move(m_storage);
    }

private:
    struct Parent {
        NodeId concat = kNoNode;
        int firstChannel = 0;
    };

    const Graph& m_graph;
    const std::vector<FusedPass>& m_passes;
    const std::vector<Extent>& m_extents;
    const BlockFormat& m_format;
    std::vector<Parent> m_parent; // by node: the concatenation that it is a part of
    std::vector<NodeId> m_same;   // by node: a value whose buffer it continues
    std::vector<NodeId> m_concats;
    Storage m_storage;
    std::vector<Lifetime> m_lifetimes; // by buffer

    const std::vector<NodeId>& concatenations() {
        if (m_concats.empty()) {
            for (const Step& step : schedule(m_graph, kInputNode, {m_graph.featureMap})) {
                if (m_graph.as<op::Concat>(step.node) != nullptr)
                    m_concats.push_back(step.node);
            }
        }
        return m_concats;
    }

    // A concatenation that is the beginning of a longer one lives in that one's buffer; the others are the
    // owners, and their parts become slots.
    bool placeParts() {
        for (const NodeId id : concatenations()) {
            for (const NodeId other : concatenations()) {
                if (other != id && beginsWith(m_graph.node(other).inputs, m_graph.node(id).inputs))
                    m_same[at(id)] = other; // the last of them is the longest
            }
        }
        for (const NodeId id : concatenations()) {
            if (m_same[at(id)] == kNoNode && !placePartsOf(id))
                return false;
        }
        return true;
    }

    bool placePartsOf(NodeId concat) {
        int firstChannel = 0;
        for (const NodeId part : m_graph.node(concat).inputs) {
            const bool isFree = m_parent[at(part)].concat == kNoNode && m_same[at(part)] == kNoNode;
            if (part == kInputNode || !isFree || m_graph.node(part).channels % m_format.channels != 0)
                return false;
            m_parent[at(part)] = {concat, firstChannel};
            firstChannel += m_graph.node(part).channels;
        }
        return true;
    }

    Slot slotOf(NodeId id) {
        if (m_same[at(id)] != kNoNode)
            return slotOf(m_same[at(id)]);
        if (m_parent[at(id)].concat != kNoNode) {
            Slot slot = slotOf(m_parent[at(id)].concat);
            slot.firstChannel += m_parent[at(id)].firstChannel;
            return slot;
        }
        Slot& own = m_storage.slots[at(id)];
        if (own.buffer < 0) {
            own.buffer = static_cast<int>(m_storage.buffers.size());
            m_storage.buffers.push_back({m_graph.node(id).channels, bytesOf(id), 0});
            m_lifetimes.emplace_back();
        }
        return own;
    }

    [[nodiscard]] std::size_t bytesOf(NodeId id) const {
        const auto block = static_cast<std::size_t>(m_format.channels);
        const std::size_t blocks = (static_cast<std::size_t>(m_graph.node(id).channels) + block - 1) / block;
        const std::size_t bytes =
            blocks * block * static_cast<std::size_t>(m_extents[at(id)].area()) * m_format.elementBytes;
        return (bytes + kAlignment - 1) / kAlignment * kAlignment;
    }

    void placeOutput(int index) {
        const FusedPass& pass = m_passes[static_cast<std::size_t>(index)];
        for (const NodeId input : m_graph.node(pass.main).inputs)
            read(input, index);
        if (pass.residual != kNoNode) {
            read(pass.residual, index);
            if (mayContinue(pass, index))
                m_same[at(pass.output)] = pass.residual;
            else
                m_storage.copiesResidual[static_cast<std::size_t>(index)] = true;
        }
        const Slot slot = slotOf(pass.output);
        m_storage.slots[at(pass.output)] = slot;
        Lifetime& lifetime = m_lifetimes[static_cast<std::size_t>(slot.buffer)];
        lifetime.first = std::min(lifetime.first, index);
        lifetime.last = std::max(lifetime.last, index);
    }

    void read(NodeId value, int pass) {
        if (value == kInputNode)
            return;
        Lifetime& lifetime = m_lifetimes[static_cast<std::size_t>(slotOf(value).buffer)];
        lifetime.last = std::max(lifetime.last, pass);
    }

    // The sum may be made in the residual's place: nobody reads that afterwards, and the pass reads nothing
    // else from it.
    bool mayContinue(const FusedPass& pass, int index) {
        const NodeId residual = pass.residual;
        if (residual == kInputNode || m_graph.as<op::Concat>(residual) != nullptr ||
            m_parent[at(residual)].concat != kNoNode || m_parent[at(pass.output)].concat != kNoNode)
            return false;
        const auto reads = [&](const FusedPass& other) {
            return other.residual == residual ||
                   std::ranges::count(m_graph.node(other.main).inputs, residual) > 0;
        };
        const auto later = m_passes.begin() + index + 1;
        return std::none_of(later, m_passes.end(), reads) &&
               std::ranges::count(m_graph.node(pass.main).inputs, residual) == 0;
    }

    // Every buffer at the lowest place that is free for all of its life.
    void fillArena() {
        std::vector<std::size_t> order(m_storage.buffers.size());
        for (std::size_t i = 0; i < order.size(); ++i)
            order[i] = i;
        std::ranges::sort(order, {}, [&](std::size_t i) { return m_lifetimes[i].first; });
        std::vector<std::size_t> placed;
        for (const std::size_t index : order) {
            Buffer& buffer = m_storage.buffers[index];
            std::vector<const Buffer*> others; // alive at the same time, by place
            for (const std::size_t other : placed) {
                if (m_lifetimes[other].last >= m_lifetimes[index].first)
                    others.push_back(&m_storage.buffers[other]);
            }
            std::ranges::sort(others, {}, &Buffer::offset);
            for (const Buffer* other : others) {
                if (buffer.offset + buffer.bytes > other->offset)
                    buffer.offset = std::max(buffer.offset, other->offset + other->bytes);
            }
            m_storage.arenaBytes = std::max(m_storage.arenaBytes, buffer.offset + buffer.bytes);
            placed.push_back(index);
        }
    }
};

} // namespace

std::optional<Storage> planStorage(const Graph& graph, const std::vector<FusedPass>& passes,
                                   const std::vector<Extent>& extents, const BlockFormat& format) {
    return Planner(graph, passes, extents, format).plan();
}

} // namespace hilum
