#include <cmath>

#include <QtTest/QtTest>

#include "training/Calibration.h"
#include "training/Random.h"

using namespace hilum;

namespace {

FilmPrediction film(int truth, double p) { return {"film.png", truth, {1 - p, p}}; }

bool near(double a, double b, double tolerance = 1e-12) { return std::abs(a - b) <= tolerance; }

} // namespace

class TestCalibration : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // Always 0.9, right three times of four: the best probability is 3/4, and ln 9 / T = ln 3.
    void temperatureEqualsHandWorkedOne() {
        const TemperatureFit fit = fitTemperature({film(1, 0.9), film(1, 0.9), film(1, 0.9), film(0, 0.9)});
        QVERIFY(near(fit.temperature, 2, 1e-9));
        QVERIFY(!fit.atLimit);
        QVERIFY(near(fit.nllBefore, -(3 * std::log(0.9) + std::log(0.1)) / 4));
        QVERIFY(near(fit.nllAfter, -(3 * std::log(0.75) + std::log(0.25)) / 4));
        QVERIFY(near(fit.eceBefore, 0.15));
        QVERIFY(near(fit.eceAfter, 0, 1e-9));
    }

    // Softmax of logits, labels drawn from the softmax of the same logits over T: T is found again.
    void knownTemperatureIsFoundAgain() {
        constexpr double kTrue = 2.5;
        Random random(11);
        std::vector<FilmPrediction> films;
        for (int i = 0; i < 20000; ++i) {
            FilmPrediction one{std::to_string(i), 0, {}};
            double sum = 0;
            for (int label = 0; label < 3; ++label)
                sum += one.probabilities.emplace_back(std::exp(random.uniform(-5, 5)));
            for (double& probability : one.probabilities)
                probability /= sum;
            const auto honest = rescaled({one}, kTrue).front().probabilities;
            const double draw = random.uniform();
            one.truth = draw < honest[0] ? 0 : draw < honest[0] + honest[1] ? 1 : 2;
            films.push_back(one);
        }
        const TemperatureFit fit = fitTemperature(films);
        QVERIFY2(near(fit.temperature, kTrue, 0.1), qPrintable(QString::number(fit.temperature)));
        QVERIFY(fit.nllAfter < fit.nllBefore);
        QVERIFY(fit.eceAfter < 0.02 && fit.eceBefore > 0.1);
        // A minimum: neighbours on either side are worse.
        QVERIFY(negativeLogLikelihood(rescaled(films, fit.temperature * 1.01)) > fit.nllAfter);
        QVERIFY(negativeLogLikelihood(rescaled(films, fit.temperature / 1.01)) > fit.nllAfter);
    }

    void withoutAMistakeTheLimitIsSaid() {
        const TemperatureFit sure = fitTemperature({film(1, 0.7), film(0, 0.2)});
        QCOMPARE(sure.temperature, kLowestTemperature);
        QVERIFY(sure.atLimit);
        const TemperatureFit wrong = fitTemperature({film(0, 0.7), film(1, 0.2)});
        QCOMPARE(wrong.temperature, kHighestTemperature);
        QVERIFY(wrong.atLimit);
    }

    void nothingToFitLeavesProbabilitiesAlone() {
        QCOMPARE(fitTemperature({}).temperature, 1.0);
        const TemperatureFit flat = fitTemperature({film(0, 0.5), film(1, 0.5)});
        QCOMPARE(flat.temperature, 1.0);
        QVERIFY(!flat.atLimit);
        QVERIFY(std::isfinite(fitTemperature({film(1, 1.0), film(0, 1.0)}).temperature)); // ln 0 left out
    }

    void scalingKeepsClassesAndSums() {
        const std::vector<FilmPrediction> films{{"a", 0, {0.2, 0.5, 0.3}}, {"b", 1, {1, 0, 0}}};
        for (const double temperature : {0.05, 0.5, 1.0, 3.0, 20.0}) {
            const auto scaled = rescaled(films, temperature);
            for (std::size_t i = 0; i < films.size(); ++i) {
                const std::vector<double>& p = scaled[i].probabilities;
                QCOMPARE(scaled[i].predicted(), films[i].predicted());
                QVERIFY(near(p[0] + p[1] + p[2], 1));
            }
        }
        const auto halved = rescaled(films, 0.5).front().probabilities; // squares: 0.04, 0.25, 0.09
        QVERIFY(near(halved[0], 0.04 / 0.38));
        QVERIFY(near(halved[1], 0.25 / 0.38));
    }

    void reliabilityBinsEqualHandWorkedOnes() {
        const auto bins = reliabilityBins({film(1, 0.95), film(0, 0.98), film(1, 0.6), film(1, 0.7)}, 10);
        QCOMPARE(bins.size(), std::size_t{10});
        QCOMPARE(bins[9].films, 2L);
        QVERIFY(near(bins[9].confidence, 0.965));
        QVERIFY(near(bins[9].accuracy, 0.5));
        QCOMPARE(bins[5].films, 1L); // 0.6 lies in (0.5, 0.6]
        QCOMPARE(bins[6].films, 1L);
        QCOMPARE(bins[0].films, 0L);
        QVERIFY(near(bins[9].low, 0.9) && near(bins[9].high, 1));
    }

    // Positives 0.9 0.8 0.6 0.3, negatives 0.7 0.4 0.2 0.1.
    void thresholdsEqualHandWorkedOnes() {
        const auto curves = classCurves({film(1, 0.9), film(1, 0.8), film(0, 0.7), film(1, 0.6), film(0, 0.4),
                                         film(1, 0.3), film(0, 0.2), film(0, 0.1)},
                                        2);
        const auto points = operatingPoints(curves[1]);
        QVERIFY(points.has_value());
        // J: 0.25 at 0.9, 0.5 at 0.8, 0.25 at 0.7, 0.5 at 0.6, 0.25 at 0.4, 0.5 at 0.3: the highest of the
        // best.
        QCOMPARE(points->youden.threshold, 0.8);
        QCOMPARE(points->youden.sensitivity.value, 0.5);
        QCOMPARE(points->youden.specificity.value, 1.0);
        QCOMPARE(points->highSensitivity.threshold, 0.3);
        QCOMPARE(points->highSensitivity.sensitivity.value, 1.0);
        QCOMPARE(points->highSensitivity.specificity.value, 0.5);
        QCOMPARE(points->highSensitivity.specificity.count, 4L);
        QCOMPARE(points->highSensitivity.specificity.low, wilson(2, 4).low);
        QVERIFY(!operatingPoints(ClassCurves{}));
        // 0.65 lies between two probabilities: 0.9, 0.8 and the negative 0.7 count as the class.
        const auto between = operatingPointAt(curves[1], 0.65);
        QCOMPARE(between->threshold, 0.65);
        QCOMPARE(between->sensitivity.value, 0.5);
        QCOMPARE(between->specificity.value, 0.75);
        QCOMPARE(operatingPointAt(curves[1], 0.7)->specificity.value, 0.75); // "at least"
        QCOMPARE(operatingPointAt(curves[1], 0.95)->sensitivity.value, 0.0);
        QCOMPARE(operatingPointAt(curves[1], 0.0)->sensitivity.value, 1.0);
        QVERIFY(!operatingPointAt(ClassCurves{}, 0.5));
    }
};

QTEST_APPLESS_MAIN(TestCalibration)
#include "TestCalibration.moc"
