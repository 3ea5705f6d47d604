// The lines that a training says to programs.

#include "tests/support/Mutation.h"
#include "training/TrainingEvents.h"

#include <limits>
#include <random>

#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace hilum;
using namespace hilum::test;

namespace {

const char* const kAwkward = "\"quotes\", \\ back, \n line, \t tab, ü, \x01 and , {\"event\":\"paused\"}";

std::vector<TrainingEvent> everyEvent() {
    TrainingProgress progress;
    progress.phase = TrainingPhase::Validating;
    progress.part = 2;
    progress.parts = 5;
    progress.repeats = true;
    progress.epoch = 3;
    progress.epochs = 25;
    progress.done = 5'000'000'000L;
    progress.total = 6'000'000'000L;
    progress.loss = 0.1; // no double
    progress.accuracy = 1.0 / 3;
    progress.imagesPerSecond = 11.4;
    progress.learningRate = 3e-5;
    progress.remaining = std::chrono::seconds(720);
    TrainingProgress noEnd = progress;
    noEnd.remaining.reset();
    const EpochRecord validated{3, 0.1, 0.9, 0.2, 0.8, 3e-5, 61.25, 11.5};
    EpochRecord plain = validated;
    plain.validationLoss = plain.validationAccuracy = std::nullopt;
    return {ProgressEvent{progress, 3100},
            ProgressEvent{noEnd, 0},
            EpochEvent{{validated, true, 0}, 25, 0},
            EpochEvent{{plain, false, 7}, 25, 4},
            HeatMapsEvent{3,
                          {{"COVID-19/x.png", "COVID-19", "Normal", 0.71, "heatmaps/epoch-003-1.png"},
                           {kAwkward, kAwkward, kAwkward, 1, kAwkward}}},
            HeatMapsEvent{},
            NoteEvent{kAwkward},
            PausedEvent{},
            ResumedEvent{},
            FinishedEvent{"run", "run/model.safetensors", 10, 14, true},
            FinishedEvent{"run", "", 0, 0, false},
            FailedEvent{{ErrorCode::OutOfMemory, kAwkward, "batchSize"}},
            FailedEvent{{ErrorCode::NotFound, "No.", {}}},
            FailedEvent{{ErrorCode::Internal, "Unknown.", {}}}};
}

ErrorCode codeOf(const char* line) {
    const auto event = parseTrainingEvent(line);
    return event ? ErrorCode::NotFound : event.error().code;
}

} // namespace

