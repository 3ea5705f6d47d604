// What is written comes back; what is damaged or contradicts itself is refused, naming the reason.

#include <cstring>
#include <fstream>

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "core/network/ModelFile.h"
#include "core/storage/AtomicFile.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

using namespace hilum;

namespace {

ModelCard smallCard() {
    ModelCard card;
    card.name = "Test model";
    card.version = "3";
    card.architecture = "hilumnet";
    card.labels = {"A", "B", "Ünïcode <C>"};
    card.preprocessing = {96, FitMode::Letterbox, {0.5F}, {0.25F}};
    card.limits = {"For tests."};
    card.testAccuracy = {0.9, 0.8, 0.95, 50};
    card.testedOn = "50 films";
    card.temperature = 1.5;
    card.heatMapScale = 2.25;
    return card;
}

std::string bytesOf(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

void replaceBytes(const std::filesystem::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
}

std::string container(std::string header, std::size_t dataBytes) {
    const std::uint64_t length = header.size();
    std::string bytes(sizeof length, '\0');
    std::memcpy(bytes.data(), &length, sizeof length);
    return bytes + header + std::string(dataBytes, '\0');
}

} // namespace

class TestModelFile : public QObject {
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    std::filesystem::path m_file;

private Q_SLOTS:
    void init() {
        m_file = std::filesystem::path(m_folder.path().toStdString()) / "model.safetensors";
        torch::manual_seed(7);
        const auto network = makeNetwork("hilumnet", 3, 1).value();
        QVERIFY(saveModel(m_file, smallCard(), *network));
    }

    void cardAndWeightsComeBack() {
        torch::manual_seed(7);
        const auto original = makeNetwork("hilumnet", 3, 1).value();
        original->eval();
        const auto loaded = loadModel(m_file);
        QVERIFY2(loaded, loaded ? "" : loaded.error().message.c_str());
        const ModelCard card = smallCard();
        QCOMPARE(loaded->card.labels, card.labels);
        QVERIFY(loaded->card.preprocessing == card.preprocessing);
        QCOMPARE(loaded->card.limits, card.limits);
        QCOMPARE(loaded->card.testAccuracy.high, 0.95);
        QCOMPARE(loaded->card.temperature, 1.5);
        QCOMPARE(loaded->card.heatMapScale, 2.25);
        QCOMPARE(loaded->sha256, sha256OfFile(m_file).value());
        const at::Tensor image = at::rand({1, 1, 96, 96});
        QVERIFY(at::equal(original->forward(image), loaded->network->forward(image)));
        QCOMPARE(loadModelCard(m_file)->name, card.name);
    }

    void everyTruncationIsRefused() {
        const std::string whole = bytesOf(m_file);
        for (const std::size_t length : {std::size_t{0}, std::size_t{7}, std::size_t{8}, std::size_t{500},
                                         whole.size() / 2, whole.size() - 1}) {
            replaceBytes(m_file, whole.substr(0, length));
            const auto loaded = loadModel(m_file);
            QVERIFY(!loaded);
            QCOMPARE(loaded.error().code, ErrorCode::BadModelFile);
            QCOMPARE(loaded.error().context, m_file.string());
        }
    }

    // A changed weight is a valid file; only the reference logits can tell.
    void changedWeightFailsTheReference() {
        SafeTensors content = readSafeTensors(m_file).value();
        for (auto& [name, tensor] : content.tensors) {
            if (name == "fc.bias")
                tensor[1] += 0.5;
        }
        QVERIFY(writeSafeTensors(m_file, content));
        const auto loaded = loadModel(m_file);
        QVERIFY(!loaded);
        QCOMPARE(loaded.error().code, ErrorCode::BadModelFile);
        QVERIFY(QString::fromStdString(loaded.error().message).contains("reference"));
    }

    void missingExtraAndNonFiniteTensorsAreListed() {
        SafeTensors content = readSafeTensors(m_file).value();
        std::erase_if(content.tensors, [](const auto& item) { return item.first == "fc.weight"; });
        content.tensors.emplace_back("stranger", at::zeros({2}));
        for (auto& [name, tensor] : content.tensors) {
            if (name == "fc.bias")
                tensor[0] = std::numeric_limits<float>::quiet_NaN();
        }
        QVERIFY(writeSafeTensors(m_file, content));
        const auto loaded = loadModel(m_file);
        QVERIFY(!loaded);
        const QString message = QString::fromStdString(loaded.error().message);
        for (const char* part :
             {"'fc.weight' is missing", "'stranger' is not part", "'fc.bias' holds values"})
            QVERIFY2(message.contains(part), qPrintable(message));
    }

