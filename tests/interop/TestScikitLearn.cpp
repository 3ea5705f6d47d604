// The figures against scikit-learn: random test sets with ties, absent classes and classes that are never
// predicted. Python runs once for all of them.

#include <algorithm>
#include <cmath>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/interop/Peers.h"
#include "training/Curves.h"
#include "training/Metrics.h"
#include "training/Random.h"

using namespace hilum;
using namespace hilum::test;

namespace {

constexpr int kCases = 100;
constexpr double kMostDifference = 1e-9;

struct Case {
    int labels = 2;
    std::vector<FilmPrediction> films;
};

// Every third case leaves a class out of the films, every fourth draws from few values, so that many are
// equal.
Case randomCase(int number) {
    Random random(77, static_cast<std::uint64_t>(number));
    Case made{2 + static_cast<int>(random.below(4)), {}};
    const int count = 2 + static_cast<int>(random.below(300));
    const int absent =
        number % 3 == 0 ? static_cast<int>(random.below(static_cast<std::uint64_t>(made.labels))) : -1;
    const bool coarse = number % 4 == 0;
    const double skill = random.uniform(0, 4);
    for (int i = 0; i < count; ++i) {
        FilmPrediction film{std::to_string(i), 0, {}};
        do
            film.truth = static_cast<int>(random.below(static_cast<std::uint64_t>(made.labels)));
        while (film.truth == absent);
        double sum = 0;
        for (int label = 0; label < made.labels; ++label) {
            const double draw = coarse ? static_cast<double>(1 + random.below(3)) : random.uniform(0.01, 3);
            sum += film.probabilities.emplace_back(draw + (label == film.truth ? std::floor(skill) : 0));
        }
        for (double& probability : film.probabilities)
            probability /= sum;
        made.films.push_back(std::move(film));
    }
    return made;
}

QJsonObject toJson(const Case& made) {
    QJsonArray truth, probabilities;
    for (const FilmPrediction& film : made.films) {
        truth.append(film.truth);
        QJsonArray row;
        for (const double probability : film.probabilities)
            row.append(probability);
        probabilities.append(row);
    }
    return {{"labels", made.labels}, {"truth", truth}, {"probabilities", probabilities}};
}

bool near(double a, double b) { return std::abs(a - b) <= kMostDifference; }

template <class Points, class Member>
bool areEqual(const Points& points, Member member, const QJsonArray& expected, bool reversed) {
    if (static_cast<qsizetype>(points.size()) != expected.size())
        return false;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto at = static_cast<qsizetype>(reversed ? points.size() - 1 - i : i);
        if (!near(points[i].*member, expected[at].toDouble()))
            return false;
    }
    return true;
}

} // namespace

class TestScikitLearn : public QObject {
    Q_OBJECT

    std::vector<Case> m_cases;
    QJsonArray m_answers;

private Q_SLOTS:
    void initTestCase() {
        const QString script = HILUM_SOURCE_DIR "/tests/interop/scikit_learn_peer.py";
        const PeerAnswer probe = ask(kPython, {script, "probe"});
        if (!probe.worked)
            QSKIP("python3-sklearn is not installed");
        qInfo("%s", qPrintable(probe.output.trimmed()));
        QJsonArray cases;
        for (int i = 0; i < kCases; ++i)
            cases.append(toJson(m_cases.emplace_back(randomCase(i))));
        const QTemporaryDir folder;
        QFile in(folder.filePath("cases.json"));
        QVERIFY(in.open(QIODevice::WriteOnly));
        in.write(QJsonDocument(cases).toJson());
        in.close();
        QFile out(folder.filePath("answers.json"));
        const PeerAnswer answer = ask(kPython, {script, in.fileName(), out.fileName()});
        QVERIFY2(answer.worked, qPrintable(answer.output));
        QVERIFY(out.open(QIODevice::ReadOnly));
        m_answers = QJsonDocument::fromJson(out.readAll()).array();
        QCOMPARE(m_answers.size(), kCases);
    }