class TestTrainingEvents : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyEventComesBack() {
        for (const TrainingEvent& event : everyEvent()) {
            const std::string line = toJsonLine(event);
            QVERIFY(line.find('\n') == std::string::npos);
            const auto back = parseTrainingEvent(line);
            QVERIFY2(back.has_value(), line.c_str());
            QVERIFY2(*back == event, line.c_str());
        }
    }

    // Qt's reader as a second opinion; the keys are what other programs rely on.
    void linesAreWhatTheHeaderSays() {
        const auto events = everyEvent();
        const auto json = [&](std::size_t i) {
            return QJsonDocument::fromJson(QByteArray::fromStdString(toJsonLine(events[i]))).object();
        };
        QCOMPARE(json(0)["event"].toString(), QString("progress"));
        QCOMPARE(json(0)["phase"].toString(), QString("validating"));
        QCOMPARE(json(0)["remainingSeconds"].toInt(), 720);
        QCOMPARE(json(0)["memoryMb"].toInt(), 3100);
        QVERIFY(json(1)["remainingSeconds"].isNull());
        QCOMPARE(json(2).keys().size(), 13);
        QCOMPARE(json(2)["validationLoss"].toDouble(), 0.2);
        QVERIFY(json(3)["validationLoss"].isNull());
        QCOMPARE(json(3)["epochsWithoutGain"].toInt(), 7);
        QCOMPARE(json(4)["films"][0]["picture"].toString(), QString("heatmaps/epoch-003-1.png"));
        QCOMPARE(toJsonLine(events[7]), std::string(R"({"event":"paused"})"));
        QCOMPARE(json(9)["bestEpoch"].toInt(), 10);
        QCOMPARE(json(11)["code"].toString(), QString("OutOfMemory"));
        QCOMPARE(json(12)["code"].toString(), QString("NotFound"));
    }

    void laterVersionsMayAddKeysAndCodes() {
        QVERIFY(*parseTrainingEvent(R"({"event":"note","text":"x","colour":[1,{}]})") ==
                TrainingEvent(NoteEvent{"x"}));
        const auto failed =
            parseTrainingEvent(R"({"event":"failed","code":"Moonlight","message":"m","context":""})");
        QCOMPARE(std::get<FailedEvent>(*failed).error.code, ErrorCode::Internal);
    }

    void textThatIsNoUtf8IsReplaced() {
        const auto back = parseTrainingEvent(toJsonLine(NoteEvent{"film\xFF.png"}));
        QCOMPARE(std::get<NoteEvent>(*back).text, std::string("film\xEF\xBF\xBD.png"));
    }

    // An infinite loss is no JSON number.
    void numbersThatAreNotFiniteAreRefused() {
        TrainingProgress progress;
        progress.loss = std::numeric_limits<double>::infinity();
        QCOMPARE(parseTrainingEvent(toJsonLine(ProgressEvent{progress, 0})).error().context,
                 std::string("loss"));
    }

    void hostileLinesAreRefused_data() {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<QString>("key");
        QTest::newRow("empty") << QByteArray() << "";
        QTest::newRow("text") << QByteArray("Epoch 3/25") << "";
        QTest::newRow("list") << QByteArray("[1]") << "";
        QTest::newRow("cut") << QByteArray("{\"event\":\"note\",\"text\":\"a") << "";
        QTest::newRow("two") << QByteArray(R"({"event":"paused"}{"event":"paused"})") << "";
        QTest::newRow("no event") << QByteArray("{}") << "event";
        QTest::newRow("number as event") << QByteArray(R"({"event":1})") << "event";
        QTest::newRow("unknown event") << QByteArray(R"({"event":"dance"})") << "event";
        QTest::newRow("note without text") << QByteArray(R"({"event":"note"})") << "text";
        QTest::newRow("note of a number") << QByteArray(R"({"event":"note","text":3})") << "text";
        QTest::newRow("no UTF-8") << QByteArray("{\"event\":\"note\",\"text\":\"\xFF\"}") << "";
        QTest::newRow("films that are none")
            << QByteArray(R"({"event":"heatmaps","epoch":1,"films":[3]})") << "films";
        QTest::newRow("films no list")
            << QByteArray(R"({"event":"heatmaps","epoch":1,"films":{}})") << "films";
        QTest::newRow("negative epoch")
            << QByteArray(R"({"event":"heatmaps","epoch":-1,"films":[]})") << "epoch";
        QTest::newRow("half an epoch")
            << QByteArray(R"({"event":"heatmaps","epoch":1.5,"films":[]})") << "epoch";
        QTest::newRow("huge epoch") << QByteArray(R"({"event":"heatmaps","epoch":99999999999,"films":[]})")
                                    << "epoch";
        QTest::newRow("beyond 64 bits")
            << QByteArray(R"({"event":"heatmaps","epoch":1e999,"films":[]})") << "";
        QTest::newRow("deep") << QByteArray(500'000, '[') << "";
        QTest::newRow("deep in a key")
            << "{\"event\":\"note\",\"text\":" + QByteArray(200'000, '[') + QByteArray(200'000, ']') + "}"
            << "text";
    }
    void hostileLinesAreRefused() {
        QFETCH(QByteArray, line);
        QFETCH(QString, key);
        const auto event = parseTrainingEvent(line.toStdString());
        QVERIFY(!event);
        QCOMPARE(event.error().code, ErrorCode::Damaged);
        QCOMPARE(QString::fromStdString(event.error().context), key);
        QVERIFY(!event.error().message.empty());
    }

    void endlessLinesAreRefusedUnread() {
        const std::string line =
            "{\"event\":\"note\",\"text\":\"" + std::string(kLongestEventLine, 'x') + "\"}";
        QCOMPARE(codeOf(line.c_str()), ErrorCode::TooLarge);
    }

    // Changed at random, a line is read or refused, and what is read can be said again.
    void mutatedLinesAreReadOrRefused() {
        std::mt19937 random(20260904);
        int refused = 0;
        for (const TrainingEvent& event : everyEvent()) {
            const std::string line = toJsonLine(event);
            for (int i = 0; i < 500; ++i) {
                const ByteVector bytes = mutated({line.begin(), line.end()}, random);
                const auto read = parseTrainingEvent(std::string(bytes.begin(), bytes.end()));
                refused += read ? 0 : 1;
                if (read)
                    QVERIFY(*parseTrainingEvent(toJsonLine(*read)) == *read);
            }
        }
        QVERIFY2(refused > 1000, qPrintable(QString::number(refused)));
    }
};

QTEST_APPLESS_MAIN(TestTrainingEvents)
#include "TestTrainingEvents.moc"
