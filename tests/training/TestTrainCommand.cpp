// torch before Qt: both know the word slots.
#include "core/network/ModelFile.h"
#include "core/network/SafeTensors.h"
#include "training/TrainingState.h"

#include <csignal>
#include <cstdlib>

#include <unistd.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QtTest/QtTest>

#include "core/storage/AtomicFile.h"
#include "tests/support/FileServer.h"
#include "tests/support/FilmFolder.h"
#include "training/Random.h"
#include "training/RunFolder.h"
#include "training/Text.h"
#include "training/TrainingEvents.h"

using namespace hilum;
using test::FilmFolder;

namespace {

constexpr int kTimeoutMs = 60'000;

QString program() { return qEnvironmentVariable("HILUM_CLI"); }

// Small films, and so many epochs that it never ends by itself unless told so.
QStringList trainArguments(const FilmFolder& folder, const QString& run, int epochs) {
    return {"train",
            "--data",
            QString::fromStdString(folder.root().string()),
            "--out",
            QString::fromStdString((folder.scratch() / run.toStdString()).string()),
            "--network",
            "hilumnet",
            "--input-size",
            "32",
            "--input-planes",
            "1",
            "--epochs",
            QString::number(epochs),
            "--batch-size",
            "8",
            "--train-fraction",
            "0.5",
            "--validation-fraction",
            "0.25",
            "--test-fraction",
            "0.25"};
}

struct Finished {
    int exitCode = -1;
    QByteArray out, err;
};

Finished run(const QStringList& arguments) {
    QProcess process;
    process.start(program(), arguments);
    if (!process.waitForFinished(kTimeoutMs))
        return {};
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            process.readAllStandardOutput(), process.readAllStandardError()};
}

bool appears(const std::filesystem::path& file) {
    return QTest::qWaitFor([&] { return std::filesystem::exists(file); }, kTimeoutMs);
}

// A training that is followed and led over pipes, as the window does it.
class LedTraining {
public:
    explicit LedTraining(const QStringList& arguments) {
        m_process.start(program(), arguments + QStringList{"--progress", "json", "--control"});
    }
    ~LedTraining() {
        m_process.kill();
        m_process.waitForFinished(kTimeoutMs);
    }

    void say(const char* line) { m_process.write(QByteArray(line) + "\n"); }
    void hangUp() { m_process.closeWriteChannel(); }
    void goAway() {
        m_process.closeReadChannel(QProcess::StandardOutput);
        m_process.closeWriteChannel();
    }

    // Waits for the next event of a kind; false where the program ends first, or says something that is no
    // event.
    template <class Event>
    bool hears() {
        while (true) {
            while (m_process.canReadLine()) {
                const auto event = parseTrainingEvent(m_process.readLine().trimmed().toStdString());
                if (!event)
                    return false;
                events.push_back(*event);
                if (std::holds_alternative<Event>(*event))
                    return true;
            }
            if (!m_process.waitForReadyRead(kTimeoutMs))
                return false;
        }
    }
    bool saysMore(int timeoutMs) { return m_process.waitForReadyRead(timeoutMs) || m_process.canReadLine(); }
    int exitCode() {
        m_process.waitForFinished(kTimeoutMs);
        return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
    }
    // Seconds on a processor so far: proc(5), fields 14 and 15.
    double processorSeconds() const {
        QFile stat(QString("/proc/%1/stat").arg(m_process.processId()));
        stat.open(QIODevice::ReadOnly);
        const QList<QByteArray> fields = stat.readAll().split(')').last().simplified().split(' ');
        return (fields.value(11).toDouble() + fields.value(12).toDouble()) /
               static_cast<double>(sysconf(_SC_CLK_TCK));
    }

    std::vector<TrainingEvent> events;

private:
    QProcess m_process;
};

template <class Event>
std::vector<Event> only(const std::vector<TrainingEvent>& events) {
    std::vector<Event> found;
    for (const TrainingEvent& event : events) {
        if (const auto* one = std::get_if<Event>(&event))
            found.push_back(*one);
    }
    return found;
}

} // namespace

