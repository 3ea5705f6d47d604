#include "core/graph/Networks.h"

#include <algorithm>
#include <string>

#include "core/graph/Families.h"

namespace hilum {

const std::vector<NetworkInfo>& networkTable() {
    static const std::vector<NetworkInfo> table{
        {"vgg19", "VGG19", 224, 3, "features.36", "139 M weights; plain and heavy, smooth heat maps", vgg19,
         "vgg19-dcbb9e9d.pth"},
        {"resnet101", "ResNet101", 224, 3, "layer4", "42 M weights; deep, with shortcuts", resNet101,
         "resnet101-63fe2227.pth"},
        {"densenet201", "DenseNet201", 224, 3, "features.norm5",
         "18 M weights; best in the study that Hilum grew out of", denseNet201, "densenet201-c1103571.pth"},
        {"densenet121", "CheXNet (DenseNet121)", 224, 3, "features.norm5",
         "7 M weights; the network of many chest X-ray studies", denseNet121, "densenet121-a639ec97.pth"},
        {"inception_v3", "InceptionV3", 299, 3, "Mixed_7c",
         "22 M weights; larger films, several scales at once", inceptionV3,
         "inception_v3_google-0cc3c7bd.pth", kHalfNormalisation},
        {"resnet18", "ResNet18", 224, 3, "layer4", "11 M weights; quick, with shortcuts", resNet18,
         "resnet18-f37072fd.pth"},
        {"mobilenet_v2", "MobileNetV2", 224, 3, "features.18", "2 M weights; made for telephones",
         mobileNetV2, "mobilenet_v2-b0353104.pth"},
        {"squeezenet1_0", "SqueezeNet 1.0", 224, 3, "features.12", "0.7 M weights; small files", squeezeNet10,
         "squeezenet1_0-b66bff10.pth"},
        {"squeezenet1_1", "SqueezeNet 1.1", 224, 3, "features.12",
         "0.7 M weights; a third of the work of 1.0", squeezeNet11, "squeezenet1_1-b8a52dc0.pth"},
        {"vgg16", "VGG16", 224, 3, "features.30", "134 M weights; VGG19 with three layers fewer", vgg16,
         "vgg16-397923af.pth"},
        {"hilumnet",
         "HilumNet",
         224,
         1,
         "stage3",
         "0.6 M weights; trained from scratch in minutes",
         hilumNet,
         {},
         kGreyNormalisation},
        {"cnn_relu",
         "CNN, 6 layers, ReLU",
         256,
         1,
         "features.16",
         "15 M weights; the study's first own network, from scratch",
         cnnRelu,
         {},
         kGreyNormalisation},
        {"cnn_gelu",
         "CNN, 6 layers, GELU",
         256,
         1,
         "features.16",
         "15 M weights; the study's second, with GELU and dropout",
         cnnGelu,
         {},
         kGreyNormalisation},
        {"cnn_swish",
         "CNN, 12 layers, Swish",
         256,
         1,
         "features.40",
         "9 M weights; the study's third, with batch norm and Swish",
         cnnSwish,
         {},
         kGreyNormalisation},
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
