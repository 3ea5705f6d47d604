#include <array>
#include <cmath>
#include <limits>

#include <QtTest/QtTest>

#include "training/Curves.h"

using namespace hilum;

namespace {

// A film with two labels; the probability of label 1 is p.
FilmPrediction film(int truth, double p) { return {"film.png", truth, {1 - p, p}}; }

bool near(double a, double b) { return std::abs(a - b) <= 1e-12; }

} // namespace

class TestCurves : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // The example of scikit-learn's documentation: truth 0 0 1 1, probabilities 0.1 0.4 0.35 0.8.
    void curvesEqualThePublishedExample() {
        const auto curves = classCurves({film(0, 0.1), film(0, 0.4), film(1, 0.35), film(1, 0.8)}, 2);
        const ClassCurves& one = curves[1];
        QCOMPARE(one.positives, 2L);
        QCOMPARE(one.negatives, 2L);
        const std::vector<std::array<double, 3>> roc{{std::numeric_limits<double>::infinity(), 0, 0},
                                                     {0.8, 0, 0.5},
                                                     {0.4, 0.5, 0.5},
                                                     {0.35, 0.5, 1},
                                                     {0.1, 1, 1}};
        QCOMPARE(one.roc.size(), roc.size());
        for (std::size_t i = 0; i < roc.size(); ++i) {
            QCOMPARE(one.roc[i].threshold, roc[i][0]);
            QCOMPARE(one.roc[i].falsePositiveRate, roc[i][1]);
            QCOMPARE(one.roc[i].sensitivity, roc[i][2]);
        }
        const std::vector<std::array<double, 2>> precisionRecall{
            {0, 1}, {0.5, 1}, {0.5, 0.5}, {1, 2.0 / 3}, {1, 0.5}};
        QCOMPARE(one.precisionRecall.size(), precisionRecall.size());
        for (std::size_t i = 0; i < precisionRecall.size(); ++i) {
            QCOMPARE(one.precisionRecall[i].recall, precisionRecall[i][0]);
            QCOMPARE(one.precisionRecall[i].precision, precisionRecall[i][1]);
        }
        QVERIFY(near(one.rocAuc.value(), 0.75));
        QVERIFY(near(one.averagePrecision.value(), 0.5 + 0.5 * 2 / 3));
        QVERIFY(near(curves[0].rocAuc.value(), 0.75)); // the other way round
    }

    void tieCountsOneHalf() {
        const auto curves = classCurves({film(0, 0.5), film(1, 0.5), film(1, 0.5), film(0, 0.2)}, 2);
        QCOMPARE(curves[1].roc.size(), std::size_t{3}); // nobody, the three ties, everybody
        QVERIFY(near(curves[1].rocAuc.value(), 0.75));
        QVERIFY(near(curves[1].averagePrecision.value(), 2.0 / 3));
        QVERIFY(near(classCurves({film(0, 0.5), film(1, 0.5)}, 2)[1].rocAuc.value(), 0.5));
    }

    void perfectAndReversedRankings() {
        QCOMPARE(classCurves({film(0, 0.1), film(1, 0.9)}, 2)[1].rocAuc.value(), 1.0);
        QCOMPARE(classCurves({film(0, 0.9), film(1, 0.1)}, 2)[1].rocAuc.value(), 0.0);
        QCOMPARE(classCurves({film(0, 0.9), film(1, 0.1)}, 2)[1].averagePrecision.value(), 0.5);
    }

    void absentClassHasNoCurve() {
        const std::vector<FilmPrediction> films{{"a", 0, {0.6, 0.3, 0.1}}, {"b", 1, {0.2, 0.7, 0.1}}};
        const auto curves = classCurves(films, 3);
        QVERIFY(curves[0].rocAuc && curves[1].rocAuc);
        QVERIFY(!curves[2].rocAuc);
        QVERIFY(!curves[2].averagePrecision);
        QVERIFY(curves[2].roc.empty());
        QVERIFY(curves[2].precisionRecall.empty());
        QVERIFY(!macroRocAuc(curves));
        QVERIFY(!macroAveragePrecision(curves));
        QVERIFY(!classCurves({film(1, 0.5)}, 2)[1].rocAuc); // nothing but the class
        QVERIFY(!macroRocAuc({}));
    }

    void macroIsThePlainMean() {
        const std::vector<FilmPrediction> films{
            {"a", 0, {0.6, 0.3, 0.1}}, {"b", 1, {0.5, 0.4, 0.1}}, {"c", 2, {0.7, 0.2, 0.1}}};
        const auto curves = classCurves(films, 3);
        QVERIFY(near(curves[0].rocAuc.value(), 0.5));
        QVERIFY(near(curves[1].rocAuc.value(), 1.0));
        QVERIFY(near(curves[2].rocAuc.value(), 0.5)); // all tied
        QVERIFY(near(macroRocAuc(curves).value(), 2.0 / 3));
        QVERIFY(near(macroAveragePrecision(curves).value(), (0.5 + 1 + 1.0 / 3) / 3));
    }

    void noNumberRanksLast() {
        const auto curves = classCurves({film(0, 0.0), film(1, std::nan("")), film(1, 0.5)}, 2);
        QVERIFY(near(curves[1].rocAuc.value(), 0.5));
        QCOMPARE(curves[1].roc.size(), std::size_t{4});
    }
};

QTEST_APPLESS_MAIN(TestCurves)
#include "TestCurves.moc"
