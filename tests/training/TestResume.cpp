// Trainings that are killed, stopped or run out of disk, and go on as if nothing had happened.

// torch before Qt: both know the word slots.
#include "core/network/ModelFile.h"
#include "core/network/SafeTensors.h"
#include "training/TrainingState.h"

#include <csignal>
#include <fstream>
#include <random>

#include <sys/resource.h>
#include <unistd.h>

#include <QProcess>
#include <QtTest/QtTest>

#include "tests/support/FilmFolder.h"
#include "training/RunFolder.h"
#include "training/Text.h"

using namespace hilum;
using test::FilmFolder;

namespace {

constexpr int kTimeoutMs = 120'000;
constexpr int kEpochs = 6;

QString text(const std::filesystem::path& path) { return QString::fromStdString(path.string()); }

QStringList settings(const FilmFolder& folder, const QStringList& extra) {
    return QStringList{"train",
                       "--data",
                       text(folder.root()),
                       "--network",
                       "hilumnet",
                       "--input-size",
                       "64",
                       "--input-planes",
                       "1",
                       "--epochs",
                       QString::number(kEpochs),
                       "--batch-size",
                       "8",
                       "--threads",
                       "1",
                       "--train-fraction",
                       "0.5",
                       "--validation-fraction",
                       "0.25",
                       "--test-fraction",
                       "0.25"} +
           extra;
}

struct Finished {
    int exitCode = -1;
    QByteArray out, err;
};

Finished finish(QProcess& process) {
    process.waitForFinished(kTimeoutMs);
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            process.readAllStandardOutput(), process.readAllStandardError()};
}

Finished run(const QStringList& arguments) {
    QProcess process;
    process.start(qEnvironmentVariable("HILUM_CLI"), arguments);
    return finish(process);
}

// All figures that do not measure time.
std::vector<EpochRecord> figures(const std::filesystem::path& historyFile) {
    auto history = readTextFile(historyFile).and_then(parseHistoryCsv).value_or(std::vector<EpochRecord>{});
    for (EpochRecord& record : history)
        record.seconds = record.imagesPerSecond = 0;
    return history;
}

// Empty where both runs ended alike, bit for bit.
QString difference(const RunFolder& a, const RunFolder& b) {
    const auto first = figures(a.history()), second = figures(b.history());
    if (first.empty() || first != second)
        return "the history differs:\n" + QString::fromStdString(historyToCsv(first) + historyToCsv(second));
    const auto one = readSafeTensors(a.model()), other = readSafeTensors(b.model());
    if (!one || !other || one->tensors.size() != other->tensors.size() || one->tensors.empty())
        return "a model is missing";
    for (std::size_t i = 0; i < one->tensors.size(); ++i) {
        const auto& [name, tensor] = one->tensors[i];
        const at::Tensor& twin = other->tensors[i].second;
        if (tensor.nbytes() != twin.nbytes() ||
            std::memcmp(tensor.data_ptr(), twin.data_ptr(), tensor.nbytes()) != 0)
            return "the weights differ: " + QString::fromStdString(name);
    }
    if (*readTextFile(a.predictions()) != *readTextFile(b.predictions()))
        return "the predictions differ";
    return {};
}

bool keepsAnEpoch(const RunFolder& folder) {
    return QTest::qWaitFor(
        [&] {
            const auto state = readTrainingState(folder.state());
            return (state && !state->history.empty()) || std::filesystem::exists(folder.evaluationJson());
        },
        kTimeoutMs);
}

int killCount() {
    bool isSet = false;
    const int count = qEnvironmentVariableIntValue("HILUM_KILLS", &isSet);
    return isSet ? count : 3;
}

} // namespace

class TestResume : public QObject {
    Q_OBJECT

    // Enough that an epoch takes its time beside the start.
    static void addFilms(const FilmFolder& folder) { folder.addClasses(120); }

private Q_SLOTS:
    void initTestCase() {
        if (qEnvironmentVariable("HILUM_CLI").isEmpty())
            QSKIP("HILUM_CLI does not name the command line program.");
        qInfo("%d kills per recipe; HILUM_KILLS changes that", killCount());
    }

