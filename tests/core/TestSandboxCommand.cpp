// hilum-cli with a decoder that films bring down, run as a program.

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include "tests/support/PictureFiles.h"

using namespace hilum::test;

namespace {

struct Run {
    int exitCode = -1;
    QList<QJsonObject> lines;
    QString errors;
};

Run run(const QStringList& arguments, const QString& decoder) {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("HILUM_DECODER", decoder);
    process.setProcessEnvironment(environment);
    process.start(qEnvironmentVariable("HILUM_CLI"), arguments);
    Run run;
    if (process.waitForFinished(120'000) && process.exitStatus() == QProcess::NormalExit)
        run.exitCode = process.exitCode();
    for (const QByteArray& line : process.readAllStandardOutput().split('\n'))
        if (!line.isEmpty())
            run.lines << QJsonDocument::fromJson(line).object();
    run.errors = QString::fromUtf8(process.readAllStandardError());
    return run;
}

QString errorOf(const QJsonObject& line) { return line["error"].toObject()["code"].toString(); }

} // namespace

class TestSandboxCommand : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_hostile = qEnvironmentVariable("HILUM_HOSTILE_DECODER");
    void save(const QString& name, const ByteVector& bytes) {
        QFile file(m_folder.filePath(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<qint64>(bytes.size()));
    }

private Q_SLOTS:
    void initTestCase() {
        const ByteVector film = makePng({.widthPx = 64, .heightPx = 64, .rows = makePicture(64, 64).values});
        const std::string order = "\x89PNG\r\n\x1a\nORDER abort";
        save("1.png", film);
        save("2.png", ByteVector(order.begin(), order.end()));
        save("3.png", film);
    }

    void aFilmThatKillsTheDecoderIsReportedAndTheOthersAreRead_data() {
        QTest::addColumn<QStringList>("command");
        QTest::newRow("info") << QStringList{"info"};
        QTest::newRow("predict") << QStringList{"predict"};
        QTest::newRow("predict, several times") << QStringList{"predict", "--repeat", "3"};
    }
    void aFilmThatKillsTheDecoderIsReportedAndTheOthersAreRead() {
        QFETCH(QStringList, command);
        const Run run = ::run(command + QStringList{m_folder.path(), "--json"}, m_hostile);
        QCOMPARE(run.exitCode, 1);
        QCOMPARE(run.lines.size(), 3);
        QCOMPARE(errorOf(run.lines[0]), QString());
        QCOMPARE(errorOf(run.lines[1]), QString("decoder-stopped"));
        QCOMPARE(run.lines[1]["error"].toObject()["message"].toString(),
                 QString("The file made the decoder stop (crash, SIGABRT)."));
        QCOMPARE(run.lines[1]["file"].toString(), m_folder.filePath("2.png"));
        QCOMPARE(errorOf(run.lines[2]), QString());
    }

    void withoutSandboxTheFilmIsReadInProcess_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("before") << QStringList{"--no-sandbox", "info", "--json"};
        QTest::newRow("after") << QStringList{"info", "--json", "--no-sandbox"};
    }
    void withoutSandboxTheFilmIsReadInProcess() {
        QFETCH(QStringList, arguments);
        const Run run = ::run(arguments + QStringList{m_folder.path()}, m_hostile);
        QCOMPARE(run.exitCode, 1);
        QCOMPARE(run.lines.size(), 3);
        QCOMPARE(errorOf(run.lines[1]), QString("damaged"));
    }

    void aMissingHelperIsToldOnceAndFilmsAreRead() {
        const Run run = ::run({"info", "--json", m_folder.filePath("1.png"), m_folder.filePath("3.png")},
                              "/nowhere/hilum-decoder");
        QCOMPARE(run.exitCode, 0);
        QCOMPARE(run.lines.size(), 2);
        QCOMPARE(run.errors.count("warning: The film decoder cannot be started"), 1);
    }
};

QTEST_GUILESS_MAIN(TestSandboxCommand)
#include "TestSandboxCommand.moc"
