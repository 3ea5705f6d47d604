// Both engines make the same numbers: LibTorch, which trains, and oneDNN, which reads.

#include <cmath>

#include <ATen/ATen.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/utils.h>

#include "core/graph/GraphBuilder.h"
#include "core/network/Autocast.h"
#include "core/network/ModelFile.h"
#include "core/network/TorchEngine.h"
#include "core/onednn/OneDnnEngine.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace hilum;

namespace {

constexpr int kLabels = 3;
constexpr int kOtherSizePx = 96;         // a size that the engine was not made for
constexpr double kLogitTolerance = 1e-4; // relative to the largest
constexpr double kMinCorrelation = 0.9999;
constexpr double kMinCorrelationNarrow = 0.99;
constexpr double kMostOfAutocast = 1.2; // the error of a bfloat16 map, in multiples of LibTorch's own
constexpr double kLogitToleranceNarrow = 0.05;
constexpr float kLukewarm = 0.05F; // of the hottest map's maximum: below it a map is what rounding leaves

// A network as after training, and its weights as a model file would give them.
class Subject {
public:
    explicit Subject(Graph graph) {
        torch::manual_seed(20260401);
        Network network(std::move(graph));
        const torch::NoGradGuard noGrad;
        for (const auto& module : network.modules(false)) {
            if (auto* norm = module->as<torch::nn::BatchNorm2d>()) {
                norm->weight.uniform_(0.6, 1.1);
                norm->bias.uniform_(-0.2, 0.2);
                norm->running_mean.uniform_(-0.1, 0.1);
                norm->running_var.uniform_(0.7, 1.3);
            }
        }
        m_content.graph = network.graph();
        for (const auto& [name, tensor] : stateOf(network)) {
            if (!tensor.is_floating_point())
                continue;
            m_kept.push_back(tensor.contiguous());
            m_content.tensors.tensors.push_back(
                {name,
                 TensorType::F32,
                 tensor.sizes().vec(),
                 {static_cast<const std::byte*>(m_kept.back().data_ptr()), m_kept.back().nbytes()}});
        }
    }

    [[nodiscard]] const ModelContent& content() const { return m_content; }
    [[nodiscard]] std::vector<float> planes(int sizePx, std::uint64_t seed) const {
        torch::manual_seed(seed);
        const at::Tensor random =
            at::rand({m_content.graph.node(kInputNode).channels, sizePx, sizePx}) * 4 - 2;
        return {random.data_ptr<float>(), random.data_ptr<float>() + random.numel()};
    }

private:
    std::vector<at::Tensor> m_kept;
    ModelContent m_content;
};

// Pearson's; of maps of one cell, which have none, 1 where the values agree.
double correlation(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() == 1)
        return std::abs(a.front() - b.front()) <= kLogitTolerance * std::abs(a.front()) ? 1 : 0;
    const auto tensor = [](const std::vector<float>& values) { return at::tensor(values).to(at::kDouble); };
    const at::Tensor x = tensor(a) - tensor(a).mean(), y = tensor(b) - tensor(b).mean();
    return ((x * y).sum() / (x.norm() * y.norm())).item<double>();
}

float hottest(const FloatImage& map) { return *std::ranges::max_element(map.values); }

bool isWarm(const EngineOutput& output, std::size_t map) {
    float top = 0;
    for (const FloatImage& other : output.maps)
        top = std::max(top, hottest(other));
    return hottest(output.maps[map]) > kLukewarm * top;
}

// Of the warm maps.
double lowestCorrelation(const EngineOutput& expected, const EngineOutput& found) {
    double lowest = 1;
    for (std::size_t i = 0; i < expected.maps.size(); ++i) {
        if (isWarm(expected, i))
            lowest = std::min(lowest, correlation(expected.maps[i].values, found.maps[i].values));
    }
    return lowest;
}

// LibTorch's own maps with a feature map in bfloat16.
EngineOutput autocastOutputOf(const ModelContent& content, const std::vector<float>& planes, int sizePx) {
    const torch::NoGradGuard noGrad;
    const auto network = networkOf(content);
    network->eval();
    const at::Tensor images = at::tensor(planes).view({1, -1, sizePx, sizePx});
    const at::Tensor featureMap = [&] {
        const Bf16Autocast narrowly(at::kCPU);
        return network->features(images);
    }();
    const HeadPass pass = network->headWithCam(featureMap.to(at::kFloat));
    const at::Tensor a = pass.activations[0];
    EngineOutput output;
    for (const at::Tensor& weights : pass.camWeights[0].unbind()) {
        const at::Tensor map = at::relu((weights.view({-1, 1, 1}) * a).sum(0)).contiguous();
        FloatImage image(static_cast<int>(map.size(1)), static_cast<int>(map.size(0)));
        std::copy_n(map.data_ptr<float>(), image.values.size(), image.values.begin());
        output.maps.push_back(std::move(image));
    }
    return output;
}

