// One maker a family; the table in Network.cpp names them. Weights are initialised as torchvision does.
#pragma once

#include <memory>

#include "core/network/Network.h"

#include <ATen/Functions.h>

namespace torch::nn {
class LinearImpl;
}

namespace hilum {

std::shared_ptr<Network> makeVgg19(int labelCount, int inputPlanes);
std::shared_ptr<Network> makeResNet101(int labelCount, int inputPlanes);
std::shared_ptr<Network> makeDenseNet201(int labelCount, int inputPlanes);
std::shared_ptr<Network> makeHilumNet(int labelCount, int inputPlanes);

// In place, on a result that nobody else holds.
inline at::Tensor rectify(at::Tensor x) { return at::relu_(x); }

// Head "global average pooling + linear": the gradient of every logit is the linear layer's row divided by the
// number of cells, everywhere. activations is what is pooled.
HeadPass pooledLinearPass(const torch::Tensor& activations, torch::nn::LinearImpl& linear);

} // namespace hilum