    void killedRunEndsAsIfNothingHadHappened_data() {
        QTest::addColumn<QStringList>("recipe");
        QTest::newRow("batch norm, AdamW, one-cycle, moving average")
            << QStringList{"--optimiser", "adamw", "--schedule", "one-cycle", "--ema", "0.9"};
        QTest::newRow("SGD, plateau, dropout") << QStringList{
            "--network",       "squeezenet1_1", "--input-planes",  "3",       "--input-size",       "64",
            "--optimiser",     "sgd",           "--schedule",      "plateau", "--plateau-patience", "0",
            "--learning-rate", "0.01",          "--gradient-clip", "1"};
        QTest::newRow("frozen backbone, cached features")
            << QStringList{"--trainable", "last-block", "--cached-views", "3", "--optimiser", "adam"};
    }
    void killedRunEndsAsIfNothingHadHappened() {
        QFETCH(QStringList, recipe);
        const FilmFolder folder;
        addFilms(folder);
        const auto arguments = [&](const char* name) {
            QStringList all = settings(folder, {"--out", text(folder.scratch() / name)});
            for (qsizetype i = 0; i < recipe.size(); i += 2) { // the last word counts
                const auto earlier = all.indexOf(recipe[i]);
                if (earlier >= 0)
                    all.remove(earlier, 2);
            }
            return all + recipe;
        };
        QElapsedTimer watch;
        watch.start();
        const Finished whole = run(arguments("whole"));
        auto wholeMs = static_cast<int>(watch.elapsed());
        QVERIFY2(whole.exitCode == 0, whole.err);

        const RunFolder killed(folder.scratch() / "killed");
        std::mt19937 random(std::random_device{}());
        int landed = 0, resumed = 0, starts = 0;
        while (landed < killCount()) {
            QVERIFY2(++starts < 20 * (killCount() + 1), "the kills come too late");
            QProcess process;
            process.start(qEnvironmentVariable("HILUM_CLI"), arguments("killed") + QStringList{"--resume"});
            // Where the run is nearly over, it is begun anew, so that every kill meets a training.
            const int delayMs = std::uniform_int_distribution(wholeMs / 10, wholeMs * 9 / 10)(random);
            watch.restart();
            if (process.waitForFinished(delayMs)) {
                const Finished done = finish(process);
                QVERIFY2(done.exitCode == 0, done.err);
                QCOMPARE(difference(RunFolder(folder.scratch() / "whole"), killed), QString());
                if (!done.err.contains("goes on after epoch"))
                    wholeMs = static_cast<int>(watch.elapsed()); // the machine may have become faster
                std::filesystem::remove_all(killed.root());
                continue;
            }
            process.kill(); // SIGKILL
            const Finished dead = finish(process);
            ++landed;
            resumed += dead.err.contains("goes on after epoch") ? 1 : 0;
        }
        const Finished last = run(arguments("killed") + QStringList{"--resume"});
        QVERIFY2(last.exitCode == 0, last.err);
        QCOMPARE(difference(RunFolder(folder.scratch() / "whole"), killed), QString());
        QVERIFY(!std::filesystem::exists(killed.state()));
        qInfo("%d kills in %d starts; %d of the killed ones had been resumed; an undisturbed run took %d ms",
              landed, starts, resumed, wholeMs);
    }

    // Epochs that are shorter than the pause between two checkpoints too.
    void stoppedRunGoesOn() {
        const FilmFolder folder;
        addFilms(folder);
        const RunFolder whole(folder.scratch() / "whole"), stopped(folder.scratch() / "stopped");
        QCOMPARE(run(settings(folder, {"--out", text(whole.root())})).exitCode, 0);
        {
            QProcess process;
            process.start(qEnvironmentVariable("HILUM_CLI"),
                          settings(folder, {"--out", text(stopped.root()), "--control"}));
            QVERIFY(QTest::qWaitFor([&] { return std::filesystem::exists(stopped.lastCheckpoint()); },
                                    kTimeoutMs));
            process.write("stop\n");
            QCOMPARE(finish(process).exitCode, 1);
        }
        QVERIFY(std::filesystem::exists(stopped.model()) && std::filesystem::exists(stopped.state()));
        // Without repeating the settings, in another place.
        const std::filesystem::path moved = folder.scratch() / "moved";
        std::filesystem::rename(stopped.root(), moved);
        const Finished done = run({"train", "--resume", "--out", text(moved)});
        QVERIFY2(done.exitCode == 0, done.err);
        QVERIFY2(done.err.contains("goes on after epoch"), done.err);
        QCOMPARE(difference(whole, RunFolder(moved)), QString());
        QVERIFY(!loadModelCard(RunFolder(moved).model())->limits.empty() ==
                !loadModelCard(whole.model())->limits.empty());
    }