// Empty, or what differs.
QString difference(const EngineOutput& expected, const EngineOutput& found, double tolerance,
                   double minCorrelation) {
    if (found.logits.size() != expected.logits.size() || found.maps.size() != expected.maps.size())
        return "another number of logits or maps";
    float largest = 0;
    for (const float logit : expected.logits)
        largest = std::max(largest, std::abs(logit));
    for (std::size_t i = 0; i < expected.logits.size(); ++i) {
        if (!(std::abs(found.logits[i] - expected.logits[i]) <= tolerance * static_cast<double>(largest)))
            return QString("logit %1: %2 instead of %3").arg(i).arg(found.logits[i]).arg(expected.logits[i]);
    }
    int warm = 0;
    for (std::size_t i = 0; i < expected.maps.size(); ++i) {
        const FloatImage &a = expected.maps[i], &b = found.maps[i];
        if (a.widthPx != b.widthPx || a.heightPx != b.heightPx)
            return "a map of another size";
        const bool counts = tolerance < kLogitToleranceNarrow ? hottest(a) > 0 : isWarm(expected, i);
        if (!counts)
            continue;
        ++warm;
        if (const double r = correlation(a.values, b.values); !(r >= minCorrelation))
            return QString("map %1: correlation %2").arg(i).arg(r);
    }
    return warm > 0 || expected.maps.empty() ? QString() : QString("no map was warm: nothing was compared");
}

EngineOutput outputOf(Engine& engine, const std::vector<float>& planes, int sizePx) {
    auto output = engine.run(planes, sizePx, Explain::EveryClass);
    if (!output)
        qFatal("%s", output.error().message.c_str());
    return std::move(*output);
}

} // namespace

class TestEngines : public QObject {
    Q_OBJECT
private:
    QTemporaryDir m_folder;

    [[nodiscard]] std::filesystem::path choicesFile() const {
        return std::filesystem::path(m_folder.path().toStdString()) / "sub" / "choices.txt";
    }

    void compare(const Graph& graph, int sizePx, int otherSizePx) {
        const Subject subject(graph);
        const auto torch = makeTorchEngine(subject.content()).value();
        auto made = makeOneDnnEngine(graph, subject.content().tensors,
                                     {.sizePx = sizePx, .choicesFile = choicesFile()});
        QVERIFY2(made, made ? "" : made.error().message.c_str());
        for (const int size : {sizePx, otherSizePx, sizePx}) {
            const std::vector<float> planes = subject.planes(size, static_cast<std::uint64_t>(size));
            const QString differs = difference(outputOf(*torch, planes, size), outputOf(**made, planes, size),
                                               kLogitTolerance, kMinCorrelation);
            QVERIFY2(differs.isEmpty(), qPrintable(differs));
        }
    }

private Q_SLOTS:
    void initTestCase() { prepareTorch(); }

    void everyNetworkIsTheSame_data() {
        QTest::addColumn<QString>("name");
        for (const NetworkInfo& info : networkTable())
            QTest::newRow(info.name.data()) << QString::fromUtf8(info.name.data());
    }
    void everyNetworkIsTheSame() {
        QFETCH(QString, name);
        const NetworkInfo& info = *findNetwork(name.toStdString());
        compare(describeNetwork(info.name, kLabels, info.inputPlanes).value(), info.inputSizePx,
                kOtherSizePx);
    }

    // Half the digits: emulated where the processor does not have them. A network with random weights has
    // maps that are what is left when large numbers cancel out: LibTorch's bfloat16 tells how much of one is
    // noise.
    void bfloat16IsNearlyTheSame_data() { everyNetworkIsTheSame_data(); }
    void bfloat16IsNearlyTheSame() {
        QFETCH(QString, name);
        const NetworkInfo& info = *findNetwork(name.toStdString());
        const Graph graph = describeNetwork(info.name, kLabels, info.inputPlanes).value();
        const Subject subject(graph);
        const auto torch = makeTorchEngine(subject.content()).value();
        const auto narrow = makeOneDnnEngine(graph, subject.content().tensors,
                                             {.bfloat16 = true, .sizePx = info.inputSizePx});
        if (!narrow && narrow.error().code == ErrorCode::UnsupportedFormat)
            QSKIP("oneDNN has no bfloat16 on this processor");
        QVERIFY(narrow);
        const std::vector<float> planes = subject.planes(info.inputSizePx, 3);
        const EngineOutput expected = outputOf(*torch, planes, info.inputSizePx);
        const double autocast =
            lowestCorrelation(expected, autocastOutputOf(subject.content(), planes, info.inputSizePx));
        const QString differs =
            difference(expected, outputOf(**narrow, planes, info.inputSizePx), kLogitToleranceNarrow,
                       std::min(kMinCorrelationNarrow, 1 - kMostOfAutocast * (1 - autocast)));
        QVERIFY2(differs.isEmpty(),
                 qPrintable(QString("%1; LibTorch's bfloat16: %2").arg(differs).arg(autocast)));
    }

