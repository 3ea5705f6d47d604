// What recipes are made of, without a network: blends, blocks of layers, class weights, the range test.

#include <cmath>
#include <numeric>
#include <set>

#include <QJsonArray>
#include <QJsonDocument>
#include <QtTest>

#include "core/graph/Networks.h"
#include "core/graph/Shapes.h"
#include "training/LayerBlocks.h"
#include "training/Mixup.h"
#include "training/RateFinder.h"
#include "training/Sampler.h"
#include "training/Text.h"

using namespace hilum;

class TestRecipes : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // With b from Beta(a, a): the variance of b is 1 / (4 (2a + 1)), and (share − 1/2)² = (b − 1/2)².
    void blendsFollowTheBetaDistribution_data() {
        QTest::addColumn<double>("alpha");
        for (const double alpha : {0.01, 0.2, 1.0, 4.0})
            QTest::addRow("alpha %g", alpha) << alpha;
    }
    void blendsFollowTheBetaDistribution() {
        QFETCH(double, alpha);
        constexpr int kDraws = 20'000;
        double squares = 0;
        for (int i = 0; i < kDraws; ++i) {
            const Mixture mixture = drawMixture(alpha, 4, 7, 1 + i / 100, i % 100);
            QVERIFY(mixture.share >= 0.5 && mixture.share <= 1);
            squares += (mixture.share - 0.5) * (mixture.share - 0.5);
        }
        const double expected = 1 / (4 * (2 * alpha + 1));
        QVERIFY2(std::abs(squares / kDraws / expected - 1) < 0.04,
                 qPrintable(QString("%1 instead of %2").arg(squares / kDraws).arg(expected)));
    }

    void blendsDependOnSeedEpochAndBatchAlone() {
        const Mixture one = drawMixture(0.4, 16, 1, 2, 3);
        QCOMPARE(drawMixture(0.4, 16, 1, 2, 3).share, one.share);
        QCOMPARE(drawMixture(0.4, 16, 1, 2, 3).partners, one.partners);
        QVERIFY(drawMixture(0.4, 16, 2, 2, 3).partners != one.partners);
        QVERIFY(drawMixture(0.4, 16, 1, 3, 3).partners != one.partners);
        QVERIFY(drawMixture(0.4, 16, 1, 2, 4).partners != one.partners);
        const std::set<std::int64_t> all(one.partners.begin(), one.partners.end());
        QCOMPARE(all.size(), std::size_t{16});
        QCOMPARE(*all.rbegin(), std::int64_t{15});
    }

    void blocksCountFromTheHead() {
        const auto resnet = blocksOf(findNetwork("resnet18")->describe(3, 3));
        QCOMPARE(resnet.at("fc.weight"), 0);
        QCOMPARE(resnet.at("layer4.1.conv2.weight"), 1);
        QCOMPARE(resnet.at("layer4.0.downsample.1.running_mean"), 1);
        QCOMPARE(resnet.at("layer3.0.conv1.weight"), 2);
        QCOMPARE(resnet.at("layer1.0.bn1.bias"), 4);
        QCOMPARE(resnet.at("bn1.weight"), 5);
        QCOMPARE(resnet.at("conv1.weight"), 5);
    }

    // In every network: no block is missing, the head is 0, the last block 1, and the first layer is in the
    // last of all.
    void everyNetworkHasBlocks_data() {
        QTest::addColumn<QString>("network");
        for (const NetworkInfo& info : networkTable())
            QTest::newRow(std::string(info.name).c_str()) << QString::fromStdString(std::string(info.name));
    }
    void everyNetworkHasBlocks() {
        QFETCH(QString, network);
        const Graph graph = findNetwork(network.toStdString())->describe(3, 3);
        const auto blocks = blocksOf(graph);
        std::set<int> numbers;
        for (const ParameterShape& parameter : parametersOf(graph)) {
            const int block = blocks.at(parameter.name);
            numbers.insert(block);
            for (const std::string& prefix : graph.headPrefixes)
                QVERIFY(!parameter.name.starts_with(prefix) || block == 0);
            for (const std::string& prefix : graph.lastBlockPrefixes)
                QVERIFY2(!parameter.name.starts_with(prefix) || block == 1, parameter.name.c_str());
        }
        QVERIFY(numbers.size() >= 3);
        QCOMPARE(*numbers.begin(), 0);
        QCOMPARE(*numbers.rbegin(), static_cast<int>(numbers.size()) - 1);
        QCOMPARE(blocks.at(parametersOf(graph).front().name), *numbers.rbegin());
    }

    // scikit-learn's compute_class_weight("balanced", classes=[0, 1, 2], y=[0, 0, 0, 0, 1, 1]) with one class
    // more.
    void balancedWeightsFavourRareClasses() {
        const auto weights = balancedClassWeights({0, 0, 0, 0, 1, 1}, 3);
        QCOMPARE(weights, (std::vector<double>{6.0 / 12, 6.0 / 6, 1}));
    }

    void ratesGrowByOneFactor() {
        const RateSweep sweep{1e-5, 1e-1, 5};
        for (int step = 0; step < 5; ++step)
            QVERIFY(std::abs(std::log10(sweep.rateOf(step)) - (step - 5)) < 1e-9);
    }

    // A loss of the usual shape, made so that it falls fastest at 1e-3, is lowest near 1e-2, and explodes
    // then.
    void rateOfTheSteepestFallIsSuggested() {
        RateCurve curve;
        const RateSweep sweep{1e-6, 1, 200};
        for (int step = 0; step < sweep.steps && !curve.hasDiverged(); ++step) {
            const double decades = std::log10(sweep.rateOf(step));
            curve.add(sweep.rateOf(step), 1 - 0.7 / (1 + std::exp(-6 * (decades + 3))) +
                                              (decades > -1.5 ? std::pow(10, 4 * (decades + 1.5)) - 1 : 0));
        }
        QVERIFY(curve.hasDiverged());
        QVERIFY(curve.points().size() < 200);
        QVERIFY(curve.suggestedRate().has_value());
        // The mean of ten losses lags behind by some ten steps of 3 % of a decade.
        const double decades = std::log10(*curve.suggestedRate());
        QVERIFY2(decades > -3.1 && decades < -2.5, qPrintable(QString::number(decades)));
        QCOMPARE(curve.points().front().smoothed, curve.points().front().loss);
    }

    void risingLossSuggestsNothing() {
        RateCurve curve;
        for (int step = 0; step < 50; ++step)
            curve.add(1e-6 * std::pow(2, step), 1 + step);
        QVERIFY(!curve.suggestedRate());
        QVERIFY(QJsonDocument::fromJson(QByteArray::fromStdString(rateCurveToJson(curve)))["suggestedRate"]
                    .isNull());
        QVERIFY(!RateCurve().suggestedRate());
    }

    void curveIsWrittenWhole() {
        RateCurve curve;
        curve.add(1e-3, 0.5);
        curve.add(2e-3, 0.25);
        const auto rows = parseCsv(rateCurveToCsv(curve));
        QCOMPARE(rows->size(), std::size_t{3});
        QCOMPARE((*rows)[2][0], std::string("0.002"));
        const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(rateCurveToJson(curve)));
        QCOMPARE(json["points"].toArray().size(), 2);
        QCOMPARE(json["points"][1]["loss"].toDouble(), 0.25);
    }
};

QTEST_APPLESS_MAIN(TestRecipes)
#include "TestRecipes.moc"
