// The networks against what torchvision's weights and LibTorch's own autograd say.

#include <cmath>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/utils.h>

#include "core/graph/Cut.h"
#include "core/graph/GraphBuilder.h"
#include "core/network/GradCam.h"
#include "core/network/Initialise.h"
#include "core/network/ModelFile.h"
#include "core/network/Network.h"

#include <QtTest>

using namespace hilum;

namespace {

constexpr int kLabels = 3;
constexpr double kMinCorrelation = 0.999;

// Weights as after training: batch norms with statistics of their own, a head with a preference.
std::shared_ptr<Network> trainedLike(const char* name) {
    torch::manual_seed(20260314);
    auto network = makeNetwork(name, kLabels, findNetwork(name)->inputPlanes).value();
    const torch::NoGradGuard noGrad;
    for (const auto& module : network->modules(false)) {
        if (auto* norm = module->as<torch::nn::BatchNorm2d>()) {
            norm->weight.uniform_(0.6, 1.1);
            norm->bias.uniform_(-0.2, 0.2);
            norm->running_mean.uniform_(-0.1, 0.1);
            norm->running_var.uniform_(0.7, 1.3);
        }
    }
    network->eval();
    return network;
}

double correlation(const at::Tensor& a, const at::Tensor& b) {
    const at::Tensor x = a.flatten().to(at::kDouble), y = b.flatten().to(at::kDouble);
    const at::Tensor dx = x - x.mean(), dy = y - y.mean();
    return ((dx * dy).sum() / (dx.norm() * dy.norm())).item<double>();
}

// Grad-CAM as published: a backward pass through the whole network for one class at a time. What a hook on
// the layer sees of DenseNet is what its in-place ReLU leaves there.
at::Tensor referenceMap(Network& network, bool inPlaceRelu, const at::Tensor& image, std::int64_t label) {
    const at::Tensor layer = network.features(image);
    const at::Tensor logit = network.head(layer)[0][label];
    const at::Tensor gradient = torch::autograd::grad({logit}, {layer})[0];
    const at::Tensor activations = (inPlaceRelu ? at::relu(layer) : layer).detach();
    const at::Tensor alpha = gradient.mean({2, 3}, true);
    return at::relu((alpha * activations).sum(1))[0];
}

} // namespace