    // What no network of the table has, or not in this order.
    void everyOperationIsTheSame() {
        GraphBuilder b(3);
        NodeId x =
            b.convolution(kInputNode, {.name = "stem", .out = 24, .kernel = 3, .stride = 2, .padding = 1});
        x = b.rectify(b.batchNorm(x, "stemNorm", 1e-3), 6); // 24 channels: not a whole number of blocks
        const NodeId wide = b.convolution(x, {.name = "wide", .out = 32, .bias = Bias::Uniform});
        const NodeId depthwise = b.rectify(
            b.convolution(wide, {.name = "deep", .out = 32, .kernel = 3, .padding = 1, .groups = 32}), 6);
        const NodeId sum =
            b.add(b.batchNorm(b.convolution(depthwise, {.name = "back", .out = 32}), "n"), wide);
        const NodeId again = b.rectify(b.add(wide, sum)); // wide is needed after the sum, too
        const NodeId row =
            b.convolution(again, {.name = "row", .out = 16, .kernel = {1, 7}, .padding = {0, 3}});
        const NodeId column =
            b.convolution(again, {.name = "col", .out = 16, .kernel = {5, 1}, .padding = {2, 0}});
        const NodeId mean =
            b.averagePool(again, {.kernel = 3, .stride = 1, .padding = 1, .countPadding = true});
        const NodeId inner = b.concat({row, b.rectify(column)});
        NodeId y = b.concat({inner, mean, b.maxPool(again, {.kernel = 3, .stride = 1, .padding = 1})});
        y = b.rectify(b.batchNorm(y, "after"));
        y = b.averagePool(b.convolution(y, {.name = "narrow", .out = 48})); // the pooling may go first
        y = b.averagePool(y, {.kernel = 2, .stride = 2, .ceilMode = true});
        y = b.maxPool(y, {.kernel = 3, .stride = 2, .ceilMode = true});
        const NodeId logits = b.linear(b.dropout(b.pooledVector(y)), {.name = "fc", .out = kLabels});
        compare(b.finish(y, logits), 70, 61);
    }

    void measuredChoicesAreKept() {
        const Subject subject(describeNetwork("hilumnet", kLabels, 1).value());
        const auto make = [&] {
            return makeOneDnnEngine(subject.content().graph, subject.content().tensors,
                                    {.sizePx = 224, .choicesFile = choicesFile()});
        };
        std::filesystem::remove(choicesFile());
        QVERIFY(make());
        QVERIFY(std::filesystem::file_size(choicesFile()) > 0);
        const auto time = std::filesystem::last_write_time(choicesFile());
        QVERIFY(make());
        QVERIFY(std::filesystem::last_write_time(choicesFile()) == time); // nothing was measured again
    }

    void whatOneDnnCannotRunIsSaid() {
        GraphBuilder b(1);
        const NodeId odd = b.convolution(kInputNode, {.name = "a", .out = 10, .kernel = 3});
        const NodeId cut = b.concat({odd, b.rectify(odd)}); // parts that are no whole blocks
        const Subject subject(b.finish(cut, b.linear(b.pooledVector(cut), {.name = "fc", .out = kLabels})));
        const auto engine =
            makeOneDnnEngine(subject.content().graph, subject.content().tensors, {.sizePx = 32});
        QVERIFY(!engine);
        QCOMPARE(engine.error().code, ErrorCode::UnsupportedFormat);
    }

    void tooSmallFilmIsAnError() {
        const Subject subject(describeNetwork("vgg19", kLabels, 3).value());
        const auto engine =
            makeOneDnnEngine(subject.content().graph, subject.content().tensors, {.sizePx = 64}).value();
        const auto output = engine->run(subject.planes(16, 1), 16, Explain::No);
        QVERIFY(!output);
        QCOMPARE(output.error().code, ErrorCode::InvalidArgument);
    }
};

QTEST_APPLESS_MAIN(TestEngines)
#include "TestEngines.moc"
