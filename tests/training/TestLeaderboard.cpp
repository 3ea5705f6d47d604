#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest/QtTest>

#include "tests/support/RunFolders.h"
#include "training/Leaderboard.h"
#include "training/Text.h"

using namespace hilum;
using namespace hilum::test;

namespace fs = std::filesystem;

namespace {

std::vector<int> firstFilms(int count) {
    std::vector<int> films(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
        films[static_cast<std::size_t>(i)] = i;
    return films;
}

} // namespace

class TestLeaderboard : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    fs::path m_root;
    EvaluationReport m_vgg;

private Q_SLOTS:
    void initTestCase() {
        m_root = m_folder.path().toStdString();
        // 230, 229 and 200 of 240 right; the last is also a level deeper.
        m_vgg = writeRun(m_root / "vgg", "vgg19", filmsWithMistakes(240, firstFilms(10)));
        writeRun(m_root / "resnet", "resnet101", filmsWithMistakes(240, firstFilms(11)));
        writeRun(m_root / "more" / "hilumnet", "hilumnet", filmsWithMistakes(240, firstFilms(40)));
        writeRun(m_root / "few", "resnet18", filmsWithMistakes(20, {}));
        writeRun(m_root / "vgg" / "folds" / "fold-1", "vgg19", filmsWithMistakes(240, {}));
        writeRun(m_root / "a" / "b" / "too-deep", "vgg19", filmsWithMistakes(240, {}));
        writeText(m_root / "not-a-run" / "notes.txt", "");
    }

    void runsAreFoundTwoLevelsDeep() {
        const auto runs = findRuns({m_root, m_root / "vgg"});
        QVERIFY(runs.has_value());
        const std::vector<fs::path> expected{m_root / "few", m_root / "more" / "hilumnet", m_root / "resnet",
                                             m_root / "vgg"};
        QCOMPARE(*runs, expected);
        QCOMPARE(findRuns({m_root / "nowhere"}).error().code, ErrorCode::NotFound);
        QVERIFY(findRuns({m_root / "not-a-run"})->empty());
    }

    void onlySameTestSetsAreCompared() {
        const Leaderboard board = leaderboard(*findRuns({m_root}));
        QVERIFY(board.unused.empty());
        QCOMPARE(board.groups.size(), std::size_t{2});
        const LeaderboardGroup& large = board.groups[0];
        QCOMPARE(large.films, 240L);
        QCOMPARE(large.rows.size(), std::size_t{3});
        QCOMPARE(large.rows[0].run->config.network, std::string("vgg19"));
        QCOMPARE(large.rows[1].run->config.network, std::string("resnet101"));
        QCOMPARE(large.rows[2].run->config.network, std::string("hilumnet"));
        QCOMPARE(board.groups[1].films, 20L); // all right, and yet no leader of the others
        QVERIFY(large.testSet != board.groups[1].testSet);
        QVERIFY(leaderboardToText(board).find("cannot be compared") != std::string::npos);
    }

    void runIsHeldAgainstTheLeader() {
        const Leaderboard board = leaderboard(*findRuns({m_root}));
        const std::vector<LeaderboardRow>& rows = board.groups[0].rows;
        QVERIFY(!rows[0].againstLeader);
        QCOMPARE(verdictText(rows[0]), std::string("leader"));
        QCOMPARE(rows[1].againstLeader->firstOnly, 1L);
        QCOMPARE(rows[1].againstLeader->secondOnly, 0L);
        QCOMPARE(verdictText(rows[1]),
                 std::string("no difference can be shown (p = 1.00; right alone: leader 1, this one 0)"));
        QCOMPARE(rows[2].againstLeader->firstOnly, 30L);
        QCOMPARE(verdictText(rows[2]),
                 std::string("worse than the leader (p < 0.0001; right alone: leader 30, this one 0)"));
    }

    void differingFilmsAreListed() {
        const auto vgg = loadRun(m_root / "vgg"), resnet = loadRun(m_root / "resnet");
        QVERIFY(vgg && resnet);
        const auto films = differingFilms(*vgg, *resnet);
        QCOMPARE(films.size(), std::size_t{1});
        QCOMPARE(films[0].file, fs::path("10.png"));
        QCOMPARE(films[0].truth, std::string("No finding"));
        QCOMPARE(films[0].first, std::string("No finding"));
        QCOMPARE(films[0].second, std::string("Pneumonia"));
        QVERIFY(differingFilms(*vgg, *vgg).empty());
    }

    void runIsLoadedWhole() {
        const auto run = loadRun(m_root / "vgg");
        QVERIFY2(run, run ? "" : run.error().message.c_str());
        QCOMPARE(reportToJson(run->report), reportToJson(m_vgg));
        QCOMPARE(run->predictions.size(), std::size_t{240});
        QCOMPARE(historyToCsv(run->history), historyToCsv(threeEpochs()));
        QVERIFY(run->validation.empty());
    }