    void laterVersionIsRefused() {
        SafeTensors content = readSafeTensors(m_file).value();
        content.metadata["hilum.format_version"] = "2";
        QVERIFY(writeSafeTensors(m_file, content));
        QCOMPARE(loadModel(m_file).error().code, ErrorCode::UnsupportedVersion);
        QCOMPARE(loadModelCard(m_file).error().code, ErrorCode::UnsupportedVersion);
    }

    void malformedContainersAreRefused_data() {
        QTest::addColumn<QByteArray>("bytes");
        const auto row = [](const char* name, const std::string& bytes) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes);
        };
        const std::string f32 = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
        row("N = 0", std::string(8, '\0'));
        row("empty header", container("", 0));
        row("not an object", container("[]", 0));
        row("header longer than the file", std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10));
        row("duplicate key", container(R"({"a":)" + f32 + R"(,"a":)" + f32 + "}", 8));
        row("hole", container(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12));
        row("overlap",
            container(R"({"a":)" + f32 + R"(,"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12));
        row("begin after end", container(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8));
        row("shape overflows",
            container(R"({"a":{"dtype":"F32","shape":[1099511627776,1099511627776],"data_offsets":[0,0]}})",
                      0));
        row("size against shape", container(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8));
        row("negative side", container(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8));
        row("unknown type", container(R"({"a":{"dtype":"Q9","shape":[2],"data_offsets":[0,8]}})", 8));
        row("trailing bytes", container(R"({"a":)" + f32 + "}", 9));
        row("metadata not text", container(R"({"__metadata__":{"k":1}})", 0));
        row("deep nesting", container(R"({"a":)" + std::string(50'000, '['), 0));
    }
    void malformedContainersAreRefused() {
        QFETCH(QByteArray, bytes);
        replaceBytes(m_file, bytes.toStdString());
        const auto content = readSafeTensors(m_file);
        QVERIFY(!content);
        QCOMPARE(content.error().code, ErrorCode::BadModelFile);
    }

    // A file as large as its header says, in which nothing is stored: the size alone refuses it, before it is
    // read.
    void headerAbove100MegabytesIsRefused() {
        replaceBytes(m_file, std::string("\x01\xE1\xF5\x05\0\0\0\0{", 9)); // 100,000,001
        std::filesystem::resize_file(m_file, 200'000'000);
        QElapsedTimer timer;
        timer.start();
        const auto content = readSafeTensors(m_file);
        QVERIFY(!content);
        QCOMPARE(content.error().code, ErrorCode::TooLarge);
        QVERIFY(timer.elapsed() < 1'000);
    }

    void absentFileIsNotFound() {
        QCOMPARE(loadModel(m_file.parent_path() / "none").error().code, ErrorCode::NotFound);
        QCOMPARE(loadModel(m_file.parent_path()).error().code, ErrorCode::NotReadable);
    }

    void unwritableFolderLeavesTheOldFile() {
        QCOMPARE(writeFileAtomically("/proc/nowhere/model.safetensors", "x").error().code,
                 ErrorCode::NotWritable);
        // A folder in the target's place cannot be replaced, and no temporary file stays behind.
        const auto target = m_file.parent_path() / "folder";
        std::filesystem::create_directories(target / "inside");
        QCOMPARE(writeFileAtomically(target, "x").error().code, ErrorCode::NotWritable);
        for (const auto& entry : std::filesystem::directory_iterator(m_file.parent_path()))
            QVERIFY(entry.path().extension() != ".tmp");
    }

    void hashesAreSha256() {
        QCOMPARE(sha256Of("abc"),
                 std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        QCOMPARE(base64("any carnal pleas"), std::string("YW55IGNhcm5hbCBwbGVhcw=="));
    }
};

QTEST_APPLESS_MAIN(TestModelFile)
#include "TestModelFile.moc"
