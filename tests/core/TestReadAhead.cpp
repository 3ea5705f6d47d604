#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include <QtTest/QtTest>

#include "core/domain/ReadAhead.h"

using namespace hilum;

namespace {

constexpr std::size_t kCount = 200;

// Later items are often ready before earlier ones.
void rest(std::size_t item) { std::this_thread::sleep_for(std::chrono::microseconds(item * 7919 % 400)); }

} // namespace

class TestReadAhead : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void itemsComeInOrder_data() {
        QTest::addColumn<int>("threads");
        for (const int threads : {1, 2, 7})
            QTest::addRow("%d threads", threads) << threads;
    }
    void itemsComeInOrder() {
        QFETCH(int, threads);
        ReadAhead<std::size_t> items(kCount, threads, 5, [](std::size_t i) {
            rest(i);
            return i * i;
        });
        for (std::size_t i = 0; i < kCount; ++i)
            QCOMPARE(items.next().value(), i * i);
        QVERIFY(!items.next());
        QVERIFY(!items.next());
    }

    void noMoreThanAskedForIsAhead() {
        constexpr std::size_t kAhead = 3;
        std::atomic<std::size_t> begun = 0;
        std::size_t most = 0;
        ReadAhead<std::size_t> items(kCount, 4, kAhead, [&](std::size_t i) {
            ++begun;
            return i;
        });
        for (std::size_t taken = 0; taken < kCount; ++taken) {
            rest(taken);
            const std::size_t now = begun; // next() has given as many as taken
            QVERIFY2(now <= taken + kAhead, qPrintable(QString::number(now - taken)));
            most = std::max(most, now - taken);
            QCOMPARE(items.next().value(), taken);
        }
        QCOMPARE(most, kAhead);
    }

    void itemsArePreparedAtOnce() {
        std::atomic<int> inside = 0;
        std::atomic<bool> met = false;
        ReadAhead<int> items(2, 2, 2, [&](std::size_t) {
            ++inside;
            const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
            while (inside < 2 && std::chrono::steady_clock::now() < end)
                std::this_thread::yield();
            met = inside == 2;
            return 0;
        });
        while (items.next()) {
        }
        QVERIFY(met);
    }

    void whatIsLeftIsDropped() {
        const auto item = std::make_shared<int>(7);
        std::atomic<std::size_t> begun = 0;
        {
            ReadAhead<std::shared_ptr<int>> items(kCount, 3, 4, [&](std::size_t i) {
                rest(i);
                ++begun;
                return item;
            });
            QCOMPARE(*items.next().value(), 7);
        }
        QVERIFY(begun <= 5);
        QCOMPARE(item.use_count(), 1L);
    }

    void nothingToPrepareIsTheEnd() {
        ReadAhead<int> items(0, 2, 2, [](std::size_t) { return 1; });
        QVERIFY(!items.next());
    }
};

QTEST_APPLESS_MAIN(TestReadAhead)
#include "TestReadAhead.moc"
