// The spread of figures over seeds, and its file.

#include "training/Repeats.h"

#include <QtTest>

using namespace hilum;

namespace {

std::vector<SeedFigures> threeRuns() {
    return {
        {.seed = 1, .accuracy = 0.80, .macroF1 = 0.78, .macroRocAuc = 0.9, .negativeLogLikelihood = 0.5},
        {.seed = 2,
         .accuracy = 0.84,
         .macroF1 = 0.83,
         .macroRocAuc = std::nullopt,
         .negativeLogLikelihood = 0.45},
        {.seed = 3, .accuracy = 0.79, .macroF1 = 0.77, .macroRocAuc = 0.88, .negativeLogLikelihood = 1.5}};
}

} // namespace

class TestRepeats : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // numpy: mean and std(ddof=1) of the same numbers
    void spreadIsThatOfASample() {
        const Spread spread = spreadOf({0.80, 0.84, 0.79});
        QVERIFY(std::abs(spread.mean - 0.81) < 1e-12);
        QVERIFY(std::abs(spread.standardDeviation - 0.026457513110645904) < 1e-12);
        QCOMPARE(spread.lowest, 0.79);
        QCOMPARE(spread.highest, 0.84);
    }

    void textNamesEveryRunAndTheSpread() {
        const std::string text = repeatsToText(threeRuns());
        for (const char* part :
             {"Seed 1 ", "Seed 3 ", "81.00 % ± 2.65 % (79.00 % to 84.00 %, 3 runs with other seeds)"})
            QVERIFY2(text.find(part) != std::string::npos, text.c_str());
    }

    void fileComesBackAsItWas() {
        const auto read = parseRepeatsJson(repeatsToJson(threeRuns()));
        QVERIFY2(read, read ? "" : read.error().message.c_str());
        QCOMPARE(*read, threeRuns());
    }

    void damagedFilesAreRefused_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("no JSON") << QByteArray("runs");
        QTest::newRow("no runs") << QByteArray("{}");
        QTest::newRow("one run") << QByteArray(
            R"({"runs":[{"seed":1,"accuracy":0.5,"macroF1":0.5,"macroRocAuc":null,"negativeLogLikelihood":1}]})");
        QTest::newRow("an accuracy above one") << QByteArray(
            R"({"runs":[{"seed":1,"accuracy":5,"macroF1":0.5,"macroRocAuc":null,"negativeLogLikelihood":1},)"
            R"({"seed":2,"accuracy":0.5,"macroF1":0.5,"macroRocAuc":null,"negativeLogLikelihood":1}]})");
    }
    void damagedFilesAreRefused() {
        QFETCH(QByteArray, text);
        const auto read = parseRepeatsJson(text.toStdString());
        QVERIFY(!read);
        QCOMPARE(read.error().code, ErrorCode::Damaged);
    }
};

QTEST_APPLESS_MAIN(TestRepeats)
#include "TestRepeats.moc"