    void completeRunSaysSo() {
        const FilmFolder folder;
        folder.addClasses(8);
        const RunFolder folderOfRun(folder.scratch() / "run");
        const Finished first = run(settings(folder, {"--out", text(folderOfRun.root())}));
        QCOMPARE(first.exitCode, 0);
        const auto written = std::filesystem::last_write_time(folderOfRun.model());
        const Finished again = run({"train", "--resume", "--out", text(folderOfRun.root())});
        QCOMPARE(again.exitCode, 0);
        QVERIFY2(again.err.contains("complete"), again.err);
        QVERIFY(std::filesystem::last_write_time(folderOfRun.model()) == written);
        QVERIFY(again.out.contains("(weights of epoch"));
        const auto accuracy = [](const QByteArray& table) {
            const auto at = table.indexOf("Accuracy");
            return table.mid(at, table.indexOf('\n', at) - at);
        };
        QVERIFY(!accuracy(first.out).isEmpty());
        QCOMPARE(accuracy(again.out), accuracy(first.out));
    }

    void otherSettingsAreNamed_data() {
        QTest::addColumn<QStringList>("other");
        QTest::addColumn<QString>("named");
        QTest::newRow("rate") << QStringList{"--learning-rate", "0.02"} << "optimiser.learningRate";
        QTest::newRow("seed") << QStringList{"--seed", "9"} << "seed";
        QTest::newRow("schedule") << QStringList{"--schedule", "constant"} << "schedule.kind";
    }
    void otherSettingsAreNamed() {
        QFETCH(QStringList, other);
        QFETCH(QString, named);
        const FilmFolder folder;
        folder.addClasses(8);
        const QStringList out{"--out", text(folder.scratch() / "run")};
        QCOMPARE(run(settings(folder, out)).exitCode, 0);
        const Finished refused = run(settings(folder, out) + other + QStringList{"--resume"});
        QCOMPARE(refused.exitCode, 2);
        QVERIFY2(refused.err.contains(named.toUtf8()) && refused.err.contains(other[1].toUtf8()),
                 refused.err);
    }

    void otherFilmsAreRefused() {
        const FilmFolder folder;
        folder.addClasses(8);
        const RunFolder stopped(folder.scratch() / "run");
        QStringList arguments = settings(folder, {"--out", text(stopped.root()), "--control"});
        arguments[arguments.indexOf("--epochs") + 1] = "100000";
        QProcess process;
        process.start(qEnvironmentVariable("HILUM_CLI"), arguments);
        QVERIFY(
            QTest::qWaitFor([&] { return std::filesystem::exists(stopped.lastCheckpoint()); }, kTimeoutMs));
        process.write("stop\n");
        QCOMPARE(finish(process).exitCode, 1);
        folder.addFilm("High/new.png", 0, 99);
        const Finished refused = run({"train", "--resume", "--out", text(stopped.root())});
        QCOMPARE(refused.exitCode, 2);
        QVERIFY2(refused.err.contains("films have changed"), refused.err);
    }

    void foldGoesOnWhereItWas() {
        const FilmFolder folder;
        addFilms(folder);
        QStringList arguments = settings(folder, {"--folds", "2", "--ema", "0.9", "--final"});
        const RunFolder whole(folder.scratch() / "whole"), killed(folder.scratch() / "killed");
        QCOMPARE(run(arguments + QStringList{"--out", text(whole.root())}).exitCode, 0);
        arguments += {"--out", text(killed.root()), "--resume"};
        for (const RunFolder& part : {killed.fold(1), killed.fold(2), killed}) {
            QProcess process;
            process.start(qEnvironmentVariable("HILUM_CLI"), arguments);
            QVERIFY(keepsAnEpoch(part));
            process.kill();
            finish(process);
        }
        const Finished done = run(arguments);
        QVERIFY2(done.exitCode == 0, done.err);
        QVERIFY2(done.err.contains("Fold 1 was finished before") && done.err.contains("goes on after epoch"),
                 done.err);
        QCOMPARE(difference(whole.fold(1), killed.fold(1)), QString());
        QCOMPARE(difference(whole.fold(2), killed.fold(2)), QString());
        QCOMPARE(*readTextFile(whole.predictions()), *readTextFile(killed.predictions()));
        QCOMPARE(figures(whole.history()).size(), std::size_t{kEpochs});
        QVERIFY(figures(whole.history()) == figures(killed.history()));
    }

