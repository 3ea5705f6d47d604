// Event files against the format's own description: known checksums, and records taken apart byte by byte.

#include <QtTest>

#include <bit>
#include <cstring>

#include "training/TensorBoardEvents.h"

using namespace hilum;

namespace {

std::uint64_t number(std::string_view bytes, std::size_t at, int count) {
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i)
        value |= std::uint64_t{static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)])}
                 << (8 * i);
    return value;
}

// The messages of a file; empty where a checksum is wrong.
std::vector<std::string> recordsOf(const std::string& file) {
    std::vector<std::string> records;
    std::size_t at = 0;
    while (at + 12 <= file.size()) {
        const auto length = static_cast<std::size_t>(number(file, at, 8));
        if (number(file, at + 8, 4) != maskedCrc32c(std::string_view(file).substr(at, 8)) ||
            at + 16 + length > file.size())
            return {};
        records.push_back(file.substr(at + 12, length));
        if (number(file, at + 12 + length, 4) != maskedCrc32c(records.back()))
            return {};
        at += 16 + length;
    }
    return at == file.size() ? records : std::vector<std::string>();
}

} // namespace

class TestTensorBoardEvents : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void checksumsAreThoseOfTheStandard() {
        QCOMPARE(crc32c("123456789"), 0xE3069283U);
        QCOMPARE(crc32c(std::string(32, '\0')), 0x8A9136AAU); // RFC 3720, B.4
        QCOMPARE(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
    }

    void aRecordPerEpochBehindTheVersion() {
        EpochRecord epoch;
        epoch.epoch = 3;
        epoch.trainLoss = 0.5;
        epoch.trainAccuracy = 0.75;
        epoch.seconds = 10;
        const auto records = recordsOf(tensorBoardEvents({epoch, epoch}, 1000));
        QCOMPARE(records.size(), 3U);
        QVERIFY(records[0].ends_with("brain.Event:2"));
        QCOMPARE(records[1].substr(0, 1), std::string("\x09")); // field 1, 64 bit: the time
        QCOMPARE(std::bit_cast<double>(number(records[1], 1, 8)), 1010.0);
        QCOMPARE(std::bit_cast<double>(number(records[2], 1, 8)), 1020.0);
        QCOMPARE(records[1].substr(9, 2), std::string("\x10\x03")); // field 2: step 3
        using namespace std::string_literals;
        const std::string loss = "\x0A\x0Aloss/train\x15\x00\x00\x00\x3F"s; // 0.5
        QVERIFY(records[1].find(loss) != std::string::npos);
        QVERIFY(records[1].find("accuracy/train") != std::string::npos);
    }

    void whatWasNotMeasuredIsLeftOut() {
        EpochRecord epoch;
        epoch.epoch = 1;
        QVERIFY(tensorBoardEvents({epoch}, 0).find("validation") == std::string::npos);
        epoch.validationLoss = 0.25;
        QVERIFY(tensorBoardEvents({epoch}, 0).find("loss/validation") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestTensorBoardEvents)
#include "TestTensorBoardEvents.moc"
