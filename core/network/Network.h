// A convolutional network as features() + head(), cut at the layer that Grad-CAM looks at. Module and
// parameter names are torchvision's, so that weights travel both ways.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <torch/nn/module.h>

#include "core/domain/Result.h"

namespace hilum {

// One forward pass through the head together with what Grad-CAM needs of its gradient.
struct HeadPass {
    torch::Tensor logits;      // N × K
    torch::Tensor camWeights;  // N × K × C: mean over positions of ∂ logit_k / ∂ A_c (α of arXiv 1610.02391)
    torch::Tensor activations; // N × C × h × w: the A that the weights apply to
};

class Network : public torch::nn::Module {
public:
    // Images N × P × S × S, normalised -> feature map N × C × h × w.
    virtual torch::Tensor features(const torch::Tensor& images) = 0;
    // Feature map -> logits N × K.
    virtual torch::Tensor head(const torch::Tensor& featureMap) = 0;
    torch::Tensor forward(const torch::Tensor& images) { return head(features(images)); }

    // Closed form, without autograd; equal to a full backward pass. Call in eval mode, without gradients.
    virtual HeadPass headWithCam(const torch::Tensor& featureMap) = 0;

    // Name prefixes (torchvision's) of the parameters behind the cut, and of the last block before it; what a
    // freeze policy leaves trainable. E.g. {"fc."} and {"layer4."}.
    [[nodiscard]] virtual std::vector<std::string> headPrefixes() const = 0;
    [[nodiscard]] virtual std::vector<std::string> lastBlockPrefixes() const = 0;
};

struct NetworkInfo {
    std::string_view name;        // as on the command line and in the model card, e.g. "densenet201"
    std::string_view title;       // e.g. "DenseNet201"
    int inputSizePx;              // that its published weights were trained with
    int inputPlanes;              // 3 for torchvision's networks
    std::string_view camLayer;    // torchvision's name of the layer at the cut
    std::string_view description; // a word for someone who chooses
    std::shared_ptr<Network> (*make)(int labelCount, int inputPlanes); // arguments unchecked: use makeNetwork()
};

// The table of networks, in the order in which they are offered.
const std::vector<NetworkInfo>& networkTable();
// Null where the name is unknown.
const NetworkInfo* findNetwork(std::string_view name);

// Freshly initialised as torchvision does; the initialisation draws from torch's global generator.
// Errors: InvalidArgument (unknown name, labelCount < 2, planes not 1 or 3).
Result<std::shared_ptr<Network>> makeNetwork(std::string_view name, int labelCount, int inputPlanes);

} // namespace hilum
