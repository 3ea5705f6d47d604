// Weights from elsewhere become a file of Hilum's as they are, or not at all.

#include <cmath>
#include <fstream>
#include <limits>

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "core/inference/ImportWeights.h"
#include "core/network/ModelFile.h"
#include "core/network/WeightFile.h"
#include "core/network/WeightNames.h"
#include "tests/support/PickleFiles.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace hilum;
using namespace hilum::test;

namespace fs = std::filesystem;

namespace {

using State = std::vector<std::pair<std::string, at::Tensor>>;

State stateOfNew(const char* name, int labels, int planes) {
    torch::manual_seed(20260314);
    State state = stateOf(*makeNetwork(name, labels, planes).value());
    for (auto& [key, tensor] : state) {
        if (key.ends_with("running_mean"))
            tensor.uniform_(-0.1, 0.1);
    }
    return state;
}

// What torch.save() would write of a state dictionary.
struct Saved {
    std::string dict; // without PROTO and STOP
    Storages storages;
};

Saved saved(const State& state) {
    std::vector<std::pair<std::string, std::string>> items;
    Saved result;
    for (const auto& [name, tensor] : state) {
        const std::string key =
            tensor.scalar_type() == at::kLong ? "n" : std::to_string(result.storages.size());
        std::vector<std::int32_t> shape, strides;
        for (std::int64_t i = 0; i < tensor.dim(); ++i) {
            shape.push_back(static_cast<std::int32_t>(tensor.size(i)));
            strides.push_back(static_cast<std::int32_t>(tensor.stride(i)));
        }
        const char* type = tensor.scalar_type() == at::kLong ? "LongStorage" : "FloatStorage";
        items.emplace_back(name, test::tensor(storage(key, static_cast<std::int32_t>(tensor.numel()), type),
                                              0, shape, strides));
        if (key != "n" ||
            std::ranges::none_of(result.storages, [](const auto& item) { return item.first == "n"; }))
            result.storages.emplace_back(
                key, std::string(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes()));
    }
    result.dict = orderedDict(items);
    return result;
}

bool same(const State& a, const State& b) {
    return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
        return x.first == y.first && at::equal(x.second, y.second);
    });
}

State sorted(State state) {
    std::ranges::sort(state, {}, [](const auto& item) { return item.first; });
    return state;
}

} // namespace

class TestImportWeights : public QObject {
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    fs::path m_file;
    fs::path m_out;

    Result<ImportOutcome> import(const std::string& bytes, const std::string& network,
                                 std::vector<std::string> labels = {}) {
        fs::remove(m_file);
        std::ofstream(m_file, std::ios::binary) << bytes;
        return importWeights({.network = network,
                              .file = m_file,
                              .out = m_out,
                              .labels = std::move(labels),
                              .name = {},
                              .preprocessing = {},
                              .command = "hilum-cli import"});
    }

private Q_SLOTS:
    void init() {
        m_file = fs::path(m_folder.path().toStdString()) / "weights.pth";
        m_out = m_file.parent_path() / "out.safetensors";
        fs::remove(m_out);
    }

    void bothContainersAreImported_data() {
        QTest::addColumn<bool>("legacy");
        QTest::newRow("zip") << false;
        QTest::newRow("legacy") << true;
    }
    void bothContainersAreImported() {
        QFETCH(bool, legacy);
        const State state = stateOfNew("hilumnet", 3, 1);
        const Saved file = saved(state);
        const std::string pickle = pickled(file.dict);
        const auto outcome =
            import(legacy ? legacyContainer(pickle, file.storages) : zipContainer(pickle, file.storages),
                   "hilumnet");
        QVERIFY2(outcome, outcome ? "" : outcome.error().message.c_str());
        QVERIFY(outcome->differences.empty());
        QCOMPARE(outcome->outputs, 3);
        QVERIFY(!outcome->isModel);
        const SafeTensors written = readSafeTensors(m_out).value();
        QVERIFY(same(sorted(written.tensors), sorted(state)));
        QCOMPARE(written.metadata.at("hilum.architecture"), std::string("hilumnet"));
        QVERIFY(!loadModel(m_out)); // no labels, no model
    }

