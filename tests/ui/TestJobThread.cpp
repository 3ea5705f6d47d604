#include <QTest>

#include <atomic>
#include <mutex>
#include <semaphore>
#include <vector>

#include "ui/jobs/JobThread.h"

using namespace hilum;

namespace {

// What ran, in order. Shared with the thread.
class Journal {
public:
    void add(int entry) {
        const std::lock_guard lock(m_mutex);
        m_entries.push_back(entry);
    }
    std::vector<int> entries() {
        const std::lock_guard lock(m_mutex);
        return m_entries;
    }

private:
    std::mutex m_mutex;
    std::vector<int> m_entries;
};

void waitUntilStopped(const std::stop_token& stop) {
    while (!stop.stop_requested())
        QThread::msleep(1);
}

} // namespace

class TestJobThread : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void urgentLanesRunFirst() {
        Journal journal;
        std::binary_semaphore gate(0);
        JobThread thread(QStringLiteral("test"), 3);
        thread.post(0, [&](const std::stop_token&) { gate.acquire(); });
        QTest::qWait(20); // the gate's job is running, so the next three wait
        thread.post(2, [&](const std::stop_token&) { journal.add(2); });
        thread.post(1, [&](const std::stop_token&) { journal.add(1); });
        thread.post(0, [&](const std::stop_token&) { journal.add(0); });
        gate.release();
        QTRY_COMPARE(journal.entries(), (std::vector<int>{0, 1, 2}));
    }

    void onlyTheNewestWaitingJobOfALaneRuns() {
        Journal journal;
        std::binary_semaphore gate(0);
        JobThread thread(QStringLiteral("test"), 2);
        thread.post(0, [&](const std::stop_token&) { gate.acquire(); });
        QTest::qWait(20);
        for (int i = 1; i <= 50; ++i)
            thread.post(0, [&, i](const std::stop_token&) { journal.add(i); });
        gate.release();
        QTRY_COMPARE(journal.entries(), std::vector<int>{50});
    }

    void aNewerJobStopsTheRunningOneOfItsLane() {
        Journal journal;
        JobThread thread(QStringLiteral("test"), 2);
        thread.post(0, [&](const std::stop_token& stop) {
            waitUntilStopped(stop);
            journal.add(1);
        });
        QTest::qWait(20);
        thread.post(0, [&](const std::stop_token&) { journal.add(2); });
        QTRY_COMPARE(journal.entries(), (std::vector<int>{1, 2}));
    }

    void backgroundWorkGivesWay() {
        Journal journal;
        JobThread thread(QStringLiteral("test"), 2);
        thread.post(1, [&](const std::stop_token& stop) {
            waitUntilStopped(stop);
            journal.add(1);
        });
        QTest::qWait(20);
        thread.post(0, [&](const std::stop_token&) { journal.add(2); });
        QTRY_COMPARE(journal.entries(), (std::vector<int>{1, 2}));
    }

    void urgentWorkIsNotStoppedByBackgroundWork() {
        std::atomic<bool> wasStopped{false};
        std::binary_semaphore gate(0);
        std::binary_semaphore done(0);
        JobThread thread(QStringLiteral("test"), 2);
        thread.post(0, [&](const std::stop_token& stop) {
            gate.acquire();
            wasStopped = stop.stop_requested();
            done.release();
        });
        QTest::qWait(20);
        thread.post(1, [](const std::stop_token&) {});
        gate.release();
        done.acquire();
        QVERIFY(!wasStopped);
    }

    void dropForgetsTheWaitingAndStopsTheRunningJob() {
        Journal journal;
        JobThread thread(QStringLiteral("test"), 2);
        thread.post(0, [&](const std::stop_token& stop) {
            waitUntilStopped(stop);
            journal.add(1);
        });
        QTest::qWait(20);
        thread.post(1, [&](const std::stop_token&) { journal.add(2); });
        thread.drop(1);
        thread.drop(0);
        QTRY_COMPARE(journal.entries(), std::vector<int>{1});
        QTest::qWait(20);
        QCOMPARE(journal.entries(), std::vector<int>{1});
    }

    void endingStopsTheRunningJob() {
        std::atomic<bool> ended{false};
        {
            JobThread thread(QStringLiteral("test"), 1);
            thread.post(0, [&](const std::stop_token& stop) {
                waitUntilStopped(stop);
                ended = true;
            });
            QTest::qWait(20);
        }
        QVERIFY(ended);
    }
};

QTEST_GUILESS_MAIN(TestJobThread)
#include "TestJobThread.moc"
