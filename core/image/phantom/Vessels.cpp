#include "core/image/phantom/Vessels.h"

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/image/phantom/Attenuation.h"
#include "core/image/phantom/Random.h"
#include "core/image/phantom/Tube.h"

namespace hilum::phantom {

namespace {

struct Branch {
    Point from;
    float angle; // of the direction, 0: to the patient's left, π/2: down
    float radius;
    int depth;
};

struct Trunk {
    Point from;  // x lateral
    float angle; // 0: lateral, π/2: down
    float radius;
};

class Tree {
public:
    Tree(FloatImage& lineIntegral, const Thorax& thorax, const Geometry& geometry, Random& random)
        : m_lineIntegral(lineIntegral), m_thorax(thorax), m_geometry(geometry), m_random(random),
          m_blood(kBlood - thorax.lungTissue) {}

    void grow(const Branch& root) {
        std::vector<Branch> open{root};
        while (!open.empty()) {
            const Branch branch = open.back();
            open.pop_back();
            const Branch end = draw(branch);
            if (end.radius < 0.028F || branch.depth > 9 || lungClearance(m_thorax, end.from) < -4.0F ||
                lungWall(end.from) < 0.5F) {
                continue;
            }
            // Murray's law, r³ = r₁³ + r₂³, with an uneven split.
            const float share = m_random.uniform(0.5F, 0.85F);
            const float turn = m_random.side() * m_random.uniform(0.15F, 0.45F);
            open.push_back(
                {end.from, end.angle + 0.55F * turn, end.radius * std::cbrt(share), branch.depth + 1});
            open.push_back(
                {end.from, end.angle - 1.5F * turn, end.radius * std::cbrt(1.0F - share), branch.depth + 1});
        }
    }

private:
    [[nodiscard]] float lungWall(Point at) const {
        return m_thorax.lungs[at.x < 0.0F ? Right : Left].wall.at(at.y) - std::abs(at.x);
    }

    // Pieces overlap at a fork and fade into each other.
    [[nodiscard]] static TubePoint faded(const Branch& end, float ahead) {
        const float reach = ahead * 0.9F * end.radius;
        return {{end.from.x + reach * std::cos(end.angle), end.from.y + reach * std::sin(end.angle)},
                end.radius,
                0.0F,
                0.0F,
                0.0F};
    }

    // One piece between two forks, gently bent. Returns where it ends.
    Branch draw(const Branch& branch) {
        const float length = std::min(3.2F, (0.45F + 7.0F * branch.radius) * m_random.uniform(0.6F, 1.5F));
        const int steps = std::max(2, static_cast<int>(length / 0.35F));
        const float bend = m_random.uniform(-0.35F, 0.35F) / static_cast<float>(steps);
        const float taper = std::pow(0.9F, 1.0F / static_cast<float>(steps));
        Branch end = branch;
        const float start = branch.depth == 0 ? 0.1F : 0.5F; // a trunk comes out of the mediastinum
        std::vector<TubePoint> tube{faded(end, -1.0F)};
        for (int i = 0; i <= steps; ++i) {
            // Seen as far as there is lung around it.
            const float shown = smoothStep(0.5F, 9.0F, lungDepth(m_thorax, end.from)) *
                                (i == 0 ? start : (i == steps ? 0.5F : 1.0F));
            tube.push_back({end.from, end.radius, 2.0F * end.radius * m_blood * shown, 0.0F, 0.0F});
            if (i < steps) {
                end.angle += bend;
                end.radius *= taper;
                const float step = length / static_cast<float>(steps);
                end.from = {end.from.x + step * std::cos(end.angle), end.from.y + step * std::sin(end.angle)};
            }
        }
        tube.push_back(faded(end, 1.0F));
        addTube(m_lineIntegral, m_geometry, tube);
        return end;
    }

