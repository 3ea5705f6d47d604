#include <cmath>

#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>
#include <QXmlStreamReader>
#include <QtTest/QtTest>

#include "tests/support/RunFolders.h"
#include "training/FinishedRun.h"
#include "training/MlflowRun.h"
#include "training/ResultsCharts.h"
#include "training/ResultsDocument.h"

using namespace hilum;
using namespace hilum::test;

namespace fs = std::filesystem;

namespace {

constexpr const char* kHostile = "<script>alert('x')</script>&\"";

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The SVG elements of a page, all of which must be well-formed XML.
int wellFormedCharts(const QString& html) {
    int charts = 0;
    for (qsizetype at = html.indexOf("<svg"); at >= 0; at = html.indexOf("<svg", at + 1)) {
        QXmlStreamReader xml(html.mid(at, html.indexOf("</svg>", at) + 6 - at));
        while (!xml.atEnd())
            xml.readNext();
        if (xml.hasError())
            return -1;
        ++charts;
    }
    return charts;
}

} // namespace

class TestResultsDocument : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    fs::path m_run;
    FinishedRun m_finished;

private Q_SLOTS:
    void initTestCase() {
        m_run = fs::path(m_folder.path().toStdString()) / "run";
        writeRun(m_run, "vgg19", filmsWithMistakes(40, {0, 3, 5}));
        writeText(RunFolder(m_run).validationPredictions(),
                  predictionsToCsv({"No finding", "Pneumonia"}, filmsWithMistakes(30, {1, 2})));
        auto run = loadRun(m_run);
        QVERIFY2(run, run ? "" : run.error().message.c_str());
        m_finished = std::move(*run);
    }

    void documentHoldsTheFigures() {
        const std::string html = resultsDocument(m_finished);
        QVERIFY(holds(html, "vgg19 on films"));
        QVERIFY(holds(html, "Research use, not for diagnosis."));
        QVERIFY(holds(html, "92.5 %")); // 37 of 40
        QVERIFY(holds(html, "95 %: 80.1 % to 97.4 %"));
        QVERIFY(holds(html, "1000 resamples of 40 films"));
        QVERIFY(holds(html, "Thresholds chosen on the validation films"));
        QVERIFY(holds(html, "weights kept: epoch 2"));
        QVERIFY(holds(html, "3 of 3 mistakes"));
        QVERIFY(holds(html, "Only a test."));
        QVERIFY(holds(html, m_finished.testSet));
        QCOMPARE(wellFormedCharts(QString::fromStdString(html)),
                 6); // ROC, PR, two reliability, loss, accuracy
    }

    void documentNeedsNothingBesideIt() {
        const std::string html = resultsDocument(m_finished);
        for (const char* outside :
             {"<script", "<link", "<img", "<iframe", "src=", "href=", "url(", "@import"})
            QVERIFY2(!holds(html, outside), outside);
    }

    void everyTextIsEscaped() {
        FinishedRun run = m_finished;
        run.report.model = run.report.testedOn = run.report.modelSha256 = kHostile;
        run.report.notes = {kHostile};
        run.report.labels = {kHostile, "b"};
        run.config.network = run.config.modelName = run.config.dataDescription = kHostile;
        run.config.data = kHostile;
        run.config.split.patientPattern = kHostile;
        run.predictions[0].file = kHostile;
        run.split = {{"a", kHostile, "p", kHostile}};
        const std::string html = resultsDocument(run);
        QVERIFY(!holds(html, "<script"));
        QVERIFY(!holds(html, "alert('"));
        QVERIFY(holds(html, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"));
        QCOMPARE(wellFormedCharts(QString::fromStdString(html)), 6);
        QCOMPARE(markupEscaped(std::string("a\0b\x1b", 4)), std::string("a\uFFFD"
                                                                        "b\uFFFD"));
    }

    void absentClassIsShownAsUndefined() {
        FinishedRun run = m_finished;
        run.report = evaluationReport({"a", "b", "c"}, [&] {
            std::vector<FilmPrediction> films = run.predictions;
            for (FilmPrediction& film : films)
                film.probabilities.push_back(0);
            run.predictions = films;
            return films;
        }());
        run.validation.clear();
        run.history.clear();
        const std::string html = resultsDocument(run);
        QVERIFY(holds(html, "a class is absent"));
        QVERIFY(holds(html, "no predictions of validation films"));
        QCOMPARE(wellFormedCharts(QString::fromStdString(html)), 3);
    }

    void keptEpochIsTheTrainersOne() {
        QCOMPARE(keptEpoch({}, 0), 0);
        QCOMPARE(keptEpoch(threeEpochs(), 0), 2);    // losses 0.9, 0.5, 0.6
        QCOMPARE(keptEpoch(threeEpochs(), 0.45), 1); // 0.5 is not lower by more than that
        auto without = threeEpochs();
        for (EpochRecord& record : without)
            record.validationLoss.reset();
        QCOMPARE(keptEpoch(without, 0), 3);
        auto equal = threeEpochs();
        equal[2].validationLoss = 0.5;
        QCOMPARE(keptEpoch(equal, 0), 2);
    }

    void chartLeavesOutWhatIsNoNumber() {
        Chart chart{"t", {"x"}, {"y"}, {{"l", {{0, 0}, {0.5, std::nan("")}, {1, 1}}}}, {}, std::nullopt, {}};
        const std::string svg = toSvg(chart);
        QVERIFY(!holds(svg, "nan"));
        QVERIFY(holds(svg, "56.0,274.0 426.0,34.0 "));
        chart.y.high = chart.y.low = 0; // no range
        QVERIFY(!holds(toSvg(chart), "nan"));
    }

    void mlflowRunHoldsHistoryAndFigures() {
        FinishedRun run = m_finished;
        run.finished = std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000));
        const QJsonDocument json = QJsonDocument::fromJson(QByteArray::fromStdString(mlflowRunJson(run)));
        QCOMPARE(json["info"]["status"].toString(), QString("FINISHED"));
        QCOMPARE(json["info"]["run_id"].toString().size(), 32);
        QCOMPARE(json["info"]["end_time"].toInteger(), 1'700'000'000'000);
        QCOMPARE(json["info"]["start_time"].toInteger(), 1'699'999'994'000); // three epochs of two seconds
        QMap<QString, QMap<int, double>> metrics;
        for (const QJsonValue metric : json["data"]["metrics"].toArray())
            metrics[metric["key"].toString()][metric["step"].toInt()] = metric["value"].toDouble();
        QCOMPARE(metrics["validation_loss"].values(), (QList<double>{0.9, 0.5, 0.6}));
        QCOMPARE(metrics["test_accuracy"][3], 0.925);
        QVERIFY(metrics.contains("test_recall/Pneumonia"));
        bool network = false;
        for (const QJsonValue param : json["data"]["params"].toArray())
            network =
                network || (param["key"].toString() == "network" && param["value"].toString() == "vgg19");
        QVERIFY(network);
        run.report.labels[0] = "a:b";
        QVERIFY(holds(mlflowRunJson(run), "test_recall/a_b"));
    }

    void commandWritesThePage() {
        if (!QFile::exists(qEnvironmentVariable("HILUM_CLI")))
            QSKIP("hilum-cli has not been built (HILUM_CLI).");
        const auto report = [](const QStringList& arguments) {
            QProcess process;
            process.start(qEnvironmentVariable("HILUM_CLI"), QStringList{"report"} + arguments);
            return process.waitForFinished() ? process.exitCode() : -1;
        };
        const QString run = QString::fromStdString(m_run.string());
        QCOMPARE(report({run}), 0);
        QFile page(run + "/report.html");
        QVERIFY(page.open(QIODevice::ReadOnly));
        QCOMPARE(page.readAll().toStdString(), resultsDocument(m_finished));
        QCOMPARE(report({run, "--mlflow", m_folder.filePath("mlflow.json")}), 0);
        QVERIFY(QFile::exists(m_folder.filePath("mlflow.json")));
        QCOMPARE(report({m_folder.path()}), 2);
    }
};

QTEST_GUILESS_MAIN(TestResultsDocument)
#include "TestResultsDocument.moc"
