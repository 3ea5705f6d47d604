// One random chest: the shapes of its organs as curves and numbers, in body coordinates (Geometry.h), cm.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/image/phantom/Geometry.h"
#include "core/image/phantom/Profile.h"

namespace hilum::phantom {

enum Side : std::size_t { Right = 0, Left = 1 }; // the patient's
constexpr float direction(Side side) { return side == Right ? -1.0F : 1.0F; }

// One lung and what bounds it. Lateral distances are |x| from the midline.
struct Lung {
    float apexX = 0; // lateral distance of the highest point
    float apexY = 0;
    Profile wall;          // y -> lateral distance of the chest wall's inner face
    Profile dome;          // lateral distance -> y of the hemidiaphragm's edge
    Profile mediastinum;   // y -> lateral distance of the heart's and the great vessels' border
    float depth = 0;       // greatest front-to-back length
    float recessDepth = 0; // how far the lung reaches down behind the dome
};

struct Arm {
    Point shoulder;
    Point elbow;
    float shoulderRadius = 0;
    float elbowRadius = 0;
};

struct Bubble { // gas in the stomach or the colon
    Point centre;
    float radiusX = 0;
    float radiusY = 0;
    float depth = 0;
    float fluidLevelY = 0; // gas lies above it only
};

struct Thorax {
    bool female = false;
    float fat = 0;        // 0 slim … 1 obese
    float softTissue = 0; // attenuation of the body wall's mix of muscle and fat, 1/cm
    float lungTissue = 0; // attenuation of inflated lung, 1/cm

    Profile torsoWidth;  // y -> half-width without arms and shoulders
    Profile torsoDepth;  // y -> half-depth
    Profile girdleWidth; // y -> half-width of neck and shoulders
    Profile girdleDepth;
    std::array<Arm, 2> arms;
    float breastDepth = 0; // 0: none; else the breast's or pectoral muscle's thickness
    Point breastCentre;    // of the left one; x mirrored for the right one
    float breastRadiusX = 0;
    float breastRadiusY = 0;

    std::array<Lung, 2> lungs;
    Profile mediastinumDepth; // y -> front-to-back length of heart and great vessels in the midline
    float anteriorShiftX = 0; // of structures in front, by the patient's turn about the long axis
    std::vector<Bubble> gas;
    Profile spineX; // y -> x of the spine's midline
};

// Follows from the seed alone.
Thorax randomThorax(std::uint64_t seed);

// How far inside the visible lung field the point lies, cm; negative outside. The field ends at the chest
// wall, the apex, the border of heart and mediastinum, and the diaphragm's edge.
float lungClearance(const Thorax& thorax, Point at);

// Length of the ray inside aerated lung, cm: also behind the heart and behind the domes.
float lungDepth(const Thorax& thorax, Point at);

} // namespace hilum::phantom
