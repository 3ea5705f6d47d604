// Training on the processor: Hilum's own passes against LibTorch's in fp32 on the same numbers.

#include <ATen/ATen.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/utils.h>

#include "core/domain/Precision.h"
#include "core/kernels/TileProducts.h"
#include "core/network/Autocast.h"
#include "core/network/FusedNorm.h"
#include "core/network/GrowingFeatures.h"
#include "core/network/Network.h"
#include "core/network/PointwiseConvolution.h"
#include "core/network/TiledConvolution.h"

#include <QtTest>

using namespace hilum;

namespace {

constexpr double kMostError = 0.01; // relative, in the norm: bf16 has eight binary digits

at::Tensor narrowValues(at::IntArrayRef shape, double mean = 0) {
    return (at::randn(shape) + mean).to(at::kBFloat16).contiguous(at::MemoryFormat::ChannelsLast);
}

double error(const at::Tensor& found, const at::Tensor& expected) {
    const at::Tensor wanted = expected.to(at::kDouble);
    return ((found.to(at::kDouble) - wanted).norm() / wanted.norm()).item<double>();
}

double cosine(const at::Tensor& a, const at::Tensor& b) {
    const at::Tensor x = a.flatten().to(at::kDouble), y = b.flatten().to(at::kDouble);
    return ((x * y).sum() / (x.norm() * y.norm())).item<double>();
}

// Of one step from fixed weights, of every parameter. frozen: what the names of modules begin with whose
// statistics and weights stay.
at::Tensor gradientsOf(const QString& name, const at::Tensor& images, bool narrow,
                       const QString& frozen = {}) {
    torch::manual_seed(7);
    const auto network = makeNetwork(name.toStdString(), 3, static_cast<int>(images.size(1))).value();
    for (const auto& module : network->named_modules()) {
        if (!frozen.isEmpty() && QString::fromStdString(module.key()).startsWith(frozen)) {
            module.value()->eval();
            for (const at::Tensor& parameter : module.value()->parameters(false))
                parameter.requires_grad_(false);
        }
    }
    const at::Tensor labels = at::tensor({0, 1, 2, 0, 1, 2, 0, 1}, at::kLong);
    at::Tensor logits;
    if (narrow) {
        const Bf16Autocast narrowly(at::kCPU);
        logits = network->forward(images);
    } else {
        logits = network->forward(images);
    }
    at::cross_entropy_loss(logits.to(at::kFloat), labels).backward();
    std::vector<at::Tensor> all;
    for (const at::Tensor& parameter : network->parameters()) {
        if (parameter.grad().defined())
            all.push_back(parameter.grad().flatten());
    }
    return at::cat(all);
}

torch::nn::BatchNorm2d trainedNorm(std::int64_t channels) {
    torch::nn::BatchNorm2d norm(channels);
    const torch::NoGradGuard noGrad;
    norm->weight.uniform_(0.5, 1.5);
    norm->bias.uniform_(-0.5, 0.5);
    norm->running_mean.uniform_(-1, 1);
    norm->running_var.uniform_(0.5, 2);
    return norm;
}

} // namespace

