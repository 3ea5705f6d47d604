#include "core/image/phantom/Thorax.h"

#include <algorithm>
#include <cmath>

#include "core/image/phantom/Attenuation.h"
#include "core/image/phantom/Random.h"

namespace hilum::phantom {

namespace {

// Figures that several organs share.
struct Build {
    float inspiration; // cm by which the domes stand lower than usual
    float widening;    // of the mediastinum, 1: usual
    float heart;       // size, 1: usual
    float lift;        // of the shoulders, cm
    float taper;       // of the upper chest, 0: wide … 1: narrow
};

Lung randomLung(Random& random, Side side, const Build& build) {
    Lung lung;
    lung.apexX = 4.7F + 0.3F * random.normal();
    lung.apexY = -11.6F + 0.35F * random.normal();
    const float barrel = 0.5F * random.normal();
    const float low = 0.35F * random.normal();
    const std::array<Point, 10> wall{{{-12.5F, 5.0F},
                                      {-11.0F, 7.5F - 0.4F * build.taper},
                                      {-9.5F, 9.5F - 0.8F * build.taper},
                                      {-7.5F, 11.0F - 0.9F * build.taper},
                                      {-4.5F, 12.3F - 0.8F * build.taper + 0.4F * barrel},
                                      {-1.0F, 13.0F - 0.5F * build.taper + 0.7F * barrel},
                                      {3.0F, 13.4F - 0.2F * build.taper + barrel},
                                      {7.0F, 13.5F + barrel + low},
                                      {11.0F, 13.6F + barrel + 1.2F * low},
                                      {16.0F, 13.2F + barrel + 1.2F * low}}};
    lung.wall = Profile(wall);
    const float top = (side == Right ? 9.3F : 10.6F) + build.inspiration + 0.35F * random.normal();
    const float peak = (side == Right ? 6.3F : 7.2F) + 0.5F * random.normal();
    const float angle = 4.6F + 0.5F * random.normal(); // depth of the costophrenic angle
    const float medial = side == Right ? 1.3F : 0.5F;
    const std::array<Point, 8> dome{{{0.0F, top + medial + 0.5F},
                                     {peak - 4.0F, top + 0.75F * medial},
                                     {peak - 2.0F, top + 0.2F * medial},
                                     {peak, top},
                                     {peak + 2.4F, top + 0.10F * angle},
                                     {peak + 4.6F, top + 0.38F * angle},
                                     {peak + 6.4F, top + 0.80F * angle},
                                     {peak + 8.5F, top + 1.55F * angle}}};
    lung.dome = Profile(dome);
    lung.depth = 15.5F + 0.8F * random.normal();
    lung.recessDepth = random.uniform(3.5F, 6.0F);
    return lung;
}

// Superior vena cava, ascending aorta, right atrium.
Profile rightBorder(Random& random, const Build& build) {
    const float vessels = build.widening;
    const float atrium = build.heart * random.uniform(0.93F, 1.08F);
    const std::array<Point, 10> knots{{{-16.0F, 4.2F},
                                       {-11.0F, 2.5F * vessels},
                                       {-8.0F, 2.35F * vessels},
                                       {-4.0F, 2.7F * vessels},
                                       {-0.5F, 2.75F * vessels},
                                       {2.0F, 3.2F * atrium},
                                       {5.0F, 3.75F * atrium},
                                       {7.5F, 3.9F * atrium},
                                       {10.0F, 3.7F * atrium},
                                       {14.0F, 3.2F * atrium}}};
    return Profile(knots);
}

// Subclavian artery, aortic knob, pulmonary trunk, left ventricle with its apex.
Profile leftBorder(Random& random, const Build& build) {
    const float knob = build.widening * random.uniform(0.9F, 1.12F);
    const float trunk = random.uniform(0.88F, 1.1F);
    const float ventricle = build.heart * random.uniform(0.95F, 1.05F);
    const float knobY = -4.6F + 0.4F * random.normal();
    const float apexY = 8.6F + 0.5F * random.normal();
    const std::array<Point, 16> knots{{{-16.0F, 4.2F},
                                       {-11.0F, 2.6F},
                                       {knobY - 3.0F, 2.55F},
                                       {knobY - 1.3F, 3.3F * knob},
                                       {knobY - 0.5F, 3.9F * knob},
                                       {knobY + 0.1F, 4.05F * knob},
                                       {knobY + 0.7F, 3.85F * knob},
                                       {knobY + 1.9F, 3.2F},
                                       {-1.2F, 3.75F * trunk},
                                       {0.8F, 4.1F * trunk},
                                       {3.2F, 5.6F * ventricle},
                                       {5.6F, 7.1F * ventricle},
                                       {apexY - 0.9F, 8.2F * ventricle},
                                       {apexY + 0.5F, 8.55F * ventricle},
                                       {apexY + 2.2F, 8.1F * ventricle},
                                       {apexY + 4.2F, 6.6F * ventricle}}};
    return Profile(knots);
}

void addBodyWall(Thorax& thorax, Random& random, const Build& build) {
    const float fat = 3.4F * thorax.fat;
    const float w = 15.6F + 0.4F * random.normal();
    const std::array<Point, 6> torsoWidth{{{-14.0F, 12.0F + fat},
                                           {-6.0F, w + fat},
                                           {2.0F, w + 0.5F + fat},
                                           {9.0F, w + fat},
                                           {15.0F, w - 0.3F + 1.2F * fat},
                                           {24.0F, w + 0.2F + 1.3F * fat}}};
    thorax.torsoWidth = Profile(torsoWidth);
    const std::array<Point, 6> torsoDepth{{{-13.5F, 0.0F},
                                           {-11.0F, 5.5F},
                                           {-6.0F, 9.2F + 0.5F * fat},
                                           {0.0F, 10.6F + 0.6F * fat},
                                           {8.0F, 11.2F + 0.7F * fat},
                                           {24.0F, 10.8F + 1.1F * fat}}};
    thorax.torsoDepth = Profile(torsoDepth);
    const float lift = build.lift;
    const float neck = 5.9F + 0.5F * random.normal() + 0.35F * fat;
    const std::array<Point, 9> girdleWidth{{{-24.0F, neck + 0.2F},
                                            {-17.5F - 0.4F * lift, neck},
                                            {-15.4F - 0.6F * lift, neck + 1.6F},
                                            {-14.0F - 0.8F * lift, 10.0F},
                                            {-12.9F - lift, 14.5F},
                                            {-11.8F - lift, 18.3F + 0.3F * fat},
                                            {-10.0F - lift, 20.6F + 0.5F * fat},
                                            {-6.0F, 22.0F + 0.7F * fat},
                                            {8.0F, 22.0F + 0.7F * fat}}};
    thorax.girdleWidth = Profile(girdleWidth);
    const float fold = random.uniform(2.5F, 5.5F); // y of the armpit's fold
    const std::array<Point, 6> girdleDepth{{{-24.0F, 6.2F + 0.3F * fat},
                                            {-15.0F, 6.6F + 0.3F * fat},
                                            {-10.0F, 7.8F + 0.3F * fat},
                                            {-4.0F, 8.0F + 0.4F * fat},
                                            {fold - 1.8F, 5.2F},
                                            {fold, 0.0F}}};
    thorax.girdleDepth = Profile(girdleDepth);
}

void addArms(Thorax& thorax, Random& random, const Build& build) {
    const float fat = 3.4F * thorax.fat;
    for (const Side side : {Right, Left}) {
        const float abduction = random.uniform(0.5F, 4.5F);
        const float s = direction(side);
        thorax.arms[side] = {{s * (18.9F + 0.5F * fat), -7.5F - build.lift},
                             {s * (20.7F + fat + 1.25F * abduction), 30.0F},
                             4.3F + 0.3F * fat,
                             3.7F + 0.3F * fat};
    }
}

void addBreasts(Thorax& thorax, Random& random) {
    thorax.breastCentre = {8.3F + 0.5F * random.normal(), random.uniform(6.0F, 8.5F)};
    thorax.breastRadiusX = random.uniform(5.2F, 6.4F) + 0.8F * thorax.fat;
    thorax.breastRadiusY = random.uniform(4.6F, 6.0F) + 0.8F * thorax.fat;
    thorax.breastDepth =
        thorax.female ? random.uniform(0.8F, 2.2F) + 1.0F * thorax.fat : random.uniform(0.2F, 0.8F);
}

void addGas(Thorax& thorax, Random& random) {
    const float x = 6.3F + 0.8F * random.normal();
    const float top = thorax.lungs[Left].dome.at(x);
    if (random.chance(0.75F)) {
        const float radiusY = random.uniform(1.0F, 2.3F);
        const float level = random.chance(0.5F) ? random.uniform(0.1F, 0.7F) * radiusY : 9.0F;
        const float y = top + 0.7F + radiusY;
        thorax.gas.push_back(
            {{x, y}, random.uniform(1.6F, 3.2F), radiusY, random.uniform(2.0F, 4.5F), y + level});
    }
    const int loops = random.integer(0, 5);
    for (int i = 0; i < loops; ++i) { // bowel
        const float bowelX = random.uniform(1.0F, 12.0F);
        const float y = thorax.lungs[Left].dome.at(bowelX) + random.uniform(3.2F, 9.0F);
        const float radius = random.uniform(0.5F, 1.4F);
        thorax.gas.push_back(
            {{bowelX, y}, radius * random.uniform(0.9F, 1.8F), radius, 1.6F * radius, y + 9.0F});
    }
}

void addSpine(Thorax& thorax, Random& random) {
    const float bow = 0.35F * random.normal();
    const float lean = 0.2F * random.normal();
    const std::array<Point, 5> knots{
        {{-24.0F, -lean}, {-10.0F, 0.2F * bow}, {0.0F, bow}, {10.0F, 0.3F * bow}, {26.0F, lean}}};
    thorax.spineX = Profile(knots);
}

// How far below the lung's rounded top the point lies, cm.
float belowApex(const Lung& lung, Point at) {
    const float lateral = std::abs(at.x);
    const float off = (lateral - lung.apexX) / (lateral < lung.apexX ? 2.6F : 5.5F);
    return at.y - lung.apexY - 2.0F * off * off;
}

// Lung along the ray with neither heart nor diaphragm in it.
float hemithoraxDepth(const Lung& lung, Point at) {
    const float lateral = std::abs(at.x);
    const float below = belowApex(lung, at) / 8.5F;
    if (below <= 0.0F || lateral < 1.9F) {
        return 0.0F;
    }
    const float dome = below < 1.0F ? circleChord(1.0F - below) : 1.0F;
    const float medial = circleChord(1.0F - std::clamp((lateral - 1.9F) / 2.6F, 0.0F, 1.0F));
    return lung.depth * dome * medial * barrelChord(lateral / lung.wall.at(at.y));
}

} // namespace

Thorax randomThorax(std::uint64_t seed) {
    Random random(seed, Stream::Anatomy);
    Thorax thorax;
    thorax.female = random.chance(0.5F);
    thorax.fat = std::pow(random.uniform(0.0F, 1.0F), 2.0F);
    thorax.softTissue = kSoftTissue + 0.35F * thorax.fat * (kFat - kSoftTissue);
    thorax.lungTissue = kInflatedLung * random.uniform(0.9F, 1.2F);
    const Build build{.inspiration = 0.8F * random.normal(),
                      .widening = 1.0F + 0.06F * random.normal(),
                      .heart = 1.0F + 0.07F * random.normal(),
                      .lift = random.uniform(-0.8F, 1.0F),
                      .taper = random.uniform(-0.1F, 1.0F)};
    for (const Side side : {Right, Left}) {
        thorax.lungs[side] = randomLung(random, side, build);
    }
    thorax.lungs[Right].mediastinum = rightBorder(random, build);
    thorax.lungs[Left].mediastinum = leftBorder(random, build);
    const std::array<Point, 7> depth{{{-14.0F, 3.0F},
                                      {-8.0F, 5.5F},
                                      {-4.5F, 7.0F},
                                      {-1.0F, 7.5F},
                                      {3.0F, 9.5F},
                                      {8.0F, 11.0F},
                                      {16.0F, 11.0F}}};
    thorax.mediastinumDepth = Profile(depth);
    thorax.anteriorShiftX = 0.35F * random.normal();
    addBodyWall(thorax, random, build);
    addArms(thorax, random, build);
    addBreasts(thorax, random);
    addGas(thorax, random);
    addSpine(thorax, random);
    return thorax;
}

float lungClearance(const Thorax& thorax, Point at) {
    const Side side = at.x < 0.0F ? Right : Left;
    const Lung& lung = thorax.lungs[side];
    const float lateral = std::abs(at.x);
    const float behindBorder = direction(side) * (at.x - thorax.anteriorShiftX) - lung.mediastinum.at(at.y);
    return std::min(
        {lung.wall.at(at.y) - lateral, lung.dome.at(lateral) - at.y, behindBorder, belowApex(lung, at)});
}

float lungDepth(const Thorax& thorax, Point at) {
    const Side side = at.x < 0.0F ? Right : Left;
    const Lung& lung = thorax.lungs[side];
    const float belowDome = (at.y - lung.dome.at(std::abs(at.x))) / lung.recessDepth;
    const float depth = belowDome < 1.0F ? hemithoraxDepth(lung, at) : 0.0F;
    if (depth <= 0.0F) {
        return 0.0F;
    }
    const float across = direction(side) * (at.x - thorax.anteriorShiftX) / lung.mediastinum.at(at.y);
    const float heart = thorax.mediastinumDepth.at(at.y) * circleChord(std::max(0.0F, across));
    float left = depth - heart;
    if (belowDome > 0.0F) { // the dome fills the front, lung is left in the recess behind it
        left = std::min(left, 0.45F * depth * (1.0F - std::sqrt(belowDome)));
    }
    return std::max(0.0F, left);
}

} // namespace hilum::phantom
