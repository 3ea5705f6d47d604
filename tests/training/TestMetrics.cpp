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
    }
};

QTEST_APPLESS_MAIN(TestMetrics)
#include "TestMetrics.moc"
