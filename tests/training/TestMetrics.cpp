#include <cmath>

#include <QtTest/QtTest>

#include "training/EvaluationReport.h"
#include "training/Metrics.h"

using namespace hilum;

namespace {

// A film with two labels; the probability of label 1 is p.
FilmPrediction film(int truth, double p) { return {"film.png", truth, {1 - p, p}}; }

// Three labels: 5 of class 0 (4 right, 1 taken for 1), 3 of class 1 (2 right, 1 taken for 0), 2 of class 2
// (both taken for 0).
std::vector<FilmPrediction> tenFilms() {
    const std::vector<double> zero{0.8, 0.1, 0.1}, one{0.2, 0.7, 0.1};
    std::vector<FilmPrediction> films;
    for (const auto& probabilities : {zero, zero, zero, zero, one})
        films.push_back({"a", 0, probabilities});
    for (const auto& probabilities : {one, one, zero})
        films.push_back({"b", 1, probabilities});
    for (const auto& probabilities : {zero, zero})
        films.push_back({"c", 2, probabilities});
    return films;
}

std::vector<std::string> tenPatients() { return {"1", "1", "2", "2", "3", "3", "4", "4", "5", "5"}; }

bool near(double a, double b, double tolerance = 1e-12) { return std::abs(a - b) <= tolerance; }

} // namespace

