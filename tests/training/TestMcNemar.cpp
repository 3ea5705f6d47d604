#include <cmath>

#include <QtTest/QtTest>

#include "training/McNemar.h"

using namespace hilum;

namespace {

FilmPrediction film(const char* file, bool right) {
    return {file, 0, right ? std::vector{0.9, 0.1} : std::vector{0.1, 0.9}};
}

} // namespace

class TestMcNemar : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void probabilityEqualsReference_data() {
        QTest::addColumn<long>("b");
        QTest::addColumn<long>("c");
        QTest::addColumn<bool>("exact");
        QTest::addColumn<double>("p");
        // By hand: 2 (1 + 10) / 2^10; 2 (1 + 12 + 66 + 220 + 495) / 2^12.
        QTest::newRow("1 and 9") << 1L << 9L << true << 22.0 / 1024;
        QTest::newRow("4 and 8") << 4L << 8L << true << 1588.0 / 4096;
        // SciPy 1.10: binomtest(b, n).pvalue, chi2.sf(statistic, 1).
        QTest::newRow("11 and 13, the last exact one") << 11L << 13L << true << 0.8388197422027588;
        QTest::newRow("5 and 20, the first approximate one") << 5L << 20L << false << 0.005110260660855866;
        QTest::newRow("10 and 15") << 10L << 15L << false << 0.4237107971667936;
        // Agresti 1990, page 350; the statistic is 63² / 236.
        QTest::newRow("86 and 150") << 86L << 150L << false << 4.114562281345944e-05;
        QTest::newRow("none") << 0L << 0L << true << 1.0;
        QTest::newRow("12 and 12") << 12L << 12L << true << 1.0;
        QTest::newRow("2 and 1") << 2L << 1L << true << 1.0;
        QTest::newRow("13 and 13") << 13L << 13L << false << 1.0; // the correction does not overshoot
    }
    void probabilityEqualsReference() {
        QFETCH(long, b);
        QFETCH(long, c);
        QFETCH(bool, exact);
        QFETCH(double, p);
        const McNemar test = mcNemar(b, c);
        QCOMPARE(test.firstOnly, b);
        QCOMPARE(test.secondOnly, c);
        QCOMPARE(test.exact, exact);
        QVERIFY2(std::abs(test.p - p) <= 1e-13, qPrintable(QString::number(test.p, 'g', 17)));
        QCOMPARE(mcNemar(c, b).p, test.p);
        QCOMPARE(test.showsDifference(), p < 0.05);
    }

    void filmsAreMatchedByName() {
        const std::vector<FilmPrediction> first{film("a", true), film("b", true), film("c", false),
                                                film("d", true)};
        const std::vector<FilmPrediction> second{film("d", false), film("c", true), film("b", false),
                                                 film("a", true)};
        const auto test = mcNemar(first, second);
        QVERIFY(test.has_value());
        QCOMPARE(test->firstOnly, 2L);
        QCOMPARE(test->secondOnly, 1L);
    }

    void otherFilmsAreRefused() {
        const std::vector<FilmPrediction> two{film("a", true), film("b", true)};
        QCOMPARE(mcNemar(two, {film("a", true)}).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(mcNemar(two, {film("a", true), film("c", true)}).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(mcNemar(two, {film("a", true), film("a", true)}).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(mcNemar({film("a", true), film("a", true)}, two).error().code, ErrorCode::InvalidArgument);
    }
};

QTEST_APPLESS_MAIN(TestMcNemar)
#include "TestMcNemar.moc"