    void labelsMakeAModel() {
        const State state = stateOfNew("hilumnet", 3, 1);
        const Saved file = saved(state);
        const auto outcome =
            import(zipContainer(pickled(file.dict), file.storages), "hilumnet", {"A", "B", "C"});
        QVERIFY2(outcome && outcome->isModel, outcome ? "" : outcome.error().message.c_str());
        const auto model = loadModel(m_out);
        QVERIFY2(model, model ? "" : model.error().message.c_str());
        QCOMPARE(model->card.labels, (std::vector<std::string>{"A", "B", "C"}));
        QCOMPARE(model->card.name, std::string("weights"));
        QVERIFY(model->card.trainingData.find("SHA-256") != std::string::npos);
        QVERIFY(!model->card.limits.empty());
        QVERIFY(same(sorted(stateOf(*model->network)), sorted(state)));
    }

    void labelsThatDoNotFitAreRefused() {
        const Saved file = saved(stateOfNew("hilumnet", 3, 1));
        const auto outcome = import(zipContainer(pickled(file.dict), file.storages), "hilumnet", {"A", "B"});
        QVERIFY(!outcome);
        QCOMPARE(outcome.error().code, ErrorCode::InvalidArgument);
        QVERIFY(!fs::exists(m_out));
    }

    void safetensorsAreImported() {
        const State state = stateOfNew("hilumnet", 5, 3);
        const fs::path file = m_file.parent_path() / "plain.safetensors";
        QVERIFY(writeSafeTensors(file, {{}, state}));
        ImportRequest request;
        request.network = "hilumnet";
        request.file = file;
        request.out = m_out;
        const auto outcome = importWeights(request);
        QVERIFY2(outcome, outcome ? "" : outcome.error().message.c_str());
        QCOMPARE(outcome->outputs, 5);
        QVERIFY(same(sorted(readSafeTensors(m_out)->tensors), sorted(state)));
    }

    // As its authors publish it: a checkpoint of Python 2 and DataParallel, DenseNet's old names, no
    // counters, and a head of a linear layer and a sigmoid.
    void checkpointOfCheXNetIsImported() {
        const State state = stateOfNew("densenet121", 14, 3);
        State nested;
        for (const auto& [name, tensor] : state) {
            if (name.ends_with("num_batches_tracked"))
                continue;
            QString old = QString::fromStdString(name);
            old.replace(QRegularExpression("(denselayer\\d+\\.(?:norm|conv))([12])\\."), "\\1.\\2.");
            old.replace(QRegularExpression("^classifier\\."), "classifier.0.");
            nested.emplace_back(("module.densenet121." + old).toStdString(), tensor);
        }
        const Saved file = saved(nested);
        const std::string checkpoint =
            pickled("}(" + text("epoch") + integer(7) + text("state_dict") + file.dict + "u");
        const auto outcome = import(legacyContainer(checkpoint, file.storages), "densenet121");
        QVERIFY2(outcome, outcome ? "" : outcome.error().message.c_str());
        QVERIFY2(outcome->differences.empty(),
                 outcome->differences.empty() ? "" : outcome->differences[0].c_str());
        QCOMPARE(outcome->outputs, 14);
        QVERIFY(same(sorted(readSafeTensors(m_out)->tensors), sorted(state)));
        // Fourteen probabilities of their own are no Hilum model.
        const auto model = importWeights({.network = "densenet121",
                                          .file = m_file,
                                          .out = m_out,
                                          .labels = std::vector<std::string>(14, "x"),
                                          .name = {},
                                          .preprocessing = {},
                                          .command = {}});
        QVERIFY(!model);
        QCOMPARE(model.error().code, ErrorCode::InvalidArgument);
    }

