// hilum-cli phantom, run as a program.

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

namespace {

struct Run {
    int exitCode;
    QString errors;
};

Run phantom(const QStringList& arguments) {
    QProcess process;
    process.start(qEnvironmentVariable("HILUM_CLI"), QStringList{"phantom"} + arguments);
    const bool finished = process.waitForFinished(120'000);
    return {finished && process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            QString::fromUtf8(process.readAllStandardError())};
}

QStringList filesIn(const QString& folder) {
    QStringList files;
    QDirIterator walk(folder, QDir::Files, QDirIterator::Subdirectories);
    while (walk.hasNext()) {
        files << QDir(folder).relativeFilePath(walk.next());
    }
    files.sort();
    return files;
}

} // namespace

class TestPhantomCommand : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        if (!QFile::exists(qEnvironmentVariable("HILUM_CLI"))) {
            QSKIP("hilum-cli has not been built (HILUM_CLI).");
        }
    }

    void writesABalancedFolderPerClass() {
        const QTemporaryDir folder;
        const Run run = phantom({"--out", folder.path(), "--count", "2", "--seed", "9", "--size", "64"});
        QCOMPARE(run.exitCode, 0);
        QVERIFY2(run.errors.contains("6 of 6"), qPrintable(run.errors));
        QCOMPARE(filesIn(folder.path()),
                 QStringList({"films/Ground-glass opacity/00000010_000.png",
                              "films/Ground-glass opacity/00000013_000.png",
                              "films/Interstitial pattern/00000011_000.png",
                              "films/Interstitial pattern/00000014_000.png",
                              "films/No finding/00000009_000.png", "films/No finding/00000012_000.png"}));
    }

    void masksLieBesideTheFilms() {
        const QTemporaryDir folder;
        QCOMPARE(phantom({"--out", folder.path(), "--count", "1", "--size", "64", "--finding", "ground-glass",
                          "--format", "dicom", "--masks"})
                     .exitCode,
                 0);
        QCOMPARE(filesIn(folder.path()), QStringList({"films/Ground-glass opacity/00000001_000.dcm",
                                                      "lesion-masks/Ground-glass opacity/00000001_000.png",
                                                      "lung-masks/Ground-glass opacity/00000001_000.png"}));
    }

    void sameSeedGivesTheSameFile() {
        const QTemporaryDir folder;
        QByteArray first;
        for (const QString& name : {QString("a"), QString("b")}) {
            QCOMPARE(
                phantom({"--out", folder.filePath(name), "--count", "1", "--size", "64", "--finding", "none"})
                    .exitCode,
                0);
            QFile file(folder.filePath(name + "/films/No finding/00000001_000.png"));
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QByteArray bytes = file.readAll();
            QVERIFY(first.isEmpty() || bytes == first);
            first = bytes;
        }
    }

    void markerIsPlantedOnlyWhenAskedFor() {
        const QTemporaryDir folder;
        const auto film = [&](const QString& name, const QStringList& extra) {
            phantom(QStringList{"--out", folder.filePath(name), "--count", "1", "--size", "64", "--finding",
                                "none"} +
                    extra);
            QFile file(folder.filePath(name + "/films/No finding/00000001_000.png"));
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        const QByteArray plain = film("plain", {});
        const QByteArray marked = film("marked", {"--marker-by-class"});
        QVERIFY(!plain.isEmpty() && !marked.isEmpty());
        QVERIFY(plain != marked);
    }

    void wrongUsageIsTold_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("no folder") << QStringList{};
        QTest::newRow("too small") << QStringList{"--out", "x", "--size", "63"};
        QTest::newRow("too large") << QStringList{"--out", "x", "--size", "4097"};
        QTest::newRow("none at all") << QStringList{"--out", "x", "--count", "0"};
        QTest::newRow("unknown finding") << QStringList{"--out", "x", "--finding", "fracture"};
        QTest::newRow("unknown format") << QStringList{"--out", "x", "--format", "gif"};
    }
    void wrongUsageIsTold() {
        QFETCH(QStringList, arguments);
        const Run run = phantom(arguments);
        QCOMPARE(run.exitCode, 2);
        QVERIFY(!run.errors.isEmpty());
        QVERIFY(!QFile::exists("x"));
    }

    void folderThatCannotBeMadeIsTold() {
        const QTemporaryDir folder;
        QFile file(folder.filePath("file"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        const Run run = phantom({"--out", folder.filePath("file/inside"), "--count", "1", "--size", "64"});
        QCOMPARE(run.exitCode, 2);
        QVERIFY2(run.errors.contains("cannot be made"), qPrintable(run.errors));
    }

    void filmThatCannotBeWrittenIsToldAndTheOthersAreDone() {
        const QTemporaryDir folder;
        // A folder where a film should go.
        QVERIFY(QDir(folder.path()).mkpath("films/No finding/00000001_000.png/inside"));
        const Run run = phantom({"--out", folder.path(), "--count", "1", "--size", "64"});
        QCOMPARE(run.exitCode, 1);
        QVERIFY2(run.errors.contains("00000001_000.png"), qPrintable(run.errors));
        QVERIFY(QFile::exists(folder.filePath("films/Ground-glass opacity/00000002_000.png")));
        QVERIFY(QFile::exists(folder.filePath("films/Interstitial pattern/00000003_000.png")));
    }

    void interruptedRunEndsCleanly() {
#ifdef Q_OS_WIN
        QSKIP("There is no SIGINT to send on Windows.");
#endif
        const QTemporaryDir folder;
        QProcess process;
        process.start(qEnvironmentVariable("HILUM_CLI"),
                      {"phantom", "--out", folder.path(), "--count", "100000"});
        QVERIFY(process.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(!filesIn(folder.path()).filter(QRegularExpression("\\.png$")).isEmpty(),
                                 60'000);
        QCOMPARE(QProcess::execute("kill", {"-INT", QString::number(process.processId())}), 0);
        QVERIFY(process.waitForFinished(60'000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 1);
        QVERIFY(process.readAllStandardError().contains("Stopped after"));
        QVERIFY(filesIn(folder.path()).filter(".tmp").isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestPhantomCommand)
#include "TestPhantomCommand.moc"
