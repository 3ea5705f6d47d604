#include "core/graph/Networks.h"

#include <algorithm>
#include <string>

#include "core/graph/Families.h"

namespace hilum {

const std::vector<NetworkInfo>& networkTable() {
    static const std::vector<NetworkInfo> table{
        {"vgg19", "VGG19", 224, 3, "features.36", "139 M weights; plain and heavy, smooth heat maps", vgg19},
        {"resnet101", "ResNet101", 224, 3, "layer4", "42 M weights; deep, with shortcuts", resNet101},
        {"densenet201", "DenseNet201", 224, 3, "features.norm5",
         "18 M weights; best in the study that Hilum grew out of", denseNet201},
        {"hilumnet", "HilumNet", 224, 1, "stage3", "0.6 M weights; trained from scratch in minutes",
         hilumNet},
    };
    return table;
}

const NetworkInfo* findNetwork(std::string_view name) {
    const auto& table = networkTable();
    const auto found = std::ranges::find(table, name, &NetworkInfo::name);
    return found == table.end() ? nullptr : &*found;
}

Result<Graph> describeNetwork(std::string_view name, int labelCount, int inputPlanes) {
    const NetworkInfo* info = findNetwork(name);
    if (info == nullptr)
        return fail(ErrorCode::InvalidArgument, "There is no network of that name.", std::string(name));
    if (labelCount < 2)
        return fail(ErrorCode::InvalidArgument, "A network needs at least two labels.", std::string(name));
    if (inputPlanes != 1 && inputPlanes != 3)
        return fail(ErrorCode::InvalidArgument, "A network takes one or three input planes.",
                    std::string(name));
    return info->describe(labelCount, inputPlanes);
}

} // namespace hilum
