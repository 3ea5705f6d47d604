// What is exported computes what the network computes: ONNX in OpenCV's dnn module and under ONNX's own
// checker, TorchScript in LibTorch's interpreter.

#include <filesystem>
#include <fstream>
#include <map>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/utils.h>

#ifdef HILUM_TEST_ONNX_CHECKER
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#endif
#ifdef HILUM_TEST_OPENCV_DNN
#include <opencv2/dnn.hpp>
#endif

#include "core/export/Onnx.h"
#include "core/export/TorchScript.h"
#include "core/graph/GraphBuilder.h"
#include "core/inference/ExportModel.h"
#include "core/model/CardJson.h"
#include "core/network/ModelFile.h"

#include "tests/interop/Peers.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace hilum;

namespace fs = std::filesystem;

namespace {

constexpr double kMostDifference = 1e-4;

// Whatever a network may hold that the ones below do not: a grid that does not divide its input, a ReLU with
// a ceiling, averages that do not count padding.
Graph oddGraph() {
    GraphBuilder builder(3);
    NodeId x = builder.convolution(
        kInputNode,
        {.name = "a.0", .out = 8, .kernel = {3, 5}, .stride = {2, 1}, .padding = {1, 2}, .bias = Bias::Zero});
    x = builder.rectify(builder.batchNorm(x, "a.1"), 6);
    x = builder.averagePool(x, {.kernel = 3, .stride = 2, .padding = 1, .countPadding = false});
    x = builder.add(x,
                    builder.convolution(x, {.name = "b", .out = 8, .kernel = 3, .padding = 1, .groups = 4}));
    const NodeId featureMap = x;
    x = builder.flatten(builder.adaptiveAveragePool(x, {7, 4}));
    return builder.finish(featureMap, builder.linear(builder.dropout(x), {.name = "c", .out = 3}));
}

std::shared_ptr<Network> trainedLike(Graph graph) {
    torch::manual_seed(20260314);
    auto network = std::make_shared<Network>(std::move(graph));
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

ModelCard cardOf(const std::string& architecture, int sizePx, int planes) {
    ModelCard card;
    card.architecture = architecture;
    card.labels = {"A", "B", "Ünïcode \"C\""};
    card.preprocessing.inputSizePx = sizePx;
    if (planes == 1)
        card.preprocessing = {sizePx, FitMode::Letterbox, {0.5F}, {0.25F}};
    card.temperature = 1.7;
    return card;
}

at::Tensor logitsOf(Network& network, const at::Tensor& images) {
    const c10::InferenceMode inference;
    return network.forward(images);
}

double difference(const at::Tensor& a, const at::Tensor& b) {
    return ((a - b).abs().max() / (1 + b.abs().max())).item<double>();
}

} // namespace

class TestExport : public QObject {
    Q_OBJECT
private:
    QTemporaryDir m_folder;

    [[nodiscard]] fs::path path(const char* name) const {
        return fs::path(m_folder.path().toStdString()) / name;
    }