    void crossValidationCountsWithItsPooledFigures() {
        const QTemporaryDir folder;
        const RunFolder files(folder.filePath("run").toStdString());
        const auto films = filmsWithMistakes(240, firstFilms(12));
        const EvaluationReport pooled = writeRun(files.root(), "vgg19", films);
        fs::remove(files.evaluationJson());
        writeText(files.crossValidationJson(),
                  reportToJson(CrossValidationReport{pooled, {wilson(114, 120), wilson(114, 120)}}));
        const auto run = loadRun(files.root());
        QVERIFY2(run, run ? "" : run.error().message.c_str());
        QCOMPARE(run->report.accuracy.value, 0.95);
        QCOMPARE(run->foldAccuracies.size(), std::size_t{2});
        QCOMPARE(run->testSet, loadRun(m_root / "vgg")->testSet);
    }

    // A file of before there were curves; the patients stand in split.csv.
    void earlierFiguresAreCompleted() {
        const QTemporaryDir folder;
        const RunFolder files(folder.filePath("run").toStdString());
        writeRun(files.root(), "vgg19", filmsWithMistakes(40, {1, 2}));
        EvaluationReport report = *parseEvaluationJson(*readTextFile(files.evaluationJson()));
        report.rocAuc.clear();
        writeText(files.evaluationJson(), reportToJson(report));
        std::string split = "file,label,patient,set\n";
        for (int i = 0; i < 40; ++i)
            split += std::to_string(i) + ".png,x,patient " + std::to_string(i / 2) + ",test\n";
        writeText(files.split(), split);
        const auto run = loadRun(files.root());
        QVERIFY(run.has_value());
        QCOMPARE(run->report.rocAuc.size(), std::size_t{2});
        QVERIFY(run->report.bootstrap.byPatient);
        QCOMPARE(run->report.bootstrap.units, 20L);
        QCOMPARE(run->report.notes, report.notes);
    }

    void damagedRunIsLeftOutAndSaid_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("content");
        QTest::newRow("figures") << "evaluation.json"
                                 << "{}";
        QTest::newRow("figures of other predictions")
            << "evaluation.json"
            << QString::fromStdString(
                   reportToJson(evaluationReport({"No finding", "Pneumonia"}, filmsWithMistakes(20, {1}))));
        QTest::newRow("predictions") << "predictions.csv"
                                     << "file,truth\n";
        QTest::newRow("settings") << "config.json"
                                  << "[";
        QTest::newRow("epochs") << "history.csv"
                                << "epoch\n1\n";
        QTest::newRow("validation films") << "validation-predictions.csv"
                                          << "x";
    }
    void damagedRunIsLeftOutAndSaid() {
        QFETCH(QString, file);
        QFETCH(QString, content);
        const QTemporaryDir folder;
        const fs::path root = folder.path().toStdString();
        writeRun(root / "good", "vgg19", filmsWithMistakes(20, {}));
        writeRun(root / "bad", "vgg19", filmsWithMistakes(20, {}));
        writeText(root / "bad" / file.toStdString(), content.toStdString());
        const Leaderboard board = leaderboard(*findRuns({root}));
        QCOMPARE(board.groups.size(), std::size_t{1});
        QCOMPARE(board.groups[0].rows.size(), std::size_t{1});
        QCOMPARE(board.unused.size(), std::size_t{1});
        QCOMPARE(board.unused[0].folder, root / "bad");
        QVERIFY(!board.unused[0].error.message.empty());
        QVERIFY2(board.unused[0].error.context.find("bad") != std::string::npos,
                 board.unused[0].error.context.c_str());
    }

    void tablesHoldEveryRun() {
        const Leaderboard board = leaderboard(*findRuns({m_root}));
        const auto rows = parseCsv(leaderboardToCsv(board));
        QVERIFY(rows.has_value());
        QCOMPARE(rows->size(), std::size_t{5});
        for (const std::vector<std::string>& row : *rows)
            QCOMPARE(row.size(), rows->front().size());
        const auto json = QJsonDocument::fromJson(
            QByteArray::fromStdString(leaderboardToJson(board, FilmLists::AgainstLeader)));
        const QJsonValue resnet = json["groups"][0]["runs"][1];
        QCOMPARE(resnet["network"].toString(), QString("resnet101"));
        QCOMPARE(resnet["accuracy"].toDouble(), 229.0 / 240);
        QCOMPARE(resnet["mcNemar"]["method"].toString(), QString("exact"));
        QCOMPARE(resnet["differs"][0]["file"].toString(), QString("10.png"));
        QVERIFY(leaderboardToText(board, FilmLists::AgainstLeader).find("10.png: is No finding") !=
                std::string::npos);
    }

    void commandPrintsTheTable() {
        if (!QFile::exists(qEnvironmentVariable("HILUM_CLI")))
            QSKIP("hilum-cli has not been built (HILUM_CLI).");
        QProcess process;
        const QString csv = m_folder.filePath("board.csv");
        process.start(qEnvironmentVariable("HILUM_CLI"),
                      {"leaderboard", m_folder.path(), "--json", "--csv", csv});
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), 0);
        QCOMPARE(QJsonDocument::fromJson(process.readAllStandardOutput())["groups"][0]["films"].toInt(), 240);
        QVERIFY(QFile::exists(csv));
        process.start(qEnvironmentVariable("HILUM_CLI"), {"leaderboard", m_folder.filePath("not-a-run")});
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), 2);
        QVERIFY(process.readAllStandardError().contains("no finished run"));
    }
};

QTEST_GUILESS_MAIN(TestLeaderboard)
#include "TestLeaderboard.moc"