class TestNetworks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void gradCamEqualsFullBackward_data() {
        QTest::addColumn<QString>("name");
        for (const NetworkInfo& info : networkTable())
            QTest::newRow(info.name.data()) << QString::fromUtf8(info.name.data());
    }
    void gradCamEqualsFullBackward() {
        QFETCH(QString, name);
        const auto network = trainedLike(name.toUtf8().constData());
        const NetworkInfo& info = *findNetwork(name.toStdString());
        const at::Tensor image = at::rand({1, info.inputPlanes, 224, 224}) * 2 - 1;
        const CamResult result = gradCam(*network, image);
        QVERIFY(at::allclose(result.logits, network->forward(image), 1e-4, 1e-4));
        int warmMaps = 0;
        for (std::int64_t label = 0; label < kLabels; ++label) {
            const at::Tensor reference = referenceMap(*network, name.startsWith("densenet"), image, label);
            const at::Tensor map = result.maps[0][label];
            QCOMPARE(map.sizes(), reference.sizes());
            QVERIFY(at::allclose(map, reference, 1e-3, 1e-6 + 1e-4 * reference.max().item<double>()));
            if (reference.max().item<double>() > 0) {
                ++warmMaps;
                QVERIFY(correlation(map, reference) >= kMinCorrelation);
            }
        }
        QVERIFY(warmMaps > 0); // otherwise nothing was compared
    }

    // A head with a convolution: the maps come from autograd.
    void headWithoutClosedFormIsExplainedToo() {
        torch::manual_seed(3);
        GraphBuilder builder(3);
        NodeId x =
            builder.convolution(kInputNode, {.name = "a", .out = 8, .kernel = 3, .stride = 2, .groups = 1});
        const NodeId left =
            builder.convolution(x, {.name = "b", .out = 8, .kernel = {1, 3}, .padding = {0, 1}, .groups = 4});
        const NodeId cut = builder.rectify(
            builder.concat({left, builder.averagePool(
                                      x, {.kernel = 3, .stride = 1, .padding = 1, .countPadding = false})}),
            6);
        x = builder.convolution(
            builder.dropout(cut),
            {.name = "c", .out = kLabels, .kernel = 3, .padding = 1, .bias = Bias::Uniform});
        Network network(builder.finish(cut, builder.pooledVector(builder.rectify(x))));
        network.eval();
        const at::Tensor images = at::rand({2, 3, 40, 40}) * 2 - 1;
        const CamResult result = gradCam(network, images);
        QCOMPARE(result.maps.sizes(), (std::vector<std::int64_t>{2, kLabels, 19, 19}));
        QVERIFY(result.maps.max().item<double>() > 0);
        for (std::int64_t film = 0; film < 2; ++film) {
            const at::Tensor image = images.narrow(0, film, 1);
            QVERIFY(at::allclose(result.logits[film], network.forward(image)[0], 1e-5, 1e-6));
            for (std::int64_t label = 0; label < kLabels; ++label)
                QVERIFY(at::allclose(result.maps[film][label], referenceMap(network, false, image, label),
                                     1e-4, 1e-7));
        }
    }

    // Standard deviations as the formulas behind torchvision's initialisation give them.
    void weightsBeginAsTorchvisions_data() {
        QTest::addColumn<int>("filling");
        QTest::addColumn<double>("deviation");
        QTest::addColumn<double>("expected");
        const double fanIn = 40 * 9, fanOut = 60 * 9;
        const auto row = [](const char* name, Filling filling, double deviation, double expected) {
            QTest::newRow(name) << static_cast<int>(filling) << deviation << expected;
        };
        row("He, fan out", Filling::HeFanOut, 0, std::sqrt(2 / fanOut));
        row("He, fan in", Filling::HeFanIn, 0, std::sqrt(2 / fanIn));
        row("He, uniform", Filling::HeUniform, 0, std::sqrt(2 / fanIn));
        row("LeCun", Filling::LeCun, 0, std::sqrt(1 / fanIn));
        row("Xavier", Filling::Xavier, 0, std::sqrt(2 / (fanIn + fanOut)));
        row("uniform", Filling::Uniform, 0, std::sqrt(1 / fanIn / 3));
        row("normal", Filling::Normal, 0.01, 0.01);
        row("cut off far away", Filling::TruncatedNormal, 0.1, 0.1);
        row("cut off at one deviation", Filling::TruncatedNormal, 2,
            2 * 0.53956); // scipy.stats.truncnorm(-1, 1).std()
    }
    void weightsBeginAsTorchvisions() {
        QFETCH(int, filling);
        QFETCH(double, deviation);
        QFETCH(double, expected);
        torch::manual_seed(11);
        at::Tensor weight = at::empty({60, 40, 3, 3});
        fillWeight(weight, {static_cast<Filling>(filling), deviation});
        const double found = weight.std().item<double>();
        QVERIFY2(std::abs(found / expected - 1) < 0.03, qPrintable(QString::number(found)));
        QVERIFY(std::abs(weight.mean().item<double>()) < 0.03 * expected);
    }

    // Counts of torchvision's models with three classes instead of a thousand.
    void parametersAreTorchvisions_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<qint64>("parameters");
        QTest::addColumn<int>("tensors"); // entries of the state dict
        QTest::addColumn<QString>("someName");
        QTest::newRow("vgg16") << "vgg16" << qint64{134'272'835} << 32 << "classifier.3.bias";
        QTest::newRow("resnet18") << "resnet18" << qint64{11'178'051} << 122 << "layer4.1.bn2.running_var";
        QTest::newRow("densenet121") << "densenet121" << qint64{6'956'931} << 727 << "features.norm5.weight";
        QTest::newRow("mobilenet_v2") << "mobilenet_v2" << qint64{2'227'715} << 314 << "features.18.1.bias";
        QTest::newRow("squeezenet1_0")
            << "squeezenet1_0" << qint64{736'963} << 52 << "features.12.expand3x3.bias";
        QTest::newRow("squeezenet1_1")
            << "squeezenet1_1" << qint64{724'035} << 52 << "features.12.expand3x3.bias";
        QTest::newRow("inception_v3")
            << "inception_v3" << qint64{24'351'718} << 580 << "AuxLogits.conv0.bn.bias";
        QTest::newRow("vgg19") << "vgg19" << qint64{139'582'531} << 38 << "classifier.6.bias";
        QTest::newRow("resnet101") << "resnet101" << qint64{42'506'307} << 626 << "layer3.22.bn3.running_var";
        QTest::newRow("densenet201") << "densenet201" << qint64{18'098'691} << 1207
                                     << "features.denseblock4.denselayer32.conv2.weight";
    }
    void parametersAreTorchvisions() {
        QFETCH(QString, name);
        QFETCH(qint64, parameters);
        QFETCH(int, tensors);
        QFETCH(QString, someName);
        const auto network = makeNetwork(name.toStdString(), kLabels, 3).value();
        qint64 count = 0;
        for (const at::Tensor& parameter : network->parameters())
            count += parameter.numel();
        QCOMPARE(count, parameters);
        const auto state = stateOf(*network);
        QCOMPARE(static_cast<int>(state.size()), tensors);
        QVERIFY(std::ranges::any_of(state,
                                    [&](const auto& item) { return item.first == someName.toStdString(); }));
    }

    // Six convolutions with 32 to 1024 filters, 4 × 4 × 1024 values into 512, and those into the labels.
    void studysNetworkHasItsLayers() {
        const auto network = makeNetwork("cnn_relu", kLabels, 1).value();
        std::int64_t expected = 0;
        int in = 1;
        for (const int out : {32, 64, 128, 256, 512, 1024}) {
            expected += in * out * 9 + out;
            in = out;
        }
        expected += 16 * 1024 * 512 + 512 + 512 * kLabels + kLabels;
        std::int64_t count = 0;
        for (const at::Tensor& parameter : network->parameters())
            count += parameter.numel();
        QCOMPARE(count, expected);
    }

    void ownNetworkIsSmall() {
        const auto network = makeNetwork("hilumnet", kLabels, 1).value();
        std::int64_t count = 0;
        for (const at::Tensor& parameter : network->parameters())
            count += parameter.numel();
        QVERIFY2(count <= 1'200'000, qPrintable(QString::number(count)));
    }

    void partsGiveTheSameLogits_data() { gradCamEqualsFullBackward_data(); }
    void partsGiveTheSameLogits() {
        QFETCH(QString, name);
        const auto network = trainedLike(qPrintable(name));
        const torch::NoGradGuard noGrad;
        const Graph& graph = network->graph();
        const at::Tensor images = at::rand({2, graph.node(kInputNode).channels, 96, 96});
        const at::Tensor whole = network->forward(images);
        for (const auto& prefixes : {network->headPrefixes(), network->lastBlockPrefixes()}) {
            const NodeId cut = cutBefore(graph, prefixes);
            const at::Tensor value = network->run(stretch(graph, kInputNode, cut), images);
            const at::Tensor kept = value.clone();
            const at::Tensor logits = network->run(stretch(graph, cut, graph.logits), value);
            QVERIFY(logits.allclose(whole, 1e-5, 1e-5));
            QVERIFY(value.equal(kept)); // not overwritten
        }
    }

    void prefixesNameParameters_data() { gradCamEqualsFullBackward_data(); }
    void prefixesNameParameters() {
        QFETCH(QString, name);
        const auto network = makeNetwork(name.toStdString(), kLabels, 3).value();
        std::vector<std::string> prefixes = network->headPrefixes();
        for (const std::string& prefix : network->lastBlockPrefixes())
            prefixes.push_back(prefix);
        for (const std::string& prefix : prefixes) {
            QVERIFY2(std::ranges::any_of(network->named_parameters().keys(),
                                         [&](const std::string& key) { return key.starts_with(prefix); }),
                     prefix.c_str());
        }
    }

    void unknownNetworkIsRefused() {
        const auto network = makeNetwork("alexnet", kLabels, 3);
        QVERIFY(!network);
        QCOMPARE(network.error().code, ErrorCode::InvalidArgument);
    }
};

QTEST_APPLESS_MAIN(TestNetworks)
#include "TestNetworks.moc"
