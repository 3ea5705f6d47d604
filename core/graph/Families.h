// One file a family; the table in Networks.cpp names them. Initial weights are torchvision's
// where it has the network.
#pragma once

#include "core/graph/Graph.h"

namespace hilum {

Graph vgg16(int labelCount, int inputPlanes);
Graph vgg19(int labelCount, int inputPlanes);
Graph resNet18(int labelCount, int inputPlanes);
Graph resNet101(int labelCount, int inputPlanes);
Graph denseNet121(int labelCount, int inputPlanes);
Graph denseNet201(int labelCount, int inputPlanes);
Graph mobileNetV2(int labelCount, int inputPlanes);
Graph squeezeNet10(int labelCount, int inputPlanes);
Graph squeezeNet11(int labelCount, int inputPlanes);
Graph inceptionV3(int labelCount, int inputPlanes);
Graph hilumNet(int labelCount, int inputPlanes);
Graph cnnRelu(int labelCount, int inputPlanes);
Graph cnnGelu(int labelCount, int inputPlanes);
Graph cnnSwish(int labelCount, int inputPlanes);

} // namespace hilum