    struct Case {
        std::shared_ptr<Network> network;
        ModelCard card;
        at::Tensor images;
    };
    static Case makeCase(const QString& name, int sizePx, int planes) {
        Graph graph = name == "odd" ? oddGraph() : describeNetwork(name.toStdString(), 3, planes).value();
        return {trainedLike(std::move(graph)), cardOf(name.toStdString(), sizePx, planes),
                at::rand({2, planes, sizePx, sizePx}) * 2 - 1};
    }
    static Result<void> writeOnnxOf(const Case& example, const fs::path& file) {
        std::map<std::string, at::Tensor> state;
        for (const auto& [name, tensor] : stateOf(*example.network))
            state.emplace(name, tensor);
        return writeOnnx(file, example.network->graph(), example.card, [&](const std::string& name) {
            const at::Tensor& tensor = state.at(name);
            return std::span(tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel()));
        });
    }

private Q_SLOTS:
    void onnxComputesTheLogits_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("sizePx");
        QTest::addColumn<int>("planes");
        QTest::newRow("odd") << "odd" << 47 << 3;
        QTest::newRow("hilumnet") << "hilumnet" << 96 << 1;
        QTest::newRow("cnn_relu") << "cnn_relu" << 256 << 3;
        QTest::newRow("cnn_gelu") << "cnn_gelu" << 256 << 1;
        QTest::newRow("cnn_swish") << "cnn_swish" << 96 << 1;
        QTest::newRow("resnet18") << "resnet18" << 96 << 3;
        QTest::newRow("densenet121") << "densenet121" << 64 << 3;
        QTest::newRow("mobilenet_v2") << "mobilenet_v2" << 96 << 3;
        QTest::newRow("squeezenet1_0") << "squeezenet1_0" << 96 << 3;
        QTest::newRow("squeezenet1_1") << "squeezenet1_1" << 96 << 3;
        QTest::newRow("inception_v3") << "inception_v3" << 128 << 3;
    }
    void onnxComputesTheLogits() {
#ifdef HILUM_TEST_OPENCV_DNN
        QFETCH(QString, name);
        QFETCH(int, sizePx);
        QFETCH(int, planes);
        if (name == "odd" || name == "mobilenet_v2")
            QSKIP("OpenCV 4.6 knows Clip only as it was before operator set 11");
        if (name == "inception_v3")
            QSKIP("OpenCV 4.6 leaves padding out of every average");
        const Case example = makeCase(name, sizePx, planes);
        const auto written = writeOnnxOf(example, path("model.onnx"));
        QVERIFY2(written, written ? "" : written.error().message.c_str());
        cv::dnn::Net net = cv::dnn::readNetFromONNX(path("model.onnx").string());
        const at::Tensor expected = logitsOf(*example.network, example.images);
        for (std::int64_t film = 0; film < 2; ++film) {
            const at::Tensor image = example.images[film].contiguous();
            const std::array<int, 4> sides{1, planes, sizePx, sizePx};
            net.setInput(cv::Mat(4, sides.data(), CV_32F, image.data_ptr<float>()));
            std::vector<cv::Mat> outputs;
            net.forward(outputs, std::vector<cv::String>{"logits", "probabilities"});
            const at::Tensor logits = at::from_blob(outputs[0].ptr<float>(), {3}).clone();
            const at::Tensor probabilities = at::from_blob(outputs[1].ptr<float>(), {3}).clone();
            QVERIFY2(difference(logits, expected[film]) <= kMostDifference,
                     qPrintable(QString::number(difference(logits, expected[film]))));
            QVERIFY(difference(probabilities, at::softmax(expected[film] / 1.7, 0)) <= kMostDifference);
        }
#else
        QSKIP("OpenCV's dnn module is not installed");
#endif
    }

    void onnxRuntimeComputesTheLogits_data() { onnxComputesTheLogits_data(); }
    void onnxRuntimeComputesTheLogits() {
        if (!test::askOnnxRuntime({"probe"}).worked)
            QSKIP("node does not find onnxruntime-node; NODE_PATH names its node_modules");
        QFETCH(QString, name);
        QFETCH(int, sizePx);
        QFETCH(int, planes);
        const Case example = makeCase(name, sizePx, planes);
        QVERIFY(writeOnnxOf(example, path("model.onnx")));
        const at::Tensor logits = logitsOf(*example.network, example.images);
        QVERIFY(writeSafeTensors(path("reference.safetensors"),
                                 {{}, {{"images", example.images}, {"logits", logits}}}));
        const test::PeerAnswer answer =
            test::askOnnxRuntime({path("model.onnx").c_str(), path("reference.safetensors").c_str()});
        QVERIFY2(answer.worked, qPrintable(answer.output));
        const double most = answer.output.toDouble() / (1 + logits.abs().max().item<double>());
        QVERIFY2(most <= kMostDifference, qPrintable(answer.output));
    }

    void onnxIsValidAndCarriesTheCard_data() { onnxComputesTheLogits_data(); }
    void onnxIsValidAndCarriesTheCard() {
#ifdef HILUM_TEST_ONNX_CHECKER
        QFETCH(QString, name);
        QFETCH(int, sizePx);
        QFETCH(int, planes);
        const Case example = makeCase(name, sizePx, planes);
        QVERIFY(writeOnnxOf(example, path("model.onnx")));
        onnx::ModelProto model;
        std::ifstream stream(path("model.onnx"), std::ios::binary);
        QVERIFY(model.ParseFromIstream(&stream));
        onnx::checker::check_model(model);
        QCOMPARE(model.opset_import(0).version(), 17);
        std::map<std::string, std::string> properties;
        for (const auto& property : model.metadata_props())
            properties[property.key()] = property.value();
        QCOMPARE(properties["labels"], std::string("[\"A\",\"B\",\"Ünïcode \\\"C\\\"\"]"));
        QCOMPARE(properties["architecture"], name.toStdString());
        const auto card = cardFromJson(properties["hilum.card"]);
        QVERIFY(card && card->preprocessing == example.card.preprocessing);
        QVERIFY(properties["preprocessing"].find("\"mean\"") != std::string::npos);
#else
        QSKIP("libonnx-dev is not installed");
#endif
    }

    void torchScriptComputesTheLogits_data() { onnxComputesTheLogits_data(); }
    void torchScriptComputesTheLogits() {
        QFETCH(QString, name);
        QFETCH(int, sizePx);
        QFETCH(int, planes);
        const Case example = makeCase(name, sizePx, planes);
        const auto written = writeTorchScript(path("model.pt"), *example.network, example.card);
        QVERIFY2(written, written ? "" : written.error().message.c_str());
        torch::jit::ExtraFilesMap extra{{"hilum.card", ""}};
        torch::jit::Module module = torch::jit::load(path("model.pt").string(), at::kCPU, extra);
        QCOMPARE(cardFromJson(extra["hilum.card"])->labels, example.card.labels);
        module.eval();
        const c10::InferenceMode inference;
        const at::Tensor logits = module.forward({example.images}).toTensor();
        QVERIFY(difference(logits, logitsOf(*example.network, example.images)) <= 1e-6);
        std::map<std::string, at::Tensor> state;
        for (const auto& item : module.named_parameters())
            state.emplace(item.name, item.value);
        for (const auto& item : module.named_buffers())
            state.emplace(item.name, item.value);
        for (const auto& [key, tensor] : stateOf(*example.network))
            QVERIFY2(state.contains(key) && at::equal(state.at(key), tensor), key.c_str());
        QCOMPARE(state.size(), stateOf(*example.network).size());
    }

    void modelFileIsExportedByItsNamesEnding() {
        const Case example = makeCase("hilumnet", 96, 1);
        QVERIFY(saveModel(path("model.safetensors"), example.card, *example.network));
        for (const char* name : {"out.onnx", "out.pt", "out.ts", "out.safetensors"}) {
            const auto format = exportFormatOf(path(name));
            QVERIFY(format.has_value());
            const auto written = exportModel(path("model.safetensors"), path(name), *format);
            QVERIFY2(written, written ? "" : written.error().message.c_str());
            QVERIFY(fs::file_size(path(name)) > 2'000'000);
        }
        QVERIFY(loadModel(path("out.safetensors")));
        QVERIFY(!exportFormatOf("model.pb"));
        QCOMPARE(exportModel(path("none"), path("x.onnx"), ExportFormat::Onnx).error().code,
                 ErrorCode::NotFound);
        QVERIFY(!fs::exists(path("x.onnx")));
    }

    void inputThatIsTooSmallIsRefused() {
        const Case example = makeCase("inception_v3", 128, 3);
        const auto written =
            writeOnnx(path("small.onnx"), example.network->graph(), cardOf("inception_v3", 48, 3), {});
        QCOMPARE(written.error().code, ErrorCode::InvalidArgument);
    }
};

QTEST_APPLESS_MAIN(TestExport)
#include "TestExport.moc"