class TestTrainingPasses : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(20261128); }

    void pointwiseGradientsAreTheConvolutions_data() {
        QTest::addColumn<int>("stride");
        QTest::newRow("every pixel") << 1;
        QTest::newRow("every second pixel") << 2;
    }
    void pointwiseGradientsAreTheConvolutions() {
        QFETCH(int, stride);
        const at::Tensor x = narrowValues({4, 48, 9, 7}).requires_grad_(true);
        const at::Tensor weight = at::randn({24, 48, 1, 1}).mul_(0.1).requires_grad_(true);
        const at::Tensor gradient = narrowValues({4, 24, stride == 1 ? 9 : 5, stride == 1 ? 7 : 4});
        at::Tensor y;
        {
            const Bf16Autocast narrowly(at::kCPU);
            const op::Convolution convolution{.name = "a", .in = 48, .out = 24, .stride = stride};
            QCOMPARE(isFasterPointwise(convolution, x), processorHasBf16());
            if (!processorHasBf16())
                QSKIP("The processor has no bf16.");
            y = pointwiseConvolution(x, weight, stride);
        }
        QVERIFY(
            !isFasterPointwise(op::Convolution{.name = "a", .in = 48, .out = 24}, x)); // in fp32 it is not
        y.backward(gradient);
        const at::Tensor wideX = x.detach().to(at::kFloat).requires_grad_(true);
        const at::Tensor wideWeight = weight.detach().clone().requires_grad_(true);
        const at::Tensor expected = at::conv2d(wideX, wideWeight, {}, stride);
        expected.backward(gradient.to(at::kFloat));
        QCOMPARE(y.scalar_type(), at::kBFloat16);
        QCOMPARE(weight.grad().scalar_type(), at::kFloat);
        QVERIFY(error(y, expected) < kMostError);
        QVERIFY(error(x.grad(), wideX.grad()) < kMostError);
        QVERIFY(error(weight.grad(), wideWeight.grad()) < kMostError);
        QVERIFY(x.grad().is_contiguous(at::MemoryFormat::ChannelsLast));
    }

    void tiledConvolutionIsLibTorchs_data() {
        QTest::addColumn<std::vector<std::int64_t>>("sizes"); // N, C, H, W and K
        QTest::addColumn<int>("padding");
        QTest::addColumn<bool>("hasBias");
        QTest::addColumn<bool>("weightsByPixel");
        using Sizes = std::vector<std::int64_t>;
        QTest::newRow("whole tiles") << Sizes{2, 32, 16, 24, 48} << 1 << true << true;
        QTest::newRow("ragged tiles") << Sizes{6, 16, 13, 7, 32} << 1 << false << true;
        QTest::newRow("blocks of 8") << Sizes{4, 24, 14, 14, 8} << 1 << true << false;
        QTest::newRow("no padding") << Sizes{8, 16, 14, 10, 16} << 0 << true << true;
        QTest::newRow("much padding") << Sizes{6, 16, 9, 10, 16} << 2 << false << true;
        QTest::newRow("several bands") << Sizes{4, 32, 96, 96, 64} << 1 << true << true;
    }
    void tiledConvolutionIsLibTorchs() {
        QFETCH(std::vector<std::int64_t>, sizes);
        QFETCH(int, padding);
        QFETCH(bool, hasBias);
        QFETCH(bool, weightsByPixel);
        const std::int64_t in = sizes[1], out = sizes[4];
        const auto byPixel = [](const at::Tensor& values) {
            return values.contiguous(at::MemoryFormat::ChannelsLast);
        };
        const at::Tensor x = byPixel(at::randn({sizes[0], in, sizes[2], sizes[3]})).requires_grad_(true);
        at::Tensor weight = at::randn({out, in, 3, 3}) / std::sqrt(9.0 * static_cast<double>(in));
        if (weightsByPixel)
            weight = byPixel(weight);
        weight.requires_grad_(true);
        const at::Tensor bias = hasBias ? at::randn({out}).requires_grad_(true) : at::Tensor();
        QCOMPARE(isFasterInTiles({.name = "a",
                                  .in = static_cast<int>(in),
                                  .out = static_cast<int>(out),
                                  .kernel = 3,
                                  .padding = padding},
                                 x),
                 hasWideProducts());
        const at::Tensor y = tiledConvolution(x, weight, bias, padding);
        const at::Tensor gradient = at::randn(y.sizes());
        y.backward(gradient);

        const auto wide = [](const at::Tensor& leaf) {
            return leaf.defined() ? leaf.detach().to(at::kDouble).contiguous().requires_grad_(true)
                                  : at::Tensor();
        };
        const at::Tensor wideX = wide(x), wideWeight = wide(weight), wideBias = wide(bias);
        const at::Tensor expected = at::conv2d(wideX, wideWeight, wideBias, 1, padding);
        expected.backward(gradient.to(at::kDouble));
        QVERIFY(y.sizes() == expected.sizes());
        QVERIFY(error(y, expected) < 2e-6);
        QVERIFY(error(x.grad(), wideX.grad()) < 2e-6);
        QVERIFY(error(weight.grad(), wideWeight.grad()) < 2e-5);
        QVERIFY(!hasBias || error(bias.grad(), wideBias.grad()) < 1e-6);
        QVERIFY(weight.grad().strides() == weight.strides());
    }

    void tiledConvolutionIsTheSameOnAnyNumberOfThreads() {
        const at::Tensor values = at::randn({5, 48, 30, 26}).contiguous(at::MemoryFormat::ChannelsLast);
        const at::Tensor filters = at::randn({32, 48, 3, 3}), shifts = at::randn({32}),
                         gradient = at::randn({5, 32, 30, 26});
        const int usual = at::get_num_threads();
        std::vector<at::Tensor> first;
        for (const int threads : {1, 2, 3}) {
            at::set_num_threads(threads);
            const auto leaf = [](const at::Tensor& of) { return of.detach().clone().requires_grad_(true); };
            const at::Tensor x = leaf(values), weight = leaf(filters), bias = leaf(shifts);
            const at::Tensor y = tiledConvolution(x, weight, bias, 1);
            y.backward(gradient);
            const std::vector<at::Tensor> found{y.detach(), x.grad(), weight.grad(), bias.grad()};
            at::set_num_threads(usual);
            if (first.empty())
                first = found;
            for (std::size_t i = 0; i < found.size(); ++i)
                QVERIFY(at::equal(found[i], first[i]));
        }
    }

    void frozenPartsOfATiledConvolutionHaveNoGradient() {
        const auto leaf = [](at::IntArrayRef sizes, bool isLive) {
            at::Tensor values = at::randn(sizes);
            if (sizes.size() == 4)
                values = values.contiguous(at::MemoryFormat::ChannelsLast);
            return values.requires_grad_(isLive);
        };
        for (int live = 1; live < 8; ++live) { // every set of the three that is not empty
            const bool lives[] = {(live & 1) != 0, (live & 2) != 0, (live & 4) != 0};
            const at::Tensor parts[] = {leaf({2, 16, 20, 20}, lives[0]), leaf({8, 16, 3, 3}, lives[1]),
                                        leaf({8}, lives[2])};
            tiledConvolution(parts[0], parts[1], parts[2], 1)
                .sum()
                .backward(); // a gradient that is one number everywhere
            std::vector<at::Tensor> expected;
            for (const at::Tensor& part : parts)
                expected.push_back(part.detach().clone().requires_grad_(part.requires_grad()));
            at::conv2d(expected[0], expected[1], expected[2], 1, 1).sum().backward();
            for (std::size_t i = 0; i < 3; ++i) {
                QCOMPARE(parts[i].grad().defined(), lives[i]);
                QVERIFY(!lives[i] || error(parts[i].grad(), expected[i].grad()) < 1e-5);
            }
        }
    }

    void onlyWhatPaysIsDoneInTiles() {
        const auto isTiled = [](const op::Convolution& convolution, const at::Tensor& x) {
            return isFasterInTiles(convolution, x.contiguous(at::MemoryFormat::ChannelsLast));
        };
        const op::Convolution usual{.name = "a", .in = 16, .out = 16, .kernel = 3, .padding = 1};
        const auto with = [&usual](const auto& change) {
            op::Convolution other = usual;
            change(other);
            return other;
        };
        const at::Tensor x = at::randn({6, 16, 12, 12});
        QCOMPARE(isTiled(usual, x), hasWideProducts());
        QVERIFY(!isTiled(usual, at::randn({6, 24, 12, 12}))); // not its channels
        QVERIFY(!isFasterInTiles(usual, x));                  // plane by plane
        QVERIFY(!isTiled(usual, at::randn({96, 16, 2, 2})));  // a tile for four pixels
        QVERIFY(!isTiled(usual, at::randn({5, 16, 12, 12}))); // too few for the weights' transforms
        QVERIFY(!isTiled(usual, at::randn({0, 16, 12, 12})));
        QVERIFY(!isTiled(usual, x.to(at::kDouble)));
        QVERIFY(!isTiled(with([](op::Convolution& o) { o.stride = 2; }), x));
        QVERIFY(!isTiled(with([](op::Convolution& o) { o.kernel = 5; }), x));
        QVERIFY(!isTiled(with([](op::Convolution& o) { o.groups = 2; }), x));
        QVERIFY(!isTiled(with([](op::Convolution& o) { o.out = 12; }), x));
        const Bf16Autocast narrowly(at::kCPU);
        QVERIFY(!isTiled(usual, x));
    }

    void batchNormIsLibTorchs_data() {
        QTest::addColumn<bool>("rectifies");
        QTest::addColumn<double>("mean");
        QTest::addColumn<int>("channels");
        QTest::newRow("alone") << false << 0.0 << 48;
        QTest::newRow("with ReLU") << true << 0.0 << 48;
        QTest::newRow("no whole vector") << true << 0.5 << 37;
        QTest::newRow("far from zero") << true << 40.0 << 16; // E(x²) − E(x)² in fp32 would be worth little
    }
    void batchNormIsLibTorchs() {
        QFETCH(bool, rectifies);
        QFETCH(double, mean);
        QFETCH(int, channels);
        const at::Tensor x = narrowValues({6, channels, 11, 13}, mean).requires_grad_(true);
        const at::Tensor gradient = narrowValues({6, channels, 11, 13});
        auto norm = trainedNorm(channels);
        auto reference =
            torch::nn::BatchNorm2d(std::dynamic_pointer_cast<torch::nn::BatchNorm2dImpl>(norm->clone()));
        at::Tensor y;
        {
            const Bf16Autocast narrowly(at::kCPU);
            QVERIFY(isFusible(*norm, x));
            y = fusedNorm(*norm, x, rectifies);
        }
        y.backward(gradient);
        const at::Tensor wideX = x.detach().to(at::kFloat).requires_grad_(true);
        const at::Tensor normed = reference->forward(wideX);
        // Where rounding decides whether a value is above zero, the gradients must take the same side.
        const at::Tensor expected = rectifies ? normed * (y.detach() > 0).to(at::kFloat) : normed;
        expected.backward(gradient.to(at::kFloat));
        QVERIFY(error(y, expected) < kMostError);
        QVERIFY(error(x.grad(), wideX.grad()) < kMostError);
        QVERIFY(error(norm->weight.grad(), reference->weight.grad()) < 1e-4);
        QVERIFY(error(norm->bias.grad(), reference->bias.grad()) < 1e-4);
        QVERIFY(error(norm->running_mean, reference->running_mean) < 1e-5);
        QVERIFY(error(norm->running_var, reference->running_var) < 1e-4);
        QVERIFY(norm->num_batches_tracked.equal(reference->num_batches_tracked));
    }

    void sumBehindTheNormIsLibTorchs() {
        const at::Tensor x = narrowValues({6, 37, 11, 13}).requires_grad_(true);
        const at::Tensor residual = narrowValues({6, 37, 11, 13}).requires_grad_(true);
        const at::Tensor gradient = narrowValues({6, 37, 11, 13});
        auto norm = trainedNorm(37);
        auto reference =
            torch::nn::BatchNorm2d(std::dynamic_pointer_cast<torch::nn::BatchNorm2dImpl>(norm->clone()));
        const at::Tensor y = fusedNormAndSum(*norm, x, residual);
        y.backward(gradient);
        const at::Tensor wideX = x.detach().to(at::kFloat).requires_grad_(true);
        const at::Tensor wideResidual = residual.detach().to(at::kFloat).requires_grad_(true);
        const at::Tensor expected =
            (reference->forward(wideX) + wideResidual) * (y.detach() > 0).to(at::kFloat);
        expected.backward(gradient.to(at::kFloat));
        QVERIFY(error(y, expected) < kMostError);
        QVERIFY(error(x.grad(), wideX.grad()) < kMostError);
        QVERIFY(error(residual.grad(), wideResidual.grad()) <
                1e-6); // gates of the same side: the same numbers
        QVERIFY(error(norm->weight.grad(), reference->weight.grad()) < 1e-4);
        QVERIFY(error(norm->bias.grad(), reference->bias.grad()) < 1e-4);
        QVERIFY(error(norm->running_var, reference->running_var) < 1e-4);
    }

    // A dense block of three layers, against concatenations: values, every gradient, running statistics.
    void growingFeaturesAreConcatenations_data() {
        QTest::addColumn<bool>("narrow");
        QTest::addColumn<int>("side");
        QTest::newRow("fp32") << false << 9;
        QTest::newRow("bf16") << true << 9;
        QTest::newRow("one pixel a film") << false << 1;
    }
    void growingFeaturesAreConcatenations() {
        QFETCH(bool, narrow);
        QFETCH(int, side);
        constexpr int kFirst = 21, kGrowth = 8, kLayers = 3;
        const at::Tensor first = narrowValues({5, kFirst, side, side}).to(at::kFloat);
        std::vector<at::Tensor> weights;
        std::vector<torch::nn::BatchNorm2d> norms, references;
        for (int i = 0; i <= kLayers; ++i) {
            const int channels = kFirst + i * kGrowth;
            weights.push_back(at::randn({kGrowth, channels, 1, 1}).mul_(0.2));
            norms.push_back(trainedNorm(channels));
            references.emplace_back(
                std::dynamic_pointer_cast<torch::nn::BatchNorm2dImpl>(norms.back()->clone()));
        }
        const auto type = narrow ? at::kBFloat16 : at::kFloat;
        const auto leavesOf = [&](at::ScalarType wanted) {
            std::vector<at::Tensor> leaves{first.to(wanted).contiguous(at::MemoryFormat::ChannelsLast)};
            for (const at::Tensor& weight : weights)
                leaves.push_back(weight.to(wanted));
            for (at::Tensor& leaf : leaves)
                leaf.requires_grad_(true);
            return leaves;
        };
        const std::vector<at::Tensor> own = leavesOf(type), wide = leavesOf(at::kFloat);
        GrowingFeatures features(own[0], kFirst + kLayers * kGrowth);
        std::vector<at::Tensor> parts{wide[0]};
        for (std::size_t i = 0; i < kLayers; ++i) {
            features.append(at::conv2d(features.normalised(*norms[i], true), own[i + 1]));
            parts.push_back(at::conv2d(at::relu(references[i]->forward(at::cat(parts, 1))), wide[i + 1]));
        }
        QVERIFY(error(features.value(), at::cat(parts, 1)) < (narrow ? 0.02 : 1e-6));
        const at::Tensor y = features.normalised(*norms[kLayers], false);
        const at::Tensor expected = references[kLayers]->forward(at::cat(parts, 1));
        const at::Tensor gradient = at::randn(expected.sizes());
        y.backward(gradient.to(type));
        expected.backward(gradient);
        const double most = narrow ? 0.1 : 1e-5; // in bf16 some values fall on the other side of the ReLU
        QVERIFY(error(y, expected) < (narrow ? 0.02 : 1e-6));
        for (std::size_t i = 0; i <= kLayers; ++i)
            QVERIFY2(error(own[i].grad(), wide[i].grad()) < most, qPrintable(QString::number(i)));
        for (std::size_t i = 0; i <= kLayers; ++i) {
            QVERIFY(error(norms[i]->weight.grad(), references[i]->weight.grad()) < most);
            QVERIFY(error(norms[i]->bias.grad(), references[i]->bias.grad()) < most);
            QVERIFY(error(norms[i]->running_mean, references[i]->running_mean) < (narrow ? 0.02 : 1e-5));
            QVERIFY(error(norms[i]->running_var, references[i]->running_var) < (narrow ? 0.02 : 1e-5));
        }
    }

    // An exploding training must not look like one that goes well.
    void whatIsNoNumberStaysNone() {
        for (const float bad :
             {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1e20F}) {
            at::Tensor x = narrowValues({2, 8, 4, 4});
            x.index_put_({0, 3, 1, 1}, bad);
            auto norm = trainedNorm(8);
            QVERIFY(fusedNorm(*norm, x, true).select(1, 3).isnan().all().item<bool>());
        }
    }

    void frozenNormsAndReadingAreLeftAlone() {
        auto norm = trainedNorm(8);
        const at::Tensor x = narrowValues({2, 8, 4, 4});
        const Bf16Autocast narrowly(at::kCPU);
        QVERIFY(isFusible(*norm, x));
        QVERIFY(!isFusible(*norm, x.to(at::kFloat))); // not what the step computes in
        {
            const torch::NoGradGuard noGrad;
            QVERIFY(!isFusible(*norm, x));
        }
        norm->eval();
        QVERIFY(!isFusible(*norm, x));
    }

    // A whole step points nearly the same way as in fp32, and is the same when it is made again. With random
    // weights rounding adds up: LibTorch's own autocast, in Python with the same networks and sizes, reaches
    // 0.929 and 0.742.
    void stepIsNearlyTheOneInFp32_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<double>("fewest");
        QTest::newRow("resnet18") << "resnet18" << 0.9;
        QTest::newRow("densenet121") << "densenet121" << 0.7;
        QTest::newRow("hilumnet") << "hilumnet" << 0.98;
    }
    void stepIsNearlyTheOneInFp32() {
        QFETCH(QString, name);
        QFETCH(double, fewest);
        if (!processorHasBf16())
            QSKIP("The processor has no bf16.");
        const int planes = name == "hilumnet" ? 1 : 3;
        const at::Tensor images = at::randn({8, planes, 96, 96});
        const auto ownPasses = images.contiguous(at::MemoryFormat::ChannelsLast);
        const at::Tensor wide = gradientsOf(name, images, false), narrow = gradientsOf(name, ownPasses, true);
        QVERIFY2(cosine(narrow, wide) > fewest, qPrintable(QString::number(cosine(narrow, wide))));
        QVERIFY(narrow.equal(gradientsOf(name, ownPasses, true)));
    }

    // Values plane by plane go through LibTorch alone. Batch norms left alone are what a freeze leaves: there
    // only the last concatenation of a block grows.
    void stepInFp32IsLibTorchs_data() {
        QTest::addColumn<QString>("frozen");
        QTest::newRow("all layers") << QString();
        QTest::newRow("a block of frozen norms") << "features.denseblock3.";
    }
    void stepInFp32IsLibTorchs() {
        QFETCH(QString, frozen);
        const at::Tensor images = at::randn({8, 3, 96, 96});
        const at::Tensor expected = gradientsOf("densenet121", images, false, frozen);
        const at::Tensor found =
            gradientsOf("densenet121", images.contiguous(at::MemoryFormat::ChannelsLast), false, frozen);
        // Random weights make much of rounding: LibTorch's own gradients in the two layouts differ by 0.04
        // for a ResNet101.
        QVERIFY2(error(found, expected) < 0.05, qPrintable(QString::number(error(found, expected))));
    }
};

QTEST_APPLESS_MAIN(TestTrainingPasses)
#include "TestTrainingPasses.moc"