    void countsAndQuotientsAreEqual() {
        int absent = 0, neverPredicted = 0;
        for (int i = 0; i < kCases; ++i) {
            const Case& made = m_cases[static_cast<std::size_t>(i)];
            const QJsonValue expected = m_answers[i];
            const ConfusionMatrix matrix = confusionMatrix(made.films, made.labels);
            const auto classes = classMetrics(matrix);
            for (int label = 0; label < made.labels; ++label) {
                const ClassMetrics& one = classes[static_cast<std::size_t>(label)];
                for (int other = 0; other < made.labels; ++other)
                    QCOMPARE(matrix.at(label, other), expected["confusion"][label][other].toInteger());
                compare(one, expected["classes"], label);
                QCOMPARE(one.support, expected["support"][label].toInteger());
                absent += one.support == 0 ? 1 : 0;
                neverPredicted += one.precisionUndefined ? 1 : 0;
            }
            compare(macroAverage(classes), expected["macro"]);
            compare(weightedAverage(classes), expected["weighted"]);
            QVERIFY(near(wilson(matrix.correct(), matrix.total()).value, expected["accuracy"].toDouble()));
            QVERIFY(near(negativeLogLikelihood(made.films), expected["logLoss"].toDouble()));
        }
        qInfo("%d absent classes, %d never predicted ones", absent, neverPredicted);
        QVERIFY(absent > 10 && neverPredicted > 10); // the cases hold what they are for
    }

    void curvesAndAreasAreEqual() {
        int compared = 0, undefined = 0;
        std::size_t tied = 0;
        for (int i = 0; i < kCases; ++i) {
            const Case& made = m_cases[static_cast<std::size_t>(i)];
            const QJsonValue expected = m_answers[i];
            const auto curves = classCurves(made.films, made.labels);
            for (int label = 0; label < made.labels; ++label) {
                const ClassCurves& one = curves[static_cast<std::size_t>(label)];
                const QJsonValue theirs = expected["curves"][label];
                QCOMPARE(one.rocAuc.has_value(), !theirs.isNull());
                QCOMPARE(one.averagePrecision.has_value(), !theirs.isNull());
                if (theirs.isNull()) {
                    ++undefined;
                    continue;
                }
                compare(one, theirs);
                tied += made.films.size() + 1 - one.roc.size();
                ++compared;
            }
            if (!expected["macroRocAuc"].isUndefined())
                QVERIFY(near(macroRocAuc(curves).value(), expected["macroRocAuc"].toDouble()));
        }
        qInfo("%d classes compared, %d undefined ones, %zu ties", compared, undefined, tied);
        QVERIFY(compared > 200 && undefined > 10 && tied > 1000);
    }

private:
    static void compare(const ClassMetrics& mine, const QJsonValue& theirs, int label = -1) {
        const auto value = [&](const char* figure) {
            return label < 0 ? theirs[figure].toDouble() : theirs[figure][label].toDouble();
        };
        QVERIFY(near(mine.precision, value("precision")));
        QVERIFY(near(mine.recall, value("recall")));
        QVERIFY(near(mine.f1, value("f1")));
    }

    static void compare(const ClassCurves& mine, const QJsonValue& theirs) {
        QVERIFY(near(mine.rocAuc.value(), theirs["rocAuc"].toDouble()));
        QVERIFY(near(mine.averagePrecision.value(), theirs["averagePrecision"].toDouble()));
        QVERIFY(
            areEqual(mine.roc, &RocPoint::falsePositiveRate, theirs["falsePositiveRate"].toArray(), false));
        QVERIFY(areEqual(mine.roc, &RocPoint::sensitivity, theirs["sensitivity"].toArray(), false));
        const std::vector finite(mine.roc.begin() + 1, mine.roc.end());
        QVERIFY(areEqual(finite, &RocPoint::threshold, theirs["thresholds"].toArray(), false));
        QVERIFY(areEqual(mine.precisionRecall, &PrecisionRecallPoint::precision,
                         theirs["precision"].toArray(), true));
        QVERIFY(
            areEqual(mine.precisionRecall, &PrecisionRecallPoint::recall, theirs["recall"].toArray(), true));
        const std::vector cuts(mine.precisionRecall.begin() + 1, mine.precisionRecall.end());
        QVERIFY(areEqual(cuts, &PrecisionRecallPoint::threshold, theirs["cuts"].toArray(), true));
    }
};

QTEST_GUILESS_MAIN(TestScikitLearn)
#include "TestScikitLearn.moc"
