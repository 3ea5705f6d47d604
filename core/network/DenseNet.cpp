#include "core/network/Architectures.h"

#include <ATen/ATen.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

namespace hilum {
namespace {

namespace nn = torch::nn;

constexpr int kGrowthRate = 32;
constexpr int kBottleneckWidth = 4 * kGrowthRate;

nn::Conv2d convolution(int in, int out, int kernel, int stride = 1) {
    return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

// norm, ReLU, 1×1, norm, ReLU, 3×3: adds kGrowthRate channels to what came before.
class DenseLayer final : public nn::Module {
public:
    explicit DenseLayer(int in)
        : m_norm1(in), m_conv1(convolution(in, kBottleneckWidth, 1)), m_norm2(kBottleneckWidth),
          m_conv2(convolution(kBottleneckWidth, kGrowthRate, 3)) {
        register_module("norm1", m_norm1);
        register_module("conv1", m_conv1);
        register_module("norm2", m_norm2);
        register_module("conv2", m_conv2);
    }
    at::Tensor forward(const at::Tensor& x) {
        return m_conv2(rectify(m_norm2(m_conv1(rectify(m_norm1(x))))));
    }

private:
    nn::BatchNorm2d m_norm1;
    nn::Conv2d m_conv1;
    nn::BatchNorm2d m_norm2;
    nn::Conv2d m_conv2;
};

class DenseBlock final : public nn::Module {
public:
    DenseBlock(int in, int layers) {
        for (int i = 0; i < layers; ++i) {
            m_layers.push_back(std::make_shared<DenseLayer>(in + i * kGrowthRate));
            register_module("denselayer" + std::to_string(i + 1), m_layers.back());
        }
    }
    at::Tensor forward(const at::Tensor& x) {
        std::vector<at::Tensor> outputs{x};
        for (const auto& layer : m_layers)
            outputs.push_back(layer->forward(outputs.size() == 1 ? x : at::cat(outputs, 1)));
        return at::cat(outputs, 1);
    }

private:
    std::vector<std::shared_ptr<DenseLayer>> m_layers;
};

// Halves channels and sides.
class Transition final : public nn::Module {
public:
    explicit Transition(int in) : m_norm(in), m_conv(convolution(in, in / 2, 1)) {
        register_module("norm", m_norm);
        register_module("conv", m_conv);
    }
    at::Tensor forward(const at::Tensor& x) { return at::avg_pool2d(m_conv(rectify(m_norm(x))), 2, 2); }

private:
    nn::BatchNorm2d m_norm;
    nn::Conv2d m_conv;
};

// Everything that torchvision keeps under "features.".
class Trunk final : public nn::Module {
public:
    explicit Trunk(int inputPlanes)
        : m_conv0(convolution(inputPlanes, 2 * kGrowthRate, 7, 2)), m_norm0(2 * kGrowthRate) {
        register_module("conv0", m_conv0);
        register_module("norm0", m_norm0);
        int channels = 2 * kGrowthRate;
        const std::vector<int> blockSizes{6, 12, 48, 32};
        for (std::size_t i = 0; i < blockSizes.size(); ++i) {
            m_blocks.push_back(std::make_shared<DenseBlock>(channels, blockSizes[i]));
            register_module("denseblock" + std::to_string(i + 1), m_blocks.back());
            channels += blockSizes[i] * kGrowthRate;
            if (i + 1 == blockSizes.size())
                break;
            m_transitions.push_back(std::make_shared<Transition>(channels));
            register_module("transition" + std::to_string(i + 1), m_transitions.back());
            channels /= 2;
        }
        m_norm5 = nn::BatchNorm2d(channels);
        register_module("norm5", m_norm5);
        m_channels = channels;
    }
    at::Tensor forward(const at::Tensor& images) {
        at::Tensor x = at::max_pool2d(rectify(m_norm0(m_conv0(images))), 3, 2, 1);
        for (std::size_t i = 0; i < m_blocks.size(); ++i) {
            x = m_blocks[i]->forward(x);
            if (i < m_transitions.size())
                x = m_transitions[i]->forward(x);
        }
        return m_norm5(x);
    }
    [[nodiscard]] int channels() const { return m_channels; }

private:
    nn::Conv2d m_conv0;
    nn::BatchNorm2d m_norm0;
    std::vector<std::shared_ptr<DenseBlock>> m_blocks;
    std::vector<std::shared_ptr<Transition>> m_transitions;
    nn::BatchNorm2d m_norm5{nullptr};
    int m_channels = 0;
};

// Huang et al. 2016, arXiv 1608.06993; names as in torchvision's densenet201().
class DenseNet final : public Network {
public:
    DenseNet(int labelCount, int inputPlanes)
        : m_trunk(std::make_shared<Trunk>(inputPlanes)), m_classifier(m_trunk->channels(), labelCount) {
        register_module("features", m_trunk);
        register_module("classifier", m_classifier);
        for (const auto& module : modules(false)) {
            if (auto* conv = module->as<nn::Conv2d>())
                nn::init::kaiming_normal_(conv->weight);
        }
        nn::init::zeros_(m_classifier->bias);
    }

    at::Tensor features(const at::Tensor& images) override { return m_trunk->forward(images); }
    at::Tensor head(const at::Tensor& featureMap) override {
        return m_classifier(at::relu(featureMap).mean({2, 3}));
    }

    // The cut is norm5; torchvision's ReLU behind it is in place, so the activations that a hook sees are after
    // the ReLU, while the gradient is the one before it: zero where the ReLU is closed.
    HeadPass headWithCam(const at::Tensor& featureMap) override {
        HeadPass pass = pooledLinearPass(at::relu(featureMap), *m_classifier);
        const at::Tensor openFraction = (featureMap > 0).to(featureMap.scalar_type()).mean({2, 3}); // N × C
        pass.camWeights = pass.camWeights * openFraction.unsqueeze(1);
        return pass;
    }

    [[nodiscard]] std::vector<std::string> headPrefixes() const override { return {"classifier."}; }
    [[nodiscard]] std::vector<std::string> lastBlockPrefixes() const override {
        return {"features.denseblock4.", "features.norm5."};
    }

private:
    std::shared_ptr<Trunk> m_trunk;
    nn::Linear m_classifier;
};

} // namespace

std::shared_ptr<Network> makeDenseNet201(int labelCount, int inputPlanes) {
    return std::make_shared<DenseNet>(labelCount, inputPlanes);
}

} // namespace hilum