    // RLIMIT_FSIZE stands for the full disk: what is written beyond it fails.
    void fullDiskLeavesTheLastGoodState() {
        const FilmFolder folder;
        addFilms(folder);
        const RunFolder whole(folder.scratch() / "whole"), full(folder.scratch() / "full");
        const QStringList arguments = settings(folder, {"--optimiser", "adamw"});
        QCOMPARE(run(arguments + QStringList{"--out", text(whole.root())}).exitCode, 0);
        // The weights fit, but not what the optimiser remembers.
        const auto limit = static_cast<rlim_t>(2 * std::filesystem::file_size(whole.model()));
        QProcess process;
        process.setChildProcessModifier([limit] {
            const struct rlimit bound { limit, limit };
            ::setrlimit(RLIMIT_FSIZE, &bound);
            ::signal(SIGXFSZ, SIG_IGN);
        });
        process.start(qEnvironmentVariable("HILUM_CLI"), arguments + QStringList{"--out", text(full.root())});
        const Finished failed = finish(process);
        QCOMPARE(failed.exitCode, 1);
        QVERIFY2(failed.err.contains("state.safetensors") && failed.err.contains("File too large"),
                 failed.err);
        QVERIFY(readTrainingState(full.state()).has_value());
        QVERIFY(readSafeTensors(full.bestCheckpoint()).has_value());
        for (const auto& entry : std::filesystem::recursive_directory_iterator(full.root()))
            QVERIFY2(entry.path().extension() != ".tmp", entry.path().c_str());
        const Finished resumed = run({"train", "--resume", "--out", text(full.root())});
        QVERIFY2(resumed.exitCode == 0, resumed.err);
        QCOMPARE(difference(whole, full), QString());
    }

    // RLIMIT_DATA stands for a small machine.
    void lackOfMemoryIsToldAndTheRunGoesOn() {
        const FilmFolder folder;
        folder.addClasses(60);
        const RunFolder run1(folder.scratch() / "run");
        QStringList arguments = settings(folder, {"--out", text(run1.root())});
        arguments[arguments.indexOf("--input-size") + 1] = "512";
        arguments[arguments.indexOf("--batch-size") + 1] = "56";
        arguments[arguments.indexOf("--epochs") + 1] = "1";
        QProcess process;
        process.setChildProcessModifier([] {
            const struct rlimit bound { 500U << 20, 500U << 20 };
            ::setrlimit(RLIMIT_DATA, &bound);
        });
        process.start(qEnvironmentVariable("HILUM_CLI"), arguments + QStringList{"--progress", "json"});
        const Finished failed = finish(process);
        QCOMPARE(failed.exitCode, 1);
        QVERIFY2(failed.out.contains(R"("code":"OutOfMemory")") && failed.err.contains("not enough memory") &&
                     failed.err.contains("--batch-size 28 --accumulate 2"),
                 failed.err);
        const Finished resumed =
            run({"train", "--resume", "--out", text(run1.root()), "--batch-size", "28", "--accumulate", "2"});
        QVERIFY2(resumed.exitCode == 0, resumed.err);
    }

    // The folder is no longer writable while the training runs.
    void lostFolderLeavesTheLastGoodState() {
        if (::geteuid() == 0)
            QSKIP("root may write everywhere");
        const FilmFolder folder;
        folder.addClasses(8);
        const RunFolder lost(folder.scratch() / "run");
        QStringList arguments = settings(folder, {"--out", text(lost.root())});
        arguments[arguments.indexOf("--epochs") + 1] = "100000";
        QProcess process;
        process.start(qEnvironmentVariable("HILUM_CLI"), arguments);
        QVERIFY(QTest::qWaitFor([&] { return std::filesystem::exists(lost.lastCheckpoint()); }, kTimeoutMs));
        const auto checkpoints = lost.lastCheckpoint().parent_path();
        std::filesystem::permissions(checkpoints, std::filesystem::perms::owner_write,
                                     std::filesystem::perm_options::remove);
        const Finished failed = finish(process);
        std::filesystem::permissions(checkpoints, std::filesystem::perms::owner_write,
                                     std::filesystem::perm_options::add);
        QCOMPARE(failed.exitCode, 1);
        QVERIFY2(failed.err.contains("Permission denied") && failed.err.contains(".safetensors"), failed.err);
        QVERIFY(readTrainingState(lost.state()).has_value());
    }
};

QTEST_GUILESS_MAIN(TestResume)
#include "TestResume.moc"
