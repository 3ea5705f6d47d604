#include "core/network/Architectures.h"

#include <ATen/ATen.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

namespace hilum {
namespace {

namespace nn = torch::nn;

nn::Conv2d convolution(int in, int out, int kernel, int stride = 1) {
    return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

// 1×1, 3×3 (with the stride, as in torchvision), 1×1 convolutions and a shortcut.
class Bottleneck final : public nn::Module {
public:
    static constexpr int kExpansion = 4;

    Bottleneck(int in, int width, int stride)
        : m_conv1(convolution(in, width, 1)), m_bn1(width), m_conv2(convolution(width, width, 3, stride)),
          m_bn2(width), m_conv3(convolution(width, width * kExpansion, 1)), m_bn3(width * kExpansion) {
        register_module("conv1", m_conv1);
        register_module("bn1", m_bn1);
        register_module("conv2", m_conv2);
        register_module("bn2", m_bn2);
        register_module("conv3", m_conv3);
        register_module("bn3", m_bn3);
        if (stride != 1 || in != width * kExpansion) {
            m_downsample = nn::Sequential(convolution(in, width * kExpansion, 1, stride),
                                          nn::BatchNorm2d(width * kExpansion));
            register_module("downsample", m_downsample);
        }
    }

    at::Tensor forward(const at::Tensor& x) {
        at::Tensor y = rectify(m_bn1(m_conv1(x)));
        y = rectify(m_bn2(m_conv2(y)));
        y = m_bn3(m_conv3(y));
        y += m_downsample.is_empty() ? x : m_downsample->forward(x);
        return rectify(y);
    }

private:
    nn::Conv2d m_conv1;
    nn::BatchNorm2d m_bn1;
    nn::Conv2d m_conv2;
    nn::BatchNorm2d m_bn2;
    nn::Conv2d m_conv3;
    nn::BatchNorm2d m_bn3;
    nn::Sequential m_downsample{nullptr};
};

// He et al. 2015, arXiv 1512.03385; names as in torchvision's resnet101().
class ResNet final : public Network {
public:
    ResNet(int labelCount, int inputPlanes)
        : m_conv1(convolution(inputPlanes, 64, 7, 2)), m_bn1(64), m_layer1(stage(64, 64, 3, 1)),
          m_layer2(stage(256, 128, 4, 2)), m_layer3(stage(512, 256, 23, 2)), m_layer4(stage(1024, 512, 3, 2)),
          m_fc(2048, labelCount) {
        register_module("conv1", m_conv1);
        register_module("bn1", m_bn1);
        register_module("layer1", m_layer1);
        register_module("layer2", m_layer2);
        register_module("layer3", m_layer3);
        register_module("layer4", m_layer4);
        register_module("fc", m_fc);
        for (const auto& module : modules(false)) {
            if (auto* conv = module->as<nn::Conv2d>())
                nn::init::kaiming_normal_(conv->weight, 0.0, torch::kFanOut, torch::kReLU);
        }
    }

    at::Tensor features(const at::Tensor& images) override {
        at::Tensor x = rectify(m_bn1(m_conv1(images)));
        x = at::max_pool2d(x, 3, 2, 1);
        x = m_layer2->forward(m_layer1->forward(x));
        return m_layer4->forward(m_layer3->forward(x));
    }
    at::Tensor head(const at::Tensor& featureMap) override { return m_fc(featureMap.mean({2, 3})); }
    HeadPass headWithCam(const at::Tensor& featureMap) override { return pooledLinearPass(featureMap, *m_fc); }

    [[nodiscard]] std::vector<std::string> headPrefixes() const override { return {"fc."}; }
    [[nodiscard]] std::vector<std::string> lastBlockPrefixes() const override { return {"layer4."}; }

private:
    nn::Conv2d m_conv1;
    nn::BatchNorm2d m_bn1;
    nn::Sequential m_layer1;
    nn::Sequential m_layer2;
    nn::Sequential m_layer3;
    nn::Sequential m_layer4;
    nn::Linear m_fc;

    static nn::Sequential stage(int in, int width, int blocks, int stride) {
        nn::Sequential blocksInOrder;
        blocksInOrder->push_back(Bottleneck(in, width, stride));
        for (int i = 1; i < blocks; ++i)
            blocksInOrder->push_back(Bottleneck(width * Bottleneck::kExpansion, width, 1));
        return blocksInOrder;
    }
};

} // namespace

std::shared_ptr<Network> makeResNet101(int labelCount, int inputPlanes) {
    return std::make_shared<ResNet>(labelCount, inputPlanes);
}

} // namespace hilum
