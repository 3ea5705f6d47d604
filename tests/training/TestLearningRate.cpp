#include <cmath>

#include <QtTest/QtTest>

#include "training/LearningRate.h"

using namespace hilum;

class TestLearningRate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    void oneCycleEqualsTorch() {
        const OneCycle schedule{ScheduleConfig{}, 1.0, 10};
        const double expected[] = {0.04,     0.52,     1.0,      0.950485, 0.811745,
                                   0.611262, 0.388742, 0.188259, 0.049519, 4e-6};
        for (long step = 0; step < 10; ++step)
            QVERIFY2(std::abs(schedule.learningRate(step) - expected[step]) < 1e-6,
                     qPrintable(QString("step %1: %2").arg(step).arg(schedule.learningRate(step))));
    }

    void oneCycleMomentumMirrorsTheRate() {
        const OneCycle schedule{ScheduleConfig{}, 1.0, 10};
        QVERIFY(std::abs(schedule.momentum(0) - 0.95) < 1e-12);
        QVERIFY(std::abs(schedule.momentum(1) - 0.90) < 1e-12);
        QVERIFY(std::abs(schedule.momentum(2) - 0.85) < 1e-12);
        QVERIFY(std::abs(schedule.momentum(9) - 0.95) < 1e-12);
    }

    void oneCycleStaysFiniteAtItsLimits_data() {
        QTest::addColumn<double>("warmup");
        QTest::addColumn<int>("steps");
        QTest::newRow("no warm-up") << 0.0 << 5;
        QTest::newRow("all warm-up") << 1.0 << 5;
        QTest::newRow("one step") << 0.3 << 1;
        QTest::newRow("two steps") << 0.5 << 2;
    }
    void oneCycleStaysFiniteAtItsLimits() {
        QFETCH(double, warmup);
        QFETCH(int, steps);
        ScheduleConfig config;
        config.warmupFraction = warmup;
        const OneCycle schedule{config, 0.1, steps};
        for (long step = 0; step < steps; ++step) {
            QVERIFY(schedule.learningRate(step) > 0);
            QVERIFY(schedule.learningRate(step) <= 0.1 + 1e-12);
        }
    }

    // torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2), lr 1.
    void plateauHalvesAfterPatienceIsExceeded() {
        PlateauRate rate(1.0, 0.5, 2);
        const double losses[] = {1.0, 0.9, 0.9, 0.95, 0.9, 0.8, 0.8, 0.8, 0.8};
        const double expected[] = {1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25};
        for (std::size_t epoch = 0; epoch < std::size(losses); ++epoch) {
            rate.epochEnded(losses[epoch]);
            QCOMPARE(rate.learningRate(), expected[epoch]);
        }
    }

    // An improvement below a ten-thousandth is none.
    void plateauIgnoresTinyImprovements() {
        PlateauRate rate(1.0, 0.1, 0);
        rate.epochEnded(1.0);
        rate.epochEnded(0.99995);
        QVERIFY(std::abs(rate.learningRate() - 0.1) < 1e-15);
    }

    void earlyStoppingCountsEpochsWithoutImprovement() {
        EarlyStopping stopping(2, 0.01);
        QVERIFY(stopping.epochEnded(1.0));
        QVERIFY(!stopping.epochEnded(0.995)); // less than the smallest improvement
        QVERIFY(!stopping.shouldStop());
        QVERIFY(stopping.epochEnded(0.98));
        QVERIFY(!stopping.epochEnded(1.2));
        QVERIFY(!stopping.shouldStop());
        QVERIFY(!stopping.epochEnded(0.98));
        QVERIFY(stopping.shouldStop());
    }

    void earlyStoppingWithoutPatienceNeverStops() {
        EarlyStopping stopping(0, 0);
        stopping.epochEnded(1.0);
        for (int epoch = 0; epoch < 100; ++epoch)
            QVERIFY(!stopping.epochEnded(2.0));
        QVERIFY(!stopping.shouldStop());
    }
};

QTEST_APPLESS_MAIN(TestLearningRate)
#include "TestLearningRate.moc"
