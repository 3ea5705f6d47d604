// torch.save()'s files: tensors come out as they were written, and the rows ".pth" and "strides" of hostile
// input are refused, naming opcode and offset, in little time and memory, with nothing written.

#include <QTemporaryDir>
#include <QtTest>

#include <chrono>
#include <cstring>
#include <fstream>
#include <random>

#include "core/network/Pickle.h"
#include "core/network/PickleReader.h"
#include "tests/support/PickleFiles.h"

using namespace hilum;
using namespace hilum::test;

namespace {

using Clock = std::chrono::steady_clock;

// The elements in row-major order, as floats.
std::vector<double> valuesOf(const RawTensor& tensor) {
    std::size_t count = 1;
    for (const std::int64_t side : tensor.shape)
        count *= static_cast<std::size_t>(side);
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t rest = i;
        std::uint64_t at = tensor.offset;
        for (std::size_t side = tensor.shape.size(); side-- > 0;) {
            const auto length = static_cast<std::size_t>(tensor.shape[side]);
            at += rest % length * static_cast<std::size_t>(tensor.strides[side]);
            rest /= length;
        }
        const std::byte* bytes = tensor.storage.get() + at * elementBytes(tensor.type);
        float small = 0;
        std::int64_t whole = 0;
        if (tensor.type == ElementType::F32)
            std::memcpy(&small, bytes, sizeof small);
        else
            std::memcpy(&whole, bytes, sizeof whole);
        values.push_back(tensor.type == ElementType::F32 ? static_cast<double>(small)
                                                         : static_cast<double>(whole));
    }
    return values;
}

// Largest memory that this process had so far, in bytes.
std::uint64_t peakMemory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:"))
            return std::stoull(line.substr(6)) * 1024;
    }
    return 0;
}

std::string repeated(const std::string& part, std::size_t times) {
    std::string all;
    all.reserve(part.size() * times);
    for (std::size_t i = 0; i < times; ++i)
        all += part;
    return all;
}

std::string oneTensor(const std::string& tensor) { return pickled(orderedDict({{"w", tensor}})); }

} // namespace

class TestPickleReader : public QObject {
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    std::filesystem::path m_file;
    std::uint64_t m_baseline = 0; // memory before the first test

    Result<std::vector<RawTensor>> read(const std::string& bytes) {
        std::filesystem::remove(m_file); // a file that is written over waits for the disk
        std::ofstream(m_file, std::ios::binary) << bytes;
        return readPickledWeights(m_file);
    }

private Q_SLOTS:
    void initTestCase() { m_baseline = peakMemory(); }
    void init() { m_file = std::filesystem::path(m_folder.path().toStdString()) / "weights.pth"; }