class TestTrainCommand : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        if (program().isEmpty())
            QSKIP("HILUM_CLI does not name the command line program.");
    }

    void wholeRunEndsWithZero() {
        const FilmFolder folder;
        folder.addClasses(8);
        const Finished done = run(trainArguments(folder, "run", 2));
        QVERIFY2(done.exitCode == 0, done.err);
        QVERIFY(done.out.contains("Accuracy"));
        QVERIFY(done.out.contains("true \\ predicted"));
        QCOMPARE(done.err.count("Epoch "), 2); // a line per epoch, nothing rewritten
        QVERIFY(!done.err.contains('\r'));

        const RunFolder runFolder(folder.scratch() / "run");
        const Finished evaluated =
            run({"evaluate", "--model", runFolder.model().c_str(), "--data", folder.root().c_str(), "--split",
                 runFolder.split().c_str(), "--set", "test", "--json"});
        QVERIFY2(evaluated.exitCode == 0, evaluated.err);
        const QJsonDocument again = QJsonDocument::fromJson(evaluated.out);
        const QJsonDocument first =
            QJsonDocument::fromJson(QByteArray::fromStdString(*readTextFile(runFolder.evaluationJson())));
        QVERIFY(!first["confusion"].isUndefined());
        QCOMPARE(again["confusion"], first["confusion"]);
        QCOMPARE(again["modelSha256"], first["modelSha256"]);
    }

    // Which weights a model began with is on its card.
    void initialWeightsAreOnTheCard() {
        const FilmFolder folder;
        folder.addClasses(8);
        QVERIFY(run(trainArguments(folder, "first", 1)).exitCode == 0);
        const auto first = folder.scratch() / "first" / "model.safetensors";
        const Finished second =
            run(trainArguments(folder, "second", 1) + QStringList{"--weights", first.c_str()});
        QVERIFY2(second.exitCode == 0, second.err);
        const auto card = loadModelCard(folder.scratch() / "second" / "model.safetensors");
        QCOMPARE(card->initialWeights, "model.safetensors (SHA-256 " + sha256OfFile(first).value() + ")");
        QVERIFY(loadModelCard(first)->initialWeights.empty());
    }

    // The published weights are asked for before any film is read, and what comes must be what they are.
    void wrongPublishedWeightsAreRefused() {
        const FilmFolder folder;
        folder.addClasses(4);
        test::FileServer server("no weights at all", {{}});
        qputenv("HILUM_WEIGHTS_URL", server.address().c_str());
        qputenv("XDG_CACHE_HOME", (folder.scratch() / "cache").c_str());
        QStringList arguments = trainArguments(folder, "run", 1) + QStringList{"--weights", "imagenet"};
        arguments[arguments.indexOf("hilumnet")] = "squeezenet1_1";
        arguments[arguments.indexOf("--input-planes") + 1] = "3";
        const Finished done = run(arguments);
        qunsetenv("HILUM_WEIGHTS_URL");
        qunsetenv("XDG_CACHE_HOME");
        QVERIFY2(done.exitCode == 1, done.err);
        QVERIFY2(done.err.contains("SHA-256") && done.err.contains("squeezenet1_1-b8a52dc0.pth"), done.err);
        QCOMPARE(server.ranges().size(), std::size_t{1});
        QVERIFY(std::filesystem::is_empty(folder.scratch() / "cache" / "hilum" / "weights"));
        QVERIFY(!std::filesystem::exists(folder.scratch() / "run"));
    }

    void unreadableFilmEndsWithOne() {
        const FilmFolder folder;
        folder.addClasses(8);
        folder.addText("Low/broken.png", "\x89PNG\r\n\x1a\n and no more");
        const Finished done = run(trainArguments(folder, "run", 1));
        QVERIFY2(done.exitCode == 1, done.err);
        QVERIFY(done.err.contains("Low/broken.png"));
        QVERIFY(loadModel(folder.scratch() / "run" / "model.safetensors").has_value());
    }

    void wrongUsageEndsWithTwo_data() {
        QTest::addColumn<QStringList>("extra");
        QTest::addColumn<QString>("named");
        QTest::newRow("option") << QStringList{"--epoch-count", "3"} << "epoch-count";
        QTest::newRow("value") << QStringList{"--momentum", "2"} << "--momentum";
        QTest::newRow("word") << QStringList{"--optimiser", "lion"} << "--optimiser";
        QTest::newRow("number") << QStringList{"--seed", "x"} << "--seed";
        QTest::newRow("network") << QStringList{"--network", "lenet"} << "network";
        QTest::newRow("pattern") << QStringList{"--patient-pattern", "("} << "pattern";
        QTest::newRow("both") << QStringList{"--overwrite", "--resume"} << "--resume";
        QTest::newRow("no published weights") << QStringList{"--weights", "imagenet"} << "initialWeights";
        QTest::newRow("weights") << QStringList{"--weights", "nowhere.safetensors"} << "nowhere.safetensors";
    }
    void wrongUsageEndsWithTwo() {
        QFETCH(QStringList, extra);
        QFETCH(QString, named);
        const FilmFolder folder;
        folder.addClasses(4);
        QStringList arguments = trainArguments(folder, "run", 1);
        const auto clash = arguments.indexOf(extra.front());
        if (clash >= 0)
            arguments.remove(clash, 2);
        const Finished done = run(arguments + extra);
        QCOMPARE(done.exitCode, 2);
        QVERIFY2(done.err.contains(named.toUtf8()), done.err);
    }

    void refusedRunLeavesNoFolder() {
        const FilmFolder folder;
        folder.addClasses(4);
        const Finished done = run(trainArguments(folder, "run", 1) + QStringList{"--leave-one-source-out"});
        QVERIFY(done.exitCode != 0);
        QVERIFY2(done.err.contains("source"), done.err);
        QVERIFY(!std::filesystem::exists(folder.scratch() / "run"));
    }

    void finishedRunIsNotReplacedUnasked() {
        const FilmFolder folder;
        folder.addClasses(6);
        const QStringList arguments = trainArguments(folder, "run", 1);
        QCOMPARE(run(arguments).exitCode, 0);
        QCOMPARE(run(arguments).exitCode, 2);
        QCOMPARE(run(arguments + QStringList{"--overwrite"}).exitCode, 0);
    }

    void settingsFileIsTheBasisOfOptions() {
        const FilmFolder folder;
        folder.addClasses(6);
        QCOMPARE(run(trainArguments(folder, "run", 2)).exitCode, 0);
        const std::filesystem::path config = RunFolder(folder.scratch() / "run").config();
        const std::filesystem::path again = folder.scratch() / "again";
        const Finished done =
            run({"train", "--config", config.c_str(), "--out", again.c_str(), "--epochs", "1"});
        QVERIFY2(done.exitCode == 0, done.err);
        const QJsonDocument saved =
            QJsonDocument::fromJson(QByteArray::fromStdString(*readTextFile(RunFolder(again).config())));
        QCOMPARE(saved["epochs"].toInt(), 1);
        QCOMPARE(saved["batchSize"].toInt(), 8);
    }

    void interruptKeepsTheBest() {
        const FilmFolder folder;
        folder.addClasses(8);
        const RunFolder runFolder(folder.scratch() / "run");
        QProcess process;
        process.start(program(), trainArguments(folder, "run", 100'000));
        QVERIFY(appears(runFolder.lastCheckpoint()));
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(kTimeoutMs));
        QVERIFY(process.exitStatus() == QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 1);
        QVERIFY(process.readAllStandardError().contains("Stopped"));
        QVERIFY(readSafeTensors(runFolder.bestCheckpoint()).has_value());
        QVERIFY(loadModel(runFolder.model()).has_value());
        QVERIFY(std::filesystem::exists(runFolder.evaluationJson()));
    }

    void eventsTellTheWholeRun() {
        const FilmFolder folder;
        folder.addClasses(8);
        LedTraining training(trainArguments(folder, "run", 3));
        QVERIFY(training.hears<FinishedEvent>());
        QVERIFY(!training.saysMore(kTimeoutMs)); // no table follows
        QCOMPARE(training.exitCode(), 0);
        const auto epochs = only<EpochEvent>(training.events);
        QCOMPARE(epochs.size(), std::size_t{3});
        QCOMPARE(epochs[2].finished.record.epoch, 3);
        QCOMPARE(epochs[2].epochs, 3);
        QVERIFY(epochs[0].finished.best && epochs[0].finished.record.validationLoss);
        const auto progress = only<ProgressEvent>(training.events);
        QVERIFY(!progress.empty() && progress.front().memoryMb > 10);
        const auto finished = std::get<FinishedEvent>(training.events.back());
        QVERIFY(!finished.stopped);
        QCOMPARE(finished.epochs, 3);
        QVERIFY(finished.bestEpoch >= 1);
        QVERIFY(loadModel(finished.model).has_value());
        const auto row =
            historyToCsv({epochs[0].finished.record, epochs[1].finished.record, epochs[2].finished.record});
        QCOMPARE(*readTextFile(RunFolder(folder.scratch() / "run").history()), row);
    }

    void progressIsToldTenTimesASecondAtMost() {
        const FilmFolder folder;
        folder.addClasses(8);
        LedTraining training(trainArguments(folder, "run", 100'000));
        QVERIFY(training.hears<EpochEvent>());
        training.events.clear();
        QElapsedTimer watch;
        watch.start();
        while (watch.elapsed() < 2000)
            QVERIFY(training.hears<ProgressEvent>());
        const auto count = only<ProgressEvent>(training.events).size();
        QVERIFY2(count >= 3 && count <= 22, qPrintable(QString::number(count)));
        training.say("stop");
        QVERIFY(training.hears<FinishedEvent>());
        QVERIFY(std::get<FinishedEvent>(training.events.back()).stopped);
        QCOMPARE(training.exitCode(), 1);
    }

    void pausedTrainingRestsAndGoesOn() {
        const FilmFolder folder;
        folder.addClasses(8);
        LedTraining training(trainArguments(folder, "run", 100'000));
        QVERIFY(training.hears<EpochEvent>());
        training.say("pause");
        QVERIFY(training.hears<PausedEvent>());
        const double before = training.processorSeconds();
        QVERIFY(before > 0);
        QVERIFY(!training.saysMore(1000));
        QVERIFY2(training.processorSeconds() - before < 0.1, "a paused training must not use the processor");
        training.say("resume");
        QVERIFY(training.hears<ResumedEvent>());
        QVERIFY(training.hears<EpochEvent>());
        // The pause was no work.
        QVERIFY(std::get<EpochEvent>(training.events.back()).finished.record.seconds < 0.9);
        training.say("pause");
        QVERIFY(training.hears<PausedEvent>());
        training.say("stop");
        QVERIFY(training.hears<FinishedEvent>());
        QCOMPARE(training.exitCode(), 1);
    }

    // A window that is gone neither leaves a training behind nor loses what was learnt.
    void vanishedWindowStopsTheTraining_data() {
        QTest::addColumn<bool>("paused");
        QTest::addColumn<bool>("reads");
        QTest::newRow("training") << false << true;
        QTest::newRow("paused") << true << true;
        QTest::newRow("training, unread") << false << false;
    }
    void vanishedWindowStopsTheTraining() {
        QFETCH(bool, paused);
        QFETCH(bool, reads);
        const FilmFolder folder;
        folder.addClasses(8);
        LedTraining training(trainArguments(folder, "run", 100'000));
        QVERIFY(training.hears<EpochEvent>());
        if (paused) {
            training.say("pause");
            QVERIFY(training.hears<PausedEvent>());
        }
        if (reads) {
            training.hangUp();
            QVERIFY(training.hears<FinishedEvent>());
        } else {
            training.goAway();
        }
        QCOMPARE(training.exitCode(), 1);
        QVERIFY(loadModel(RunFolder(folder.scratch() / "run").model()).has_value());
    }

    void linesThatAreNoOrdersChangeNothing() {
        const FilmFolder folder;
        folder.addClasses(8);
        LedTraining training(trainArguments(folder, "run", 3));
        training.say("PAUSE");
        training.say("");
        training.say(QByteArray(100'000, 'x'));
        QVERIFY(training.hears<FinishedEvent>());
        QVERIFY(!std::get<FinishedEvent>(training.events.back()).stopped);
        QVERIFY(only<PausedEvent>(training.events).empty());
        QCOMPARE(training.exitCode(), 0);
    }

    void rateIsFoundWithoutARun() {
        const FilmFolder folder;
        folder.addClasses(20);
        QStringList arguments = trainArguments(folder, "run", 1);
        arguments[0] = "find-rate";
        const QString csv = QString::fromStdString((folder.scratch() / "rates.csv").string());
        const Finished json = run(arguments + QStringList{"--steps", "60", "--json", "--csv", csv});
        QVERIFY2(json.exitCode == 0, json.err);
        const QJsonDocument curve = QJsonDocument::fromJson(json.out);
        QVERIFY(curve["points"].toArray().size() > 10);
        QVERIFY(curve["suggestedRate"].isDouble());
        QVERIFY(readTextFile(csv.toStdString())->starts_with("rate,loss,smoothed_loss\n"));
        QVERIFY(!std::filesystem::exists(folder.scratch() / "run"));
        QCOMPARE(run(arguments + QStringList{"--from", "1", "--to", "0.1"}).exitCode, 2);
    }

    void failureIsAnEvent() {
        const FilmFolder folder;
        folder.addClasses(4);
        LedTraining training(trainArguments(folder, "run", 1) + QStringList{"--momentum", "2"});
        QVERIFY(training.hears<FailedEvent>());
        const Error& error = std::get<FailedEvent>(training.events.back()).error;
        QCOMPARE(error.code, ErrorCode::InvalidArgument);
        QCOMPARE(error.context, std::string("--momentum"));
        QCOMPARE(training.exitCode(), 2);
    }

    // What stands under a final name is whole, whenever the process dies.
    void killedTrainingLeavesNoBrokenFile() {
        const FilmFolder folder;
        folder.addClasses(8);
        const RunFolder runFolder(folder.scratch() / "run");
        Random random(static_cast<std::uint64_t>(QDateTime::currentMSecsSinceEpoch()));
        // Few epochs, so that some deaths meet the writing of the model and the figures.
        const auto start = [&](QProcess& process, int epochs) {
            process.start(program(), trainArguments(folder, "run", epochs) + QStringList{"--overwrite"});
        };
        QElapsedTimer whole;
        whole.start();
        {
            QProcess process;
            start(process, 5);
            QVERIFY(process.waitForFinished(kTimeoutMs));
            QCOMPARE(process.exitCode(), 0);
        }
        const auto longestMs = static_cast<double>(whole.elapsed());
        int checked = 0;
        for (int kill = 0; kill < 20; ++kill) {
            QProcess process;
            start(process, 2 + kill % 4);
            const int delayMs = static_cast<int>(random.uniform(0, longestMs));
            process.waitForFinished(delayMs);
            process.kill(); // SIGKILL
            QVERIFY(process.state() == QProcess::NotRunning || process.waitForFinished(kTimeoutMs));
            for (const auto& entry : std::filesystem::recursive_directory_iterator(runFolder.root())) {
                const std::filesystem::path& file = entry.path();
                if (file.extension() != ".safetensors")
                    continue;
                ++checked;
                const auto content = readSafeTensors(file);
                QVERIFY2(content.has_value(),
                         qPrintable(QString("%1 after %2 ms").arg(file.c_str()).arg(delayMs)));
                if (file == runFolder.state()) // without tensors until an epoch is over
                    QVERIFY(readTrainingState(file).has_value());
                else
                    QVERIFY(!content->tensors.empty());
                if (file == runFolder.model())
                    QVERIFY(loadModel(file).has_value());
            }
        }
        QVERIFY2(checked >= 10, qPrintable(QString("only %1 files were there to check").arg(checked)));
    }
};

QTEST_GUILESS_MAIN(TestTrainCommand)
#include "TestTrainCommand.moc"
