#include <algorithm>
#include <cmath>

#include <QElapsedTimer>
#include <QtTest/QtTest>

#include "training/Bootstrap.h"
#include "training/Curves.h"
#include "training/Random.h"

using namespace hilum;

namespace {

// Films of so many classes, right about two times of three, with coarse probabilities and so with ties.
std::vector<FilmPrediction> randomFilms(int count, int labels, std::uint64_t seed) {
    Random random(seed);
    std::vector<FilmPrediction> films;
    for (int i = 0; i < count; ++i) {
        FilmPrediction film{std::to_string(i), i % labels, {}};
        double sum = 0;
        for (int label = 0; label < labels; ++label) {
            const double value = static_cast<double>(1 + random.below(8)) + (label == film.truth ? 3 : 0);
            film.probabilities.push_back(value);
            sum += value;
        }
        for (double& probability : film.probabilities)
            probability /= sum;
        films.push_back(std::move(film));
    }
    return films;
}

// numpy.percentile(values, 100 * fraction).
double percentile(std::vector<double> values, double fraction) {
    std::ranges::sort(values);
    const double rank = fraction * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::size_t>(std::floor(rank)),
               high = static_cast<std::size_t>(std::ceil(rank));
    return values[low] + (values[high] - values[low]) * (rank - std::floor(rank));
}

bool isInterval(const std::optional<Interval>& interval, const std::vector<double>& values) {
    return interval && interval->resamples == static_cast<int>(values.size()) &&
           std::abs(interval->low - percentile(values, 0.025)) < 1e-12 &&
           std::abs(interval->high - percentile(values, 0.975)) < 1e-12;
}

} // namespace

class TestBootstrap : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // The same draws, with every resample written out as a list of films.
    void intervalsEqualThoseOfCopiedFilms() {
        constexpr int kFilms = 60, kLabels = 3, kResamples = 200;
        const auto films = randomFilms(kFilms, kLabels, 5);
        Random random(9);
        std::vector<double> accuracy, macroF1, macroArea, f1, area;
        for (int i = 0; i < kResamples; ++i) {
            std::vector<FilmPrediction> drawn;
            for (int k = 0; k < kFilms; ++k)
                drawn.push_back(films[random.below(kFilms)]);
            const ConfusionMatrix matrix = confusionMatrix(drawn, kLabels);
            accuracy.push_back(wilson(matrix.correct(), matrix.total()).value);
            macroF1.push_back(macroAverage(classMetrics(matrix)).f1);
            f1.push_back(classMetrics(matrix)[1].f1);
            const auto curves = classCurves(drawn, kLabels);
            area.push_back(curves[1].rocAuc.value());
            macroArea.push_back(macroRocAuc(curves).value());
        }
        const BootstrapIntervals found = bootstrap(films, kLabels, {kResamples, 9, {}});
        QVERIFY(isInterval(found.accuracy, accuracy));
        QVERIFY(isInterval(found.macroF1, macroF1));
        QVERIFY(isInterval(found.macroRocAuc, macroArea));
        QVERIFY(isInterval(found.f1[1], f1));
        QVERIFY(isInterval(found.rocAuc[1], area));
        QVERIFY(!found.byPatient);
        QCOMPARE(found.units, 60L);
    }

    void sameSeedGivesSameIntervals() {
        const auto films = randomFilms(80, 2, 1);
        QCOMPARE(*bootstrap(films, 2, {300, 4, {}}).accuracy, *bootstrap(films, 2, {300, 4, {}}).accuracy);
        QVERIFY(*bootstrap(films, 2, {300, 4, {}}).macroRocAuc !=
                *bootstrap(films, 2, {300, 5, {}}).macroRocAuc);
    }

    // Ten films of each patient that are all alike are worth one film, not ten.
    void patientsAreDrawnWhole() {
        std::vector<FilmPrediction> films, one;
        std::vector<std::string> patients;
        const auto originals = randomFilms(40, 2, 3);
        for (const FilmPrediction& film : originals) {
            for (int copy = 0; copy < 10; ++copy) {
                films.push_back(film);
                patients.push_back(film.file.string());
            }
        }
        const BootstrapIntervals byPatient = bootstrap(films, 2, {500, 2, patients});
        const BootstrapIntervals ofPatients = bootstrap(originals, 2, {500, 2, {}});
        const BootstrapIntervals byFilm = bootstrap(films, 2, {500, 2, {}});
        QVERIFY(byPatient.byPatient);
        QCOMPARE(byPatient.units, 40L);
        QCOMPARE(*byPatient.accuracy, *ofPatients.accuracy);
        QCOMPARE(*byPatient.macroF1, *ofPatients.macroF1);
        const auto width = [](const BootstrapIntervals& all) {
            return all.accuracy->high - all.accuracy->low;
        };
        QVERIFY(width(byFilm) < 0.5 * width(byPatient)); // one over the root of ten
    }

    void intervalOfAccuracyIsNearWilsons() {
        const auto films = randomFilms(400, 4, 8);
        const ConfusionMatrix matrix = confusionMatrix(films, 4);
        const Proportion expected = wilson(matrix.correct(), matrix.total());
        const Interval found = bootstrap(films, 4, {4000, 1, {}}).accuracy.value();
        QVERIFY(std::abs(found.low - expected.low) < 0.01);
        QVERIFY(std::abs(found.high - expected.high) < 0.01);
    }

    void absentClassHasNoInterval() {
        std::vector<FilmPrediction> films;
        for (int i = 0; i < 20; ++i)
            films.push_back({std::to_string(i), i % 2, {0.5 + 0.02 * i, 0.5 - 0.02 * i, 0}});
        const BootstrapIntervals found = bootstrap(films, 3);
        QVERIFY(found.accuracy);
        QVERIFY(found.rocAuc[0]);
        QVERIFY(!found.rocAuc[2]);
        QVERIFY(!found.f1[2]); // neither there nor predicted
        QVERIFY(!found.macroRocAuc);
        QVERIFY(!bootstrap({}, 2).accuracy);
        QCOMPARE(bootstrap({}, 2).f1.size(), std::size_t{2});
    }

    void figureThatNeverMovesHasNoInterval() {
        std::vector<FilmPrediction> films;
        for (int i = 0; i < 20; ++i)
            films.push_back({std::to_string(i), i % 2, {i % 2 == 0 ? 0.8 : 0.1, i % 2 == 0 ? 0.2 : 0.9}});
        const BootstrapIntervals perfect = bootstrap(films, 2);
        QVERIFY(!perfect.accuracy);
        QVERIFY(!perfect.rocAuc[0]);
        QVERIFY(!perfect.macroF1);
        films[0].probabilities = {0.3, 0.7};
        QVERIFY(bootstrap(films, 2).accuracy);
    }

    void thousandResamplesOfThousandFilmsAreFast() {
        const auto films = randomFilms(1000, 4, 7);
        QElapsedTimer timer;
        timer.start();
        QVERIFY(bootstrap(films, 4).macroRocAuc);
        qInfo("1,000 resamples of 1,000 films, four classes: %lld ms", timer.elapsed());
        QVERIFY(timer.elapsed() < 2000); // also on a busy machine
    }
};

QTEST_APPLESS_MAIN(TestBootstrap)
#include "TestBootstrap.moc"
