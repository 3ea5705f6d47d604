#include "core/network/GradCam.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

namespace hilum {

CamResult gradCam(Network& network, const at::Tensor& images) {
    const c10::InferenceMode inference;
    const HeadPass pass = network.headWithCam(network.features(images));
    const at::Tensor& a = pass.activations;
    const at::Tensor maps = at::bmm(pass.camWeights, a.reshape({a.size(0), a.size(1), -1})); // N × K × hw
    return {pass.logits, at::relu(maps).view({a.size(0), -1, a.size(2), a.size(3)})};
}

} // namespace hilum