    FloatImage& m_lineIntegral;
    const Thorax& m_thorax;
    const Geometry& m_geometry;
    Random& m_random;
    float m_blood;
};

constexpr std::array<Trunk, 9> kRightTrunks{{{{2.9F, -0.9F}, -1.25F, 0.34F},
                                             {{3.2F, -0.7F}, -0.75F, 0.30F},
                                             {{3.4F, -0.1F}, -0.25F, 0.26F},
                                             {{3.4F, 0.6F}, 0.35F, 0.30F},
                                             {{3.2F, 1.0F}, 0.80F, 0.40F},
                                             {{3.0F, 0.6F}, 1.18F, 0.75F},
                                             {{2.6F, 2.0F}, 1.45F, 0.38F},
                                             {{2.2F, 3.2F}, 0.55F, 0.30F},
                                             {{3.0F, 0.2F}, 0.05F, 0.26F}}};
constexpr std::array<Trunk, 9> kLeftTrunks{{{{3.2F, -1.9F}, -1.2F, 0.34F},
                                            {{3.6F, -1.8F}, -0.7F, 0.30F},
                                            {{3.8F, -1.2F}, -0.2F, 0.28F},
                                            {{3.9F, -0.6F}, 0.35F, 0.32F},
                                            {{3.6F, -0.4F}, 0.85F, 0.40F},
                                            {{3.3F, -0.8F}, 1.18F, 0.58F},
                                            {{3.0F, 1.0F}, 1.42F, 0.36F},
                                            {{3.0F, 2.2F}, 0.6F, 0.30F},
                                            {{3.6F, -1.0F}, 0.05F, 0.26F}}};

// Lymph nodes, bronchial walls and vessels end-on: a hilum is more than its trunks.
void addHilum(FloatImage& lineIntegral, const Geometry& geometry, Random& random, Side side) {
    const float s = direction(side);
    const float rise = side == Left ? 1.0F : 0.0F;
    const int blobs = random.integer(13, 19);
    for (int i = 0; i < blobs; ++i) {
        const float along = random.uniform(-2.2F, 3.4F);
        const Point from{s * (4.0F + 0.22F * along + 0.5F * random.normal()), along - rise};
        const float angle = random.uniform(0.7F, 1.8F);
        const float length = random.uniform(0.9F, 2.0F);
        const float radius = random.uniform(0.22F, 0.5F);
        std::vector<TubePoint> tube;
        for (int k = 0; k <= 6; ++k) { // a spindle
            const float t = static_cast<float>(k) / 6.0F;
            const float swell = 0.1F + 0.9F * circleChord(2.0F * t - 1.0F);
            tube.push_back(
                {{from.x + s * t * length * std::cos(angle), from.y + t * length * std::sin(angle)},
                 radius * swell,
                 0.13F * swell * radius / 0.4F,
                 0.0F,
                 0.0F});
        }
        addTube(lineIntegral, geometry, tube);
    }
}

} // namespace

void addVessels(FloatImage& lineIntegral, const Thorax& thorax, const Geometry& geometry,
                std::uint64_t seed) {
    Random random(seed, Stream::Vessels);
    const float calibre = 1.0F + 0.1F * random.normal();
    Tree tree(lineIntegral, thorax, geometry, random);
    for (const Side side : {Right, Left}) {
        addHilum(lineIntegral, geometry, random, side);
        const float s = direction(side);
        for (const Trunk& trunk : side == Right ? kRightTrunks : kLeftTrunks) {
            for (const float share : {1.25F, 0.95F}) { // an artery, and a vein beside it
                const float angle = trunk.angle + 0.15F * random.normal();
                tree.grow(
                    {{s * trunk.from.x + 0.2F * random.normal(), trunk.from.y + 0.25F * random.normal()},
                     side == Left ? angle : std::numbers::pi_v<float> - angle,
                     share * trunk.radius * calibre * random.uniform(0.85F, 1.15F),
                     0});
            }
        }
    }
}

} // namespace hilum::phantom
