#include "core/network/Architectures.h"

#include <ATen/ATen.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/pooling.h>

namespace hilum {
namespace {

namespace nn = torch::nn;

constexpr int kPoolMarker = 0;
constexpr int kGridSide = 7; // the head's adaptive average pooling
constexpr int kHiddenUnits = 4096;

// Simonyan & Zisserman 2014, arXiv 1409.1556, configuration E; layer indices as in torchvision's vgg19().
class Vgg final : public Network {
public:
    Vgg(int labelCount, int inputPlanes) {
        int planes = inputPlanes;
        for (const int width : {64, 64, kPoolMarker, 128, 128, kPoolMarker, 256, 256, 256, 256, kPoolMarker,
                                512, 512, 512, 512, kPoolMarker, 512, 512, 512, 512, kPoolMarker}) {
            if (width == kPoolMarker) {
                m_features->push_back(nn::MaxPool2d(nn::MaxPool2dOptions(2).stride(2)));
                continue;
            }
            m_features->push_back(nn::Conv2d(nn::Conv2dOptions(planes, width, 3).padding(1)));
            m_features->push_back(nn::ReLU(nn::ReLUOptions(true)));
            planes = width;
        }
        m_classifier->push_back(nn::Linear(planes * kGridSide * kGridSide, kHiddenUnits));
        m_classifier->push_back(nn::ReLU(nn::ReLUOptions(true)));
        m_classifier->push_back(nn::Dropout());
        m_classifier->push_back(nn::Linear(kHiddenUnits, kHiddenUnits));
        m_classifier->push_back(nn::ReLU(nn::ReLUOptions(true)));
        m_classifier->push_back(nn::Dropout());
        m_classifier->push_back(nn::Linear(kHiddenUnits, labelCount));
        register_module("features", m_features);
        register_module("classifier", m_classifier);
        initialise();
    }

    at::Tensor features(const at::Tensor& images) override { return m_features->forward(images); }

    at::Tensor head(const at::Tensor& featureMap) override {
        return m_classifier->forward(pooled(featureMap));
    }

    // With δ the gradient behind a layer and [·] the ReLU's mask: δ2 = W3 [h2 > 0], δ1 = δ2 W2 [h1 > 0]. Adaptive
    // pooling spreads every pooled cell's gradient over cells that sum to one, so the mean over positions needs
    // only W1 summed over its 49 pooled positions: 8 MB to read instead of 411.
    HeadPass headWithCam(const at::Tensor& featureMap) override {
        const auto first = linear(0), second = linear(3), third = linear(6);
        const at::Tensor h1 = at::relu(first->forward(pooled(featureMap)));
        const at::Tensor h2 = at::relu(second->forward(h1));
        const at::Tensor logits = third->forward(h2);

        const at::Tensor delta2 = third->weight.unsqueeze(0) * (h2 > 0).unsqueeze(1);               // N × K × U
        const at::Tensor delta1 = at::matmul(delta2, second->weight) * (h1 > 0).unsqueeze(1);       // N × K × U
        const double cells = static_cast<double>(featureMap.size(2) * featureMap.size(3));
        return {logits, at::matmul(delta1, summedFirstWeight()) / cells, featureMap};
    }

    [[nodiscard]] std::vector<std::string> headPrefixes() const override { return {"classifier."}; }
    [[nodiscard]] std::vector<std::string> lastBlockPrefixes() const override {
        return {"features.28.", "features.30.", "features.32.", "features.34."};
    }

private:
    nn::Sequential m_features;
    nn::Sequential m_classifier;
    at::Tensor m_summedFirstWeight; // U × C, derived from the first linear layer
    at::Tensor m_summedFrom;        // the weight it was derived from
    std::int64_t m_summedVersion = -1;

    nn::LinearImpl* linear(std::size_t index) { return m_classifier->ptr<nn::LinearImpl>(index).get(); }

    static at::Tensor pooled(const at::Tensor& featureMap) {
        return at::adaptive_avg_pool2d(featureMap, {kGridSide, kGridSide}).flatten(1);
    }

    const at::Tensor& summedFirstWeight() {
        const at::Tensor& weight = linear(0)->weight;
        const auto version = static_cast<std::int64_t>(weight._version());
        if (!m_summedFrom.defined() || !m_summedFrom.is_same(weight) || m_summedVersion != version) {
            m_summedFirstWeight = weight.view({kHiddenUnits, -1, kGridSide * kGridSide}).sum(2);
            m_summedFrom = weight;
            m_summedVersion = version;
        }
        return m_summedFirstWeight;
    }

    void initialise() {
        for (const auto& module : modules(false)) {
            if (auto* conv = module->as<nn::Conv2d>()) {
                nn::init::kaiming_normal_(conv->weight, 0.0, torch::kFanOut, torch::kReLU);
                nn::init::zeros_(conv->bias);
            } else if (auto* dense = module->as<nn::Linear>()) {
                nn::init::normal_(dense->weight, 0.0, 0.01);
                nn::init::zeros_(dense->bias);
            }
        }
    }
};

} // namespace

std::shared_ptr<Network> makeVgg19(int labelCount, int inputPlanes) {
    return std::make_shared<Vgg>(labelCount, inputPlanes);
}

} // namespace hilum
