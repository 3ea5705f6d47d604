// Grad-CAM for every class of a film from one forward pass (Selvaraju et al. 2017, arXiv 1610.02391).
#pragma once

#include "core/network/Network.h"

namespace hilum {

struct CamResult {
    torch::Tensor logits; // N × K
    torch::Tensor maps;   // N × K × h × w: relu(Σ_c α_c A_c), raw
};

// network in eval mode; images N × P × S × S. Runs without autograd.
CamResult gradCam(Network& network, const torch::Tensor& images);

} // namespace hilum
