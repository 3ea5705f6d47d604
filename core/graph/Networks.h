// The table of networks: every command, the wizard and the model file know a network by its row.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "core/domain/Result.h"
#include "core/graph/Graph.h"

namespace hilum {

// (grey value in [0, 1] − mean) / deviation, per plane.
struct Normalisation {
    std::array<double, 3> mean;
    std::array<double, 3> deviation;
};
inline constexpr Normalisation kImageNetNormalisation{{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};
inline constexpr Normalisation kGreyNormalisation{{0.5, 0.5, 0.5}, {0.25, 0.25, 0.25}};
inline constexpr Normalisation kHalfNormalisation{{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}};

struct NetworkInfo {
    std::string_view name;        // as on the command line and in the model card, e.g. "densenet201"
    std::string_view title;       // e.g. "DenseNet201"
    int inputSizePx;              // that its published weights were trained with
    int inputPlanes;              // 3 for torchvision's networks
    std::string_view camLayer;    // torchvision's name of the layer at the cut
    std::string_view description; // a word for someone who chooses
    Graph (*describe)(int labelCount, int inputPlanes); // arguments unchecked: use describeNetwork()
    // ImageNet weights in torchvision's list: the file, whose name ends with the first digits of its SHA-256.
    // Its address is core/network/WeightStore's. Empty: there are none.
    std::string_view weightsFile{};
    Normalisation normalisation = kImageNetNormalisation; // that these were trained with, and the default
};

// In the order in which they are offered.
const std::vector<NetworkInfo>& networkTable();
// Null where the name is unknown.
const NetworkInfo* findNetwork(std::string_view name);

// Errors: InvalidArgument (unknown name, labelCount < 2, planes not 1 or 3).
Result<Graph> describeNetwork(std::string_view name, int labelCount, int inputPlanes);

} // namespace hilum
