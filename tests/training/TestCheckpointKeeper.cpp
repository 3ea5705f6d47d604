// When the weights of a running training reach the disk.

#include <filesystem>

#include <ATen/ATen.h>

#include "training/CheckpointKeeper.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace hilum;

namespace {

constexpr std::chrono::hours kLong{1};

Checkpoint checkpointOf(int epoch) {
    return {epoch, "{}", historyToCsv({}), {{"weight", at::full({2}, epoch)}}};
}

std::function<TrainingState()> stateOf(int epoch) {
    return [epoch] {
        TrainingState state;
        for (int i = 1; i <= epoch; ++i)
            state.history.push_back({.epoch = i, .validationLoss = {}, .validationAccuracy = {}});
        return state;
    };
}

} // namespace

class TestCheckpointKeeper : public QObject {
    Q_OBJECT

    static int epochIn(const std::filesystem::path& file) {
        const auto checkpoint = readCheckpoint(file);
        return checkpoint ? checkpoint->epoch : -1;
    }

    static int epochsIn(const std::filesystem::path& stateFile) {
        const auto state = readTrainingState(stateFile);
        return state ? static_cast<int>(state->history.size()) : -1;
    }

private Q_SLOTS:
    void everyEpochIsWrittenWhereThereIsTime() {
        const QTemporaryDir root;
        const RunFolder folder(root.path().toStdString());
        std::filesystem::create_directories(folder.lastCheckpoint().parent_path());
        CheckpointKeeper keeper(folder, std::chrono::milliseconds(0));
        for (const int epoch : {1, 2, 3}) {
            QVERIFY(keeper.keep(checkpointOf(epoch), epoch < 3, stateOf(epoch)));
            QCOMPARE(epochIn(folder.lastCheckpoint()), epoch);
            QCOMPARE(epochIn(folder.bestCheckpoint()), std::min(epoch, 2));
            QCOMPARE(epochsIn(folder.state()), epoch);
        }
    }

    void quickEpochsWaitForTheEnd() {
        const QTemporaryDir root;
        const RunFolder folder(root.path().toStdString());
        std::filesystem::create_directories(folder.lastCheckpoint().parent_path());
        CheckpointKeeper keeper(folder, kLong);
        for (const int epoch : {1, 2, 3})
            QVERIFY(keeper.keep(checkpointOf(epoch), epoch < 3, stateOf(epoch)));
        QCOMPARE(epochIn(folder.lastCheckpoint()), 1);
        QCOMPARE(epochIn(folder.bestCheckpoint()), 1);
        QCOMPARE(epochsIn(folder.state()), 1);
        QVERIFY(keeper.flush());
        QCOMPARE(epochsIn(folder.state()), 1); // those of later epochs are gone
        QCOMPARE(epochIn(folder.lastCheckpoint()), 3);
        QCOMPARE(epochIn(folder.bestCheckpoint()), 2);
        const auto written = std::filesystem::last_write_time(folder.lastCheckpoint());
        QVERIFY(keeper.flush());
        QVERIFY(std::filesystem::last_write_time(folder.lastCheckpoint()) == written);
    }

    // What is learnt within an epoch is kept, but the training goes on from the epoch's beginning.
    void weightsFromWithinAnEpochLeaveTheState() {
        const QTemporaryDir root;
        const RunFolder folder(root.path().toStdString());
        std::filesystem::create_directories(folder.lastCheckpoint().parent_path());
        CheckpointKeeper keeper(folder, std::chrono::milliseconds(0));
        QVERIFY(keeper.keep(checkpointOf(1), true, stateOf(1)));
        QVERIFY(keeper.keep(checkpointOf(2), false, {}));
        QCOMPARE(epochIn(folder.lastCheckpoint()), 2);
        QCOMPARE(epochsIn(folder.state()), 1);
    }

    void whatCannotBeWrittenIsSaid() {
        CheckpointKeeper keeper(RunFolder("/nowhere/run"), kLong);
        const auto kept = keeper.keep(checkpointOf(1), true, stateOf(1));
        QVERIFY(!kept);
        QCOMPARE(kept.error().code, ErrorCode::NotWritable);
    }
};

QTEST_APPLESS_MAIN(TestCheckpointKeeper)
#include "TestCheckpointKeeper.moc"