    // hostile-input, weights: "NaN, Inf, wrong shape, missing or extra key"
    void differencesAreListedInFullAndNothingIsWritten() {
        State state = stateOfNew("hilumnet", 3, 1);
        std::erase_if(state, [](const auto& item) { return item.first.starts_with("stage1."); });
        for (auto& [name, tensor] : state) {
            if (name == "stage2.bn1.weight")
                tensor[0] = std::numeric_limits<float>::quiet_NaN();
            if (name == "stage2.bn1.bias")
                tensor[0] = std::numeric_limits<float>::infinity();
            if (name == "stage3.bn1.weight")
                tensor = at::ones({7});
        }
        state.emplace_back("stranger", at::ones({2}));
        const Saved file = saved(state);
        const auto outcome = import(zipContainer(pickled(file.dict), file.storages), "hilumnet");
        QVERIFY2(outcome, outcome ? "" : outcome.error().message.c_str());
        std::size_t missing = 0;
        for (const std::string& difference : outcome->differences)
            missing += difference.starts_with("'stage1.") ? 1 : 0;
        QVERIFY(missing > 6); // more than an error's sentence would name
        for (const char* difference :
             {"'stage2.bn1.weight' holds values that are not finite",
              "'stage2.bn1.bias' holds values that are not finite", "'stage3.bn1.weight' is 7 instead of 128",
              "'stranger' is not part of the network"})
            QVERIFY2(std::ranges::count(outcome->differences, difference) == 1, difference);
        QCOMPARE(outcome->differences.size(), missing + 4);
        QVERIFY(!fs::exists(m_out));
    }

    void weightsOfAnotherNetworkAreRefused() {
        const Saved file = saved(stateOfNew("hilumnet", 3, 1));
        const auto outcome = import(zipContainer(pickled(file.dict), file.storages), "resnet18");
        QVERIFY(outcome && !outcome->differences.empty());
        QCOMPARE(import("x", "resnet18").error().code, ErrorCode::BadModelFile);
        QCOMPARE(import("x", "alexnet").error().code, ErrorCode::InvalidArgument);
        QVERIFY(!fs::exists(m_out));
    }

    void namesBecomeTorchvisions_data() {
        QTest::addColumn<QString>("network");
        QTest::addColumn<QStringList>("names");
        QTest::addColumn<QStringList>("expected");
        QTest::newRow("as they are") << "resnet18" << QStringList{"conv1.weight", "fc.bias"}
                                     << QStringList{"conv1.weight", "fc.bias"};
        QTest::newRow("DataParallel") << "resnet18" << QStringList{"module.conv1.weight", "module.fc.bias"}
                                      << QStringList{"conv1.weight", "fc.bias"};
        QTest::newRow("nested twice")
            << "resnet18" << QStringList{"model.module.conv1.weight", "model.module.fc.bias"}
            << QStringList{"conv1.weight", "fc.bias"};
        QTest::newRow("not all nested") << "resnet18" << QStringList{"module.conv1.weight", "fc.bias"}
                                        << QStringList{"module.conv1.weight", "fc.bias"};
        QTest::newRow("old DenseNet")
            << "densenet201"
            << QStringList{"features.denseblock1.denselayer1.norm.1.weight",
                           "features.denseblock4.denselayer32.conv.2.weight",
                           "features.transition1.norm.weight", "features.norm0.bias"}
            << QStringList{"features.denseblock1.denselayer1.norm1.weight",
                           "features.denseblock4.denselayer32.conv2.weight",
                           "features.transition1.norm.weight", "features.norm0.bias"};
        QTest::newRow("another network's")
            << "vgg16" << QStringList{"classifier.0.weight"} << QStringList{"classifier.0.weight"};
    }
    void namesBecomeTorchvisions() {
        QFETCH(QString, network);
        QFETCH(QStringList, names);
        QFETCH(QStringList, expected);
        std::vector<std::string> given;
        for (const QString& name : names)
            given.push_back(name.toStdString());
        QStringList found;
        for (const std::string& name : torchvisionNames(given, network.toStdString()))
            found.append(QString::fromStdString(name));
        QCOMPARE(found, expected);
    }
};

QTEST_APPLESS_MAIN(TestImportWeights)
#include "TestImportWeights.moc"