    void bothContainersGiveTheTensors_data() {
        QTest::addColumn<QByteArray>("bytes");
        const auto row = [](const char* name, const std::string& bytes) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes);
        };
        row("zip", zipContainer(smallState(), smallStorages()));
        row("legacy", legacyContainer(smallState(), smallStorages()));
        const std::string state = smallState().substr(2, smallState().size() - 3);
        // What training scripts save beside the weights: numbers, lists, an optimiser's state.
        const std::string checkpoint =
            pickled("}(" + text("epoch") + integer(3) + text("best") + "G?\xf0" + std::string(6, '\0') +
                    text("state_dict") + state + text("optimizer") + "}(K\x01" + tuple({"N", "\x88"}) + "u" +
                    text("history") + "](" + integer(-1) + "K\x02" + "eu");
        row("checkpoint, zip", zipContainer(checkpoint, smallStorages()));
        row("checkpoint, legacy", legacyContainer(checkpoint, smallStorages()));
        // torch.save() of a state dictionary sets the attribute _metadata.
        row("with _metadata", zipContainer(pickled(state + "}(" + text("_metadata") + orderedDict({}) + "ub"),
                                           smallStorages()));
    }
    void bothContainersGiveTheTensors() {
        QFETCH(QByteArray, bytes);
        const auto tensors = read(bytes.toStdString());
        QVERIFY2(tensors, tensors ? "" : tensors.error().message.c_str());
        QCOMPARE(tensors->size(), std::size_t{4});
        QCOMPARE((*tensors)[0].name, std::string("a.weight"));
        QCOMPARE((*tensors)[0].shape, (std::vector<std::int64_t>{2, 3}));
        QCOMPARE(valuesOf((*tensors)[0]), (std::vector<double>{0, 1, 2, 3, 4, 5}));
        QCOMPARE(valuesOf((*tensors)[1]), (std::vector<double>{0, 3, 1, 4, 2, 5}));
        QCOMPARE((*tensors)[2].type, ElementType::I64);
        QCOMPARE(valuesOf((*tensors)[2]), std::vector<double>{7});
        QVERIFY(valuesOf((*tensors)[3]).empty());
        QCOMPARE((*tensors)[0].storage.get(), (*tensors)[1].storage.get());
    }

    // Python 2 pickles an OrderedDict as a call with a list of pairs, and its texts as bytes; PyTorch before
    // 0.4 calls _rebuild_tensor, and its storages may be views.
    void filesOfTheFirstYearsAreRead() {
        const std::string view = tuple({text("storage"), global("torch", "FloatStorage"),
                                        "U\x01"
                                        "0",
                                        "U\x03"
                                        "cpu",
                                        integer(12),
                                        tuple({"U\x01"
                                               "v",
                                               integer(6), integer(6)})}) +
                                 "Q";
        const std::string old = global("torch._utils", "_rebuild_tensor") +
                                tuple({view, integer(1), tuple({integer(5)}), tuple({integer(1)})}) + "R";
        const std::string parameter =
            global("torch._utils", "_rebuild_parameter") + tuple({old, "\x88", orderedDict({})}) + "R";
        const std::string state =
            pickled(global("collections", "OrderedDict") + tuple({"](](U\x01w" + parameter + "ee"}) + "R");
        const auto tensors = read(legacyContainer(state, {{"0", smallStorages()[0].second}}));
        QVERIFY2(tensors, tensors ? "" : tensors.error().message.c_str());
        QCOMPARE(valuesOf(tensors->front()), (std::vector<double>{1, 2, 3, 4, 5}));
    }

    // hostile-input, .pth: "any GLOBAL but …; other REDUCE/BUILD/INST/OBJ"
    void whatExecutesIsRefused_data() {
        QTest::addColumn<QByteArray>("pickle");
        QTest::addColumn<QString>("opcode");
        QTest::addColumn<int>("offset"); // of the opcode in the pickle
        const auto row = [](const char* name, const std::string& body, const char* opcode, int offset) {
            QTest::newRow(name) << QByteArray::fromStdString(pickled(body)) << QString(opcode) << offset;
        };
        row("GLOBAL posix.system", global("posix", "system") + tuple({text("touch hilum-was-here")}) + "R",
            "GLOBAL", 2);
        row("GLOBAL builtins.eval", global("builtins", "eval") + tuple({text("1")}) + "R", "GLOBAL", 2);
        row("GLOBAL with a prefix of an allowed name", global("collections", "OrderedDict.fromkeys"),
            "GLOBAL", 2);
        row("GLOBAL torch.load", global("torch", "load"), "GLOBAL", 2);
        row("GLOBAL torch._utils._rebuild_qtensor", global("torch._utils", "_rebuild_qtensor"), "GLOBAL", 2);
        row("GLOBAL without an end", "c" + std::string(5000, 'x'), "GLOBAL", 2);
        row("STACK_GLOBAL os.system", text("os") + text("system") + "\x93", "STACK_GLOBAL", 2 + 7 + 11);
        row("STACK_GLOBAL of numbers", "K\x01K\x02\x93", "STACK_GLOBAL", 6);
        row("REDUCE of a text", text("x") + ")R", "REDUCE", 2 + 6 + 1);
        row("REDUCE of a storage", global("torch", "FloatStorage") + ")R", "REDUCE", 2 + 20 + 1);
        row("REDUCE without a tuple", global("collections", "OrderedDict") + "]R", "REDUCE", 2 + 25 + 1);
        row("REDUCE OrderedDict of a number", global("collections", "OrderedDict") + tuple({"K\x01"}) + "R",
            "REDUCE", 2 + 25 + 4);
        row("REDUCE _rebuild_tensor_v2 of nothing", global("torch._utils", "_rebuild_tensor_v2") + ")R",
            "REDUCE", 2 + 33 + 1);
        row("REDUCE _rebuild_parameter of a dict", global("torch._utils", "_rebuild_parameter") + "}\x85R",
            "REDUCE", 2 + 33 + 2);
        row("BUILD of a dict", "}}b", "BUILD", 4);
        row("BUILD of an OrderedDict with a text",
            global("collections", "OrderedDict") + ")R" + text("x") + "b", "BUILD", 2 + 25 + 2 + 6);
        row("BUILD of a storage type", global("torch", "FloatStorage") + "}b", "BUILD", 2 + 20 + 1);
        row("INST", "(iposix\nsystem\n", "INST", 3);
        row("OBJ", "(" + global("collections", "OrderedDict") + "o", "OBJ", 3 + 25);
        row("NEWOBJ", global("collections", "OrderedDict") + ")\x81", "NEWOBJ", 2 + 25 + 1);
        row("NEWOBJ_EX", global("collections", "OrderedDict") + ")}\x92", "NEWOBJ_EX", 2 + 25 + 2);
        row("EXT1", "\x82\x01", "EXT1", 2);
        row("EXT4", std::string("\x84\x01\x00\x00\x00", 5), "EXT4", 2);
        row("PERSID", "Pstorage\n", "PERSID", 2);
        row("BINPERSID of a module", tuple({text("module"), "N", text("f"), text("s"), "N"}) + "Q",
            "BINPERSID", 2 + 1 + 11 + 1 + 6 + 6 + 1 + 1);
        row("DUP", "N2", "DUP", 3);
        row("no opcode at all", "\xff", "", 2);
    }
    void whatExecutesIsRefused() {
        QFETCH(QByteArray, pickle);
        QFETCH(QString, opcode);
        QFETCH(int, offset);
        for (const std::string& bytes :
             {zipContainer(pickle.toStdString(), {}), legacyContainer(pickle.toStdString(), {})}) {
            const auto tensors = read(bytes);
            QVERIFY(!tensors);
            QCOMPARE(tensors.error().code, ErrorCode::BadModelFile);
            QCOMPARE(tensors.error().context, m_file.string());
        }
        const auto refused = pickle::read(pickle.toStdString());
        QVERIFY(!refused);
        const QString message = QString::fromStdString(refused.error().message);
        QVERIFY2(
            message.contains(opcode + QString(opcode.isEmpty() ? "at byte %1:" : " at byte %1:").arg(offset)),
            qPrintable(message));
        QVERIFY(!std::filesystem::exists("hilum-was-here"));
    }

    // hostile-input, .pth: "stride beyond the storage"
    void tensorsBeyondTheirStorageAreRefused_data() {
        QTest::addColumn<QByteArray>("tensor");
        const auto row = [](const char* name, const std::string& tensor) {
            QTest::newRow(name) << QByteArray::fromStdString(tensor);
        };
        constexpr std::int32_t kLarge = 0x7fffffff;
        row("stride", tensor(storage("0", 12), 0, {2, 3}, {10, 1}));
        row("offset", tensor(storage("0", 12), 7, {2, 3}, {3, 1}));
        row("offset far beyond", tensor(storage("0", 12), kLarge, {1}, {1}));
        row("shape", tensor(storage("0", 12), 0, {13}, {1}));
        row("stride of zero repeats an element", tensor(storage("0", 12), 0, {kLarge}, {0}));
        row("shape overflows", tensor(storage("0", 12), 0, {kLarge, kLarge, kLarge, kLarge}, {0, 0, 0, 0}));
        row("stride overflows", tensor(storage("0", 12), 0, {kLarge, kLarge}, {kLarge, kLarge}));
        row("negative stride", tensor(storage("0", 12), 5, {2}, {-1}));
        row("negative side", tensor(storage("0", 12), 0, {-2}, {1}));
        row("negative offset", tensor(storage("0", 12), -1, {2}, {1}));
        row("more sides than strides", tensor(storage("0", 12), 0, {2, 3}, {3}));
        row("nine sides",
            tensor(storage("0", 12), 0, std::vector<std::int32_t>(9, 1), std::vector<std::int32_t>(9, 1)));
        row("negative count", tensor(storage("0", -1), 0, {1}, {1}));
    }
    void tensorsBeyondTheirStorageAreRefused() {
        QFETCH(QByteArray, tensor);
        const std::string pickle = oneTensor(tensor.toStdString());
        for (const std::string& bytes :
             {zipContainer(pickle, smallStorages()), legacyContainer(pickle, smallStorages())}) {
            const auto tensors = read(bytes);
            QVERIFY(!tensors);
            QCOMPARE(tensors.error().code, ErrorCode::BadModelFile);
            const QString message = QString::fromStdString(tensors.error().message);
            QVERIFY2(message.contains("REDUCE at byte") || message.contains("BINPERSID at byte"),
                     qPrintable(message));
        }
    }

    // hostile-input, .pth: "memo bombs", and whatever else grows
    void bombsAreRefused_data() {
        QTest::addColumn<QByteArray>("pickle");
        QTest::addColumn<QString>("reason");
        const auto row = [](const char* name, const std::string& body, const char* reason) {
            QTest::newRow(name) << QByteArray::fromStdString(pickled(body)) << QString(reason);
        };
        // Each list holds the one before twice: 2^60 entries, were it ever unfolded.
        std::string doubling = "]q" + bytesOf<std::uint8_t>(0);
        for (std::uint8_t i = 0; i < 60; ++i)
            doubling += "](h" + bytesOf(i) + "h" + bytesOf(i) + "eq" + bytesOf<std::uint8_t>(i + 1);
        row("memo bomb: doubled lists", "}(" + text("w") + tuple({doubling}) + "u", "'w' is no tensor");
        row("memo bomb: a long list, made a dictionary again and again",
            "](" + repeated("NN\x86", 10'000) + "eq\x01" +
                repeated(global("collections", "OrderedDict") + "h\x01\x85R", 1000),
            "REDUCE at byte");
        row("more memo entries than values",
            "N" + repeated("r" + bytesOf<std::uint32_t>(0xffffffff), 10) + repeated("\x94", 2'000'000),
            "MEMOIZE at byte");
        row("values without end", repeated("}", 10'000'000), "EMPTY_DICT at byte");
        row("marks without end", repeated("(", 10'000'000), "MARK at byte");
        row("nested lists", repeated("](", 400'000) + repeated("e", 400'000), "EMPTY_LIST at byte");
        row("large tensors of one storage",
            orderedDict({{"w", repeated(tensor(storage("0", 12), 0, {12}, {1}), 50'000)}}), "values");
        row("a text longer than the file", "X" + bytesOf<std::uint32_t>(0xfffffff0) + "x",
            "BINUNICODE at byte 2");
        row("a frame longer than the file", "\x95" + bytesOf<std::uint64_t>(1ULL << 60), "FRAME at byte 2");
        row("a pickle beyond 16 MB",
            repeated("X" + bytesOf<std::uint32_t>(100'000) + std::string(100'000, 'x'), 200), "16 MB");
    }
    void bombsAreRefused() {
        QFETCH(QByteArray, pickle);
        QFETCH(QString, reason);
        std::ofstream(m_file, std::ios::binary) << zipContainer(pickle.toStdString(), smallStorages());
        const auto start = Clock::now();
        const auto tensors = readPickledWeights(m_file);
        QVERIFY(!tensors);
        QVERIFY2(QString::fromStdString(tensors.error().message).contains(reason),
                 tensors.error().message.c_str());
        QVERIFY(tensors.error().code == ErrorCode::BadModelFile ||
                tensors.error().code == ErrorCode::TooLarge);
        QVERIFY(Clock::now() - start < std::chrono::seconds(5));
        QVERIFY(peakMemory() - m_baseline < 512ULL << 20);
    }

    // Tensors that overlap would unfold a small file to a large network.
    void tensorsLargerThanTheFileAreRefused() {
        std::vector<std::pair<std::string, std::string>> state;
        for (int i = 0; i < 300; ++i)
            state.emplace_back("w" + std::to_string(i), tensor(storage("0", 100'000), 0, {100'000}, {1}));
        const auto tensors =
            read(zipContainer(pickled(orderedDict(state)), {{"0", std::string(400'000, '\0')}}));
        QVERIFY(!tensors);
        QCOMPARE(tensors.error().code, ErrorCode::TooLarge);
    }

    // hostile-input, .pth: "zip slip; zip bomb"
    void hostileArchivesAreRefused_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("reason");
        const auto row = [](const char* name, const ZipItem& item, const char* reason) {
            const std::string bytes = zip({{.name = "archive/data.pkl", .content = smallState()},
                                           {.name = "archive/data/0", .content = smallStorages()[0].second},
                                           {.name = "archive/data/n", .content = smallStorages()[1].second},
                                           item});
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QString(reason);
        };
        const std::string gigabyte(1000, '\0');
        row("zip slip", {.name = "archive/../../escaped", .content = "x"}, "leads out");
        row("zip slip, absolute", {.name = "/tmp/hilum-was-here", .content = "x"}, "leads out");
        row("zip slip, Windows", {.name = "archive\\..\\escaped", .content = "x"}, "leads out");
        row("zip slip, drive", {.name = "C:escaped", .content = "x"}, "leads out");
        row("name with NUL", {.name = std::string("archive/a\0b", 11), .content = "x"}, "leads out");
        row("zip bomb",
            {.name = "archive/data/1", .content = gigabyte, .method = 8, .unpackedBytes = 1 << 30},
            "compressed");
        row("zip bomb that calls itself stored",
            {.name = "archive/data/1", .content = gigabyte, .unpackedBytes = 1 << 30}, "compressed");
        row("zip bomb of overlapping entries", {.name = "archive/data/1", .content = "x", .headerOffset = 0},
            "overlaps");
        row("encrypted", {.name = "archive/data/1", .content = "x", .flags = 1}, "encrypted");
        row("longer than the file", {.name = "archive/data/1", .content = "x", .declaredBytes = 0x7fffffff},
            "longer than the file");
        row("header outside the file", {.name = "archive/data/1", .content = "x", .headerOffset = 0xfffffff0},
            "outside the file");
        row("no header", {.name = "archive/data/1", .content = "x", .headerOffset = 3}, "no header");
        row("one name twice", {.name = "archive/data/0", .content = "x"}, "one name");
        row("TorchScript", {.name = "archive/constants.pkl", .content = "x"}, "TorchScript");
        row("big-endian", {.name = "archive/byteorder", .content = "big"}, "big-endian");
    }
    void hostileArchivesAreRefused() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, reason);
        const auto tensors = read(bytes.toStdString());
        QVERIFY(!tensors);
        QVERIFY2(QString::fromStdString(tensors.error().message).contains(reason),
                 tensors.error().message.c_str());
        QCOMPARE(QDir(m_folder.path()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot),
                 QStringList{"weights.pth"});
        QVERIFY(!std::filesystem::exists("/tmp/hilum-was-here"));
    }

    void damagedBytesAreNoticed() {
        const auto tensors =
            read(zip({{.name = "a/data.pkl", .content = smallState()},
                      {.name = "a/data/0", .content = smallStorages()[0].second, .wrongChecksum = true},
                      {.name = "a/data/n", .content = smallStorages()[1].second}}));
        QVERIFY(!tensors);
        QVERIFY(QString::fromStdString(tensors.error().message).contains("checksum"));
    }

    void everyTruncationIsRefused() {
        for (const std::string& whole :
             {zipContainer(smallState(), smallStorages()), legacyContainer(smallState(), smallStorages())}) {
            for (std::size_t length = 0; length < whole.size(); ++length)
                QVERIFY2(!read(whole.substr(0, length)), qPrintable(QString::number(length)));
        }
    }

    void contradictionsAreRefused_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("reason");
        const auto row = [](const char* name, const std::string& bytes, const char* reason) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QString(reason);
        };
        const std::string vector = tensor(storage("0", 12), 0, {12}, {1});
        row("no storage", zipContainer(oneTensor(vector), {}), "missing");
        row("short storage", zipContainer(oneTensor(vector), {{"0", "1234"}}), "4 bytes where 12");
        row("short storage, legacy", legacyContainer(oneTensor(vector), {{"0", "1234"}}), "4 bytes where 12");
        row("storage that nobody names", legacyContainer(smallState(), {{"x", "1234"}}), "no tensor names");
        row("elements of two sizes",
            legacyContainer(pickled(orderedDict(
                                {{"a", vector}, {"b", tensor(storage("0", 6, "LongStorage"), 0, {6}, {1})}})),
                            {smallStorages()[0]}),
            "different sizes");
        row("name twice",
            zipContainer(pickled(orderedDict({{"w", vector}, {"w", vector}})), {smallStorages()[0]}),
            "twice");
        row("name with a line feed",
            zipContainer(pickled(orderedDict({{"w\n", vector}})), {smallStorages()[0]}), "name");
        row("no tensor", zipContainer(pickled(orderedDict({{"w", "N"}})), {}), "'w' is no tensor");
        row("a list", zipContainer(pickled("]"), {}), "dictionary");
        row("a list of itself",
            zipContainer(pickled("]q\x01h\x01"
                                 "a"),
                         {}),
            "dictionary");
        row("a dictionary of itself", zipContainer(pickled("}q\x01" + text("state_dict") + "h\x01s"), {}),
            "is no tensor");
        row("two values left", zipContainer(pickled("NN"), {}), "STOP");
        row("big-endian", legacyContainer(smallState(), smallStorages(), 4, false), "big-endian");
        row("an empty zip", zip({}), "torch.save");
        row("another zip", zip({{.name = "word/document.xml", .content = "<x/>"}}), "data.pkl");
        row("a tar", std::string("storages\0\0", 10) + std::string(600, '\0'), "torch.save");
    }
    void contradictionsAreRefused() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, reason);
        const auto tensors = read(bytes.toStdString());
        QVERIFY(!tensors);
        QVERIFY2(QString::fromStdString(tensors.error().message).contains(reason),
                 tensors.error().message.c_str());
    }

    void everyMutationIsReadOrRefused_data() {
        QTest::addColumn<QByteArray>("original");
        QTest::newRow("zip") << QByteArray::fromStdString(zipContainer(smallState(), smallStorages()));
        QTest::newRow("legacy") << QByteArray::fromStdString(legacyContainer(smallState(), smallStorages()));
    }
    void everyMutationIsReadOrRefused() {
        QFETCH(QByteArray, original);
        std::mt19937 random(20260314);
        int refused = 0;
        for (int i = 0; i < 4000; ++i) {
            std::string bytes = original.toStdString();
            for (auto changes = 1 + random() % 3; changes > 0; --changes) {
                const std::size_t at = random() % bytes.size();
                if (random() % 4 == 0)
                    bytes.erase(at, 1 + random() % 8);
                else if (random() % 4 == 0)
                    bytes.insert(at, bytes.substr(random() % bytes.size(), 1 + random() % 16));
                else
                    bytes[at] = static_cast<char>(random() % 2 == 0 ? random() : 0xff);
            }
            const auto tensors = read(bytes);
            if (!tensors) {
                ++refused;
                QVERIFY(!tensors.error().message.empty());
                continue;
            }
            for (const RawTensor& tensor : *tensors) {
                if (tensor.type == ElementType::F32 || tensor.type == ElementType::I64)
                    valuesOf(tensor); // inside the storage, or AddressSanitizer says so
            }
        }
        QVERIFY2(refused > 2000, qPrintable(QString::number(refused)));
    }

    void otherFilesAreNotTaken() {
        QCOMPARE(readPickledWeights(m_file.parent_path() / "none").error().code, ErrorCode::NotFound);
        QCOMPARE(readPickledWeights(m_file.parent_path()).error().code, ErrorCode::NotReadable);
        QCOMPARE(read("not weights").error().code, ErrorCode::UnsupportedFormat);
        QVERIFY(!looksLikePickledWeights(m_file));
        QCOMPARE(read("").error().code, ErrorCode::UnsupportedFormat);
    }
};

QTEST_APPLESS_MAIN(TestPickleReader)
#include "TestPickleReader.moc"
