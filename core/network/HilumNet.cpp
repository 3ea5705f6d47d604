#include "core/network/Architectures.h"

#include <ATen/ATen.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

namespace hilum {
namespace {

namespace nn = torch::nn;

constexpr int kWidth = 32; // channels behind the stem

nn::Conv2d convolution(int in, int out, int kernel, int stride = 1) {
    return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

// Two 3×3 convolutions and a shortcut (He et al. 2015); where the block halves the sides, the shortcut averages
// 2×2 before its 1×1 convolution, so that no position is skipped (He et al. 2018, arXiv 1812.01187).
class BasicBlock final : public nn::Module {
public:
    BasicBlock(int in, int out, int stride)
        : m_stride(stride), m_conv1(convolution(in, out, 3, stride)), m_bn1(out),
          m_conv2(convolution(out, out, 3)), m_bn2(out) {
        register_module("conv1", m_conv1);
        register_module("bn1", m_bn1);
        register_module("conv2", m_conv2);
        register_module("bn2", m_bn2);
        if (in != out) {
            m_downsample = nn::Sequential(convolution(in, out, 1), nn::BatchNorm2d(out));
            register_module("downsample", m_downsample);
        }
        nn::init::zeros_(m_bn2->weight); // the block starts as its shortcut
    }

    at::Tensor forward(const at::Tensor& x) {
        const at::Tensor y = m_bn2(m_conv2(rectify(m_bn1(m_conv1(x)))));
        at::Tensor shortcut = m_stride == 1 ? x : at::avg_pool2d(x, 2, 2, 0, /*ceil_mode=*/true);
        if (!m_downsample.is_empty())
            shortcut = m_downsample->forward(shortcut);
        return rectify(y + shortcut);
    }

private:
    int m_stride;
    nn::Conv2d m_conv1;
    nn::BatchNorm2d m_bn1;
    nn::Conv2d m_conv2;
    nn::BatchNorm2d m_bn2;
    nn::Sequential m_downsample{nullptr};
};

// Hilum's own small network: a coarse stem (7×7, stride 4), three residual blocks, and a map at 1/16 of the
// input, so that its heat maps are twice as fine as those of the large networks.
class HilumNet final : public Network {
public:
    HilumNet(int labelCount, int inputPlanes)
        : m_stem(convolution(inputPlanes, kWidth, 7, 4), nn::BatchNorm2d(kWidth), nn::ReLU(nn::ReLUOptions(true))),
          m_stage1(std::make_shared<BasicBlock>(kWidth, 2 * kWidth, 2)),
          m_stage2(std::make_shared<BasicBlock>(2 * kWidth, 4 * kWidth, 2)),
          m_stage3(std::make_shared<BasicBlock>(4 * kWidth, 4 * kWidth, 1)), m_fc(4 * kWidth, labelCount) {
        register_module("stem", m_stem);
        register_module("stage1", m_stage1);
        register_module("stage2", m_stage2);
        register_module("stage3", m_stage3);
        register_module("fc", m_fc);
        for (const auto& module : modules(false)) {
            if (auto* conv = module->as<nn::Conv2d>())
                nn::init::kaiming_normal_(conv->weight, 0.0, torch::kFanOut, torch::kReLU);
        }
        nn::init::normal_(m_fc->weight, 0.0, 0.01);
        nn::init::zeros_(m_fc->bias);
    }

    at::Tensor features(const at::Tensor& images) override {
        return m_stage3->forward(m_stage2->forward(m_stage1->forward(m_stem->forward(images))));
    }
    at::Tensor head(const at::Tensor& featureMap) override { return m_fc(featureMap.mean({2, 3})); }
    HeadPass headWithCam(const at::Tensor& featureMap) override { return pooledLinearPass(featureMap, *m_fc); }

    [[nodiscard]] std::vector<std::string> headPrefixes() const override { return {"fc."}; }
    [[nodiscard]] std::vector<std::string> lastBlockPrefixes() const override { return {"stage3."}; }

private:
    nn::Sequential m_stem;
    std::shared_ptr<BasicBlock> m_stage1;
    std::shared_ptr<BasicBlock> m_stage2;
    std::shared_ptr<BasicBlock> m_stage3;
    nn::Linear m_fc;
};

} // namespace

std::shared_ptr<Network> makeHilumNet(int labelCount, int inputPlanes) {
    return std::make_shared<HilumNet>(labelCount, inputPlanes);
}

} // namespace hilum