class TestMetrics : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void wilsonEqualsPublishedIntervals_data() {
        QTest::addColumn<long>("hits");
        QTest::addColumn<long>("count");
        QTest::addColumn<double>("low");
        QTest::addColumn<double>("high");
        // Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
        QTest::newRow("81 of 263") << 81L << 263L << 0.2553 << 0.3662;
        QTest::newRow("15 of 148") << 15L << 148L << 0.0624 << 0.1605;
        QTest::newRow("0 of 20") << 0L << 20L << 0.0 << 0.1611;
        QTest::newRow("1 of 29") << 1L << 29L << 0.0061 << 0.1718;
        QTest::newRow("29 of 29") << 29L << 29L << 0.8830 << 1.0;
        // 230 of 240, as quoted for networks on the Radiography Database.
        QTest::newRow("230 of 240") << 230L << 240L << 0.925 << 0.977;
    }
    void wilsonEqualsPublishedIntervals() {
        QFETCH(long, hits);
        QFETCH(long, count);
        QFETCH(double, low);
        QFETCH(double, high);
        const Proportion proportion = wilson(hits, count);
        const double tolerance = count == 240 ? 6e-4 : 6e-5;
        QVERIFY2(near(proportion.low, low, tolerance), qPrintable(QString::number(proportion.low)));
        QVERIFY2(near(proportion.high, high, tolerance), qPrintable(QString::number(proportion.high)));
        QCOMPARE(proportion.count, count);
        QVERIFY(near(proportion.value, static_cast<double>(hits) / static_cast<double>(count)));
    }

    void wilsonOfNothingIsTheWholeRange() {
        const Proportion proportion = wilson(0, 0);
        QCOMPARE(proportion.low, 0.0);
        QCOMPARE(proportion.high, 1.0);
        QCOMPARE(proportion.count, 0L);
    }

    void confusionHasTruthInRows() {
        const ConfusionMatrix matrix = confusionMatrix(tenFilms(), 3);
        const std::vector<long> expected{4, 1, 0, 1, 2, 0, 2, 0, 0};
        QCOMPARE(matrix.counts, expected);
        QCOMPARE(matrix.total(), 10L);
        QCOMPARE(matrix.correct(), 6L);
        QCOMPARE(matrix.guessing(), 0.5); // five of ten films are of the first class
        QCOMPARE(ConfusionMatrix().guessing(), 0.0);
    }

    void classFiguresEqualHandWorkedOnes() {
        const auto classes = classMetrics(confusionMatrix(tenFilms(), 3));
        // Class 0: tp 4, fp 3, fn 1, tn 2.
        QVERIFY(near(classes[0].precision, 4.0 / 7));
        QVERIFY(near(classes[0].recall, 4.0 / 5));
        QVERIFY(near(classes[0].specificity, 2.0 / 5));
        QVERIFY(near(classes[0].f1, 8.0 / 12));
        // Class 1: tp 2, fp 1, fn 1, tn 6.
        QVERIFY(near(classes[1].precision, 2.0 / 3));
        QVERIFY(near(classes[1].recall, 2.0 / 3));
        QVERIFY(near(classes[1].specificity, 6.0 / 7));
        QVERIFY(near(classes[1].f1, 2.0 / 3));
        QCOMPARE(classes[1].support, 3L);
    }

    void neverPredictedClassHasUndefinedPrecision() {
        const auto classes = classMetrics(confusionMatrix(tenFilms(), 3));
        QCOMPARE(classes[2].precision, 0.0);
        QVERIFY(classes[2].precisionUndefined);
        QVERIFY(!classes[2].recallUndefined); // 0 of 2
        QVERIFY(!classes[2].f1Undefined);     // 0 of 2
        QCOMPARE(classes[2].specificity, 1.0);
        QVERIFY(!classes[0].precisionUndefined);
    }

    void absentClassHasUndefinedRecall() {
        const auto classes = classMetrics(confusionMatrix({film(0, 0.1), film(0, 0.2)}, 2));
        QVERIFY(classes[1].recallUndefined);
        QVERIFY(classes[1].precisionUndefined);
        QVERIFY(classes[1].f1Undefined);
        QVERIFY(classes[0].specificityUndefined);
        QCOMPARE(classes[0].f1, 1.0);
    }

    void averagesEqualHandWorkedOnes() {
        const auto classes = classMetrics(confusionMatrix(tenFilms(), 3));
        const ClassMetrics macro = macroAverage(classes);
        QVERIFY(near(macro.precision, (4.0 / 7 + 2.0 / 3) / 3));
        QVERIFY(near(macro.recall, (0.8 + 2.0 / 3) / 3));
        QVERIFY(near(macro.f1, (2.0 / 3 + 2.0 / 3) / 3));
        QVERIFY(macro.precisionUndefined);
        const ClassMetrics weighted = weightedAverage(classes);
        QVERIFY(near(weighted.precision, 0.5 * 4 / 7 + 0.3 * 2 / 3));
        QVERIFY(near(weighted.recall, 0.6)); // the accuracy
        QCOMPARE(weighted.support, 10L);
    }

    void calibrationErrorEqualsHandWorkedOne() {
        // 15 bins of 1/15: 0.95 and 0.98 in (14/15, 1], 0.6 in (8/15, 9/15], 0.7 in (10/15, 11/15].
        const std::vector<FilmPrediction> films{film(1, 0.95), film(0, 0.98), film(1, 0.6), film(1, 0.7)};
        // Bin 15: 1 hit of 2, confidence 0.965 -> |1 − 1.93| = 0.93; bin 9: |1 − 0.6|; bin 11: |1 − 0.7|.
        QVERIFY(near(expectedCalibrationError(films), (0.93 + 0.4 + 0.3) / 4));
        // One bin: |3 − 3.23| / 4.
        QVERIFY(near(expectedCalibrationError(films, 1), 0.23 / 4));
    }

    void certainAndRightIsPerfectlyCalibrated() {
        QCOMPARE(expectedCalibrationError({film(1, 1.0), film(0, 0.0)}), 0.0);
        QCOMPARE(expectedCalibrationError({}), 0.0);
    }

    void likelihoodIsOfTheTrueLabel() {
        QVERIFY(
            near(negativeLogLikelihood({film(1, 0.5), film(0, 0.75)}), (std::log(2.0) + std::log(4.0)) / 2));
        QVERIFY(near(negativeLogLikelihood({film(0, 1.0)}), -std::log(1e-12), 1e-9)); // finite
    }

    void predictionsSurviveTheirTable() {
        std::vector<FilmPrediction> films{{"A, \"b\"/x.png", 0, {0.1, 0.9}},
                                          {"c.png", 1, {1.0 / 3, 2.0 / 3}}};
        const std::vector<std::string> labels{"COVID-19", "no, finding"};
        const auto read = parsePredictionsCsv(predictionsToCsv(labels, films), labels);
        QVERIFY(read.has_value());
        QCOMPARE(read->size(), films.size());
        for (std::size_t i = 0; i < films.size(); ++i) {
            QCOMPARE((*read)[i].file, films[i].file);
            QCOMPARE((*read)[i].truth, films[i].truth);
            QCOMPARE((*read)[i].probabilities, films[i].probabilities);
        }
        QVERIFY(!parsePredictionsCsv(predictionsToCsv(labels, films), {"x", "y"}));
    }

    void reportsHoldTheFigures() {
        const EvaluationReport report = evaluationReport({"A", "B", "C"}, tenFilms());
        const std::string text = reportToText(report);
        QVERIFY(text.find("60.00 % (95 %: 31.27 % to 83.18 %, 10 films)") != std::string::npos);
        QVERIFY(text.find("0.0000*") != std::string::npos);
        const std::string json = reportToJson(report);
        const QJsonDocument document = QJsonDocument::fromJson(QByteArray::fromStdString(json));
        QCOMPARE(document["accuracy"]["value"].toDouble(), 0.6);
        QCOMPARE(document["classes"]["C"]["undefined"][0].toString(), QString("precision"));
        QCOMPARE(document["confusion"]["counts"][2][0].toInt(), 2);
        QVERIFY(near(document["classes"]["A"]["wilson95"]["recall"][1].toDouble(), wilson(4, 5).high));
        QVERIFY(near(document["macro"]["rocAuc"].toDouble(), report.macroRocAuc.value()));
        QCOMPARE(document["bootstrap"]["unit"].toString(), QString("film"));
        QCOMPARE(document["reliability"].toArray().size(), kCalibrationBins);
        QVERIFY(text.find("1000 resamples of 10 films") != std::string::npos);
        // Recall of A, 4 of 5: Wilson's interval.
        QVERIFY(text.find("0.3755–0.9638") != std::string::npos);
    }

    void reportsSurviveTheirFile() {
        EvaluationReport report = evaluationReport({"A", "\"B\"", "C"}, tenFilms(), tenPatients());
        report.model = "a model";
        report.modelSha256 = "0123";
        report.testedOn = "10 films";
        report.notes = {"One.", "Two."};
        const std::string json = reportToJson(report);
        const auto read = parseEvaluationJson(json);
        QVERIFY2(read, read ? "" : read.error().message.c_str());
        QCOMPARE(reportToJson(*read), json);
        QCOMPARE(reportToText(*read), reportToText(report));
        QVERIFY(read->bootstrap.byPatient);
        QCOMPARE(read->bootstrap.units, 5L);
        QCOMPARE(read->bootstrap.rocAuc, report.bootstrap.rocAuc);
        QCOMPARE(read->reliability, report.reliability);
        QCOMPARE(read->notes, report.notes);

        const CrossValidationReport folds{report, {wilson(3, 5), wilson(4, 5)}};
        const auto readFolds = parseCrossValidationJson(reportToJson(folds));
        QVERIFY(readFolds.has_value());
        QCOMPARE(reportToJson(*readFolds), reportToJson(folds));
    }

    // As Hilum wrote it before it had curves and intervals.
    void earlierReportIsRead() {
        QJsonObject json =
            QJsonDocument::fromJson(
                QByteArray::fromStdString(reportToJson(evaluationReport({"A", "B", "C"}, tenFilms()))))
                .object();
        json.remove("bootstrap");
        json.remove("reliability");
        const auto read = parseEvaluationJson(QJsonDocument(json).toJson().toStdString());
        QVERIFY2(read, read ? "" : read.error().message.c_str());
        QCOMPARE(read->accuracy.value, 0.6);
        QCOMPARE(read->classes[1].support, 3L);
        QVERIFY(read->rocAuc.empty());
        QCOMPARE(read->bootstrap.resamples, 0);
        QVERIFY(parseEvaluationJson(reportToJson(*read)));
        QVERIFY(reportToText(*read).find("60.00 %") != std::string::npos);
    }

    void contradictingReportIsRefused_data() {
        QTest::addColumn<QString>("from");
        QTest::addColumn<QString>("to");
        QTest::newRow("accuracy") << "\"value\": 0.6"
                                  << "\"value\": 0.7";
        QTest::newRow("negative count") << "\"counts\": [\n      [\n        4"
                                        << "\"counts\": [\n      [\n        -4";
        QTest::newRow("count like a figure") << "\"counts\": [\n      [\n        4"
                                             << "\"counts\": [\n      [\n        4.5";
        QTest::newRow("huge count") << "\"counts\": [\n      [\n        4"
                                    << "\"counts\": [\n      [\n        9223372036854775807";
        QTest::newRow("labels that are equal") << "\"A\",\n    \"B\""
                                               << "\"A\",\n    \"A\"";
        QTest::newRow("a label more") << "\"A\",\n    \"B\""
                                      << "\"A\", \"D\",\n    \"B\"";
        QTest::newRow("bins")
            << "\"reliability\": ["
            << "\"reliability\": [{\"low\":0,\"high\":0,\"films\":1,\"confidence\":0,\"accuracy\":0},";
        QTest::newRow("calibration error") << "\"expectedCalibrationError\": 0"
                                           << "\"expectedCalibrationError\": 10";
        QTest::newRow("seed") << "\"seed\": 1"
                              << "\"seed\": \"1\"";
        QTest::newRow("cut off") << "\"notes\": []\n}"
                                 << "";
    }
    void contradictingReportIsRefused() {
        QFETCH(QString, from);
        QFETCH(QString, to);
        QString json = QString::fromStdString(reportToJson(evaluationReport({"A", "B", "C"}, tenFilms())));
        QVERIFY(parseEvaluationJson(json.toStdString()));
        QVERIFY(json.contains(from));
        const auto read = parseEvaluationJson(json.replace(from, to).toStdString());
        QVERIFY(!read);
        QCOMPARE(read.error().code, ErrorCode::Damaged);
    }

    void impossibleProbabilitiesAreRefused() {
        for (const char* value : {"nan", "inf", "-0.1", "1.5", ""})
            QVERIFY(!parsePredictionsCsv(std::string("file,truth,predicted,A,B\nx,A,A,") + value + ",0.5\n",
                                         {"A", "B"}));
        QVERIFY(parsePredictionsCsv("file,truth,predicted,A,B\nx,A,A,1,0\n", {"A", "B"}));
    }
};

QTEST_APPLESS_MAIN(TestMetrics)
#include "TestMetrics.moc"
