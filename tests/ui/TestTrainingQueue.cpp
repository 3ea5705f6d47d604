// The queue against trainers that behave and such that do not: scripts in the place of hilum-trainer.

#include <QtTest>

#include "ui/QtConvert.h"
#include "ui/jobs/TrainingQueue.h"

using namespace hilum;

class TestTrainingQueue : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    std::filesystem::path trainer(const QByteArray& script) {
        QFile file(m_folder.filePath(QStringLiteral("trainer.sh")));
        file.open(QIODevice::WriteOnly | QIODevice::Truncate);
        file.write("#!/bin/sh\n" + script);
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        return toPath(file.fileName());
    }
    static TrainingConfig run(const char* network) {
        TrainingConfig config;
        config.network = network;
        config.out = network;
        return config;
    }
    static constexpr const char* kEpoch =
        "echo "
        "'{\"event\":\"epoch\",\"epoch\":1,\"epochs\":2,\"part\":0,\"trainLoss\":0.5,\"trainAccuracy\":0.75,"
        "\"validationLoss\":0.4,\"validationAccuracy\":0.8,\"learningRate\":0.001,\"seconds\":1,"
        "\"imagesPerSecond\":9,"
        "\"best\":true,\"epochsWithoutGain\":0}'\n";
    static constexpr const char* kFinished =
        "echo '{\"event\":\"finished\",\"out\":\"run\",\"model\":\"run/model.safetensors\",\"bestEpoch\":1,"
        "\"epochs\":1,\"stopped\":false}'\n";

private Q_SLOTS:
    void initTestCase() {
#ifdef Q_OS_WIN
        QSKIP("the trainers here are shell scripts");
#endif
        QVERIFY(m_folder.isValid());
    }

    void runsFollowOneAnother() {
        TrainingQueue queue(trainer(QByteArray(kEpoch) + kFinished));
        QSignalSpy finished(&queue, &TrainingQueue::runFinished);
        queue.add(run("vgg19"));
        queue.add(run("resnet101"));
        QCOMPARE(queue.run(0).title, QStringLiteral("VGG19"));
        QCOMPARE(queue.run(1).state, RunState::Waiting);
        QTRY_COMPARE(finished.count(), 2);
        for (int number = 0; number < 2; ++number) {
            QCOMPARE(queue.run(number).state, RunState::Done);
            QCOMPARE(queue.run(number).bestEpoch, 1);
            QCOMPARE(queue.run(number).epochs.size(), 1U);
            QCOMPARE(*queue.run(number).epochs[0].record.validationAccuracy, 0.8);
        }
        QVERIFY(!queue.isBusy());
    }

    void aCrashIsToldInWordsAndTheNextOneStarts() {
        TrainingQueue queue(trainer("echo 'no memory left' >&2\nkill -9 $$\n"));
        queue.add(run("vgg19"));
        queue.add(run("resnet18"));
        QTRY_COMPARE(queue.run(1).state, RunState::Failed);
        const Error& error = queue.run(0).error;
        QCOMPARE(queue.run(0).state, RunState::Failed);
        QCOMPARE(error.code, ErrorCode::OutOfMemory);
        QVERIFY(QString::fromStdString(error.message).contains(QStringLiteral("smaller batch")));
        QCOMPARE(error.context, std::string("no memory left"));
    }

    void anErrorOfTheTrainingIsShownAsItIs() {
        TrainingQueue queue(
            trainer("echo '{\"event\":\"failed\",\"code\":\"not-writable\",\"message\":\"The disk is "
                    "full.\",\"context\":\"run/last.safetensors\"}'\nexit 1\n"));
        queue.add(run("vgg19"));
        QTRY_COMPARE(queue.run(0).state, RunState::Failed);
        QCOMPARE(queue.run(0).error.message, std::string("The disk is full."));
        QCOMPARE(queue.run(0).error.context, std::string("run/last.safetensors"));
    }

    void aMissingTrainerIsAnError() {
        TrainingQueue queue(toPath(m_folder.filePath(QStringLiteral("nothing"))));
        queue.add(run("vgg19"));
        QTRY_COMPARE(queue.run(0).state, RunState::Failed);
        QCOMPARE(queue.run(0).error.code, ErrorCode::NotFound);
    }

    void pauseResumeAndStopReachTheTraining() {
        TrainingQueue queue(trainer(QByteArray(kEpoch) +
                                    "while read word; do\n"
                                    "  case $word in\n"
                                    "  pause) echo '{\"event\":\"paused\"}' ;;\n"
                                    "  resume) echo '{\"event\":\"resumed\"}' ;;\n"
                                    "  stop) echo '{\"event\":\"finished\",\"out\":\"run\",\"model\":\"m\","
                                    "\"bestEpoch\":1,\"epochs\":1,\"stopped\":true}'; exit 1 ;;\n"
                                    "  esac\n"
                                    "done\n"));
        queue.add(run("vgg19"));
        QTRY_COMPARE(queue.run(0).epochs.size(), 1U);
        queue.pause();
        QTRY_COMPARE(queue.run(0).state, RunState::Paused);
        queue.resume();
        QTRY_COMPARE(queue.run(0).state, RunState::Running);
        queue.stop();
        QVERIFY(queue.run(0).isStopping);
        QTRY_COMPARE(queue.run(0).state, RunState::Stopped);
        QCOMPARE(queue.run(0).model, std::filesystem::path("m"));
    }

    void aWaitingRunCanBeTakenOut() {
        TrainingQueue queue(trainer("read word\n"));
        queue.add(run("vgg19"));
        queue.add(run("resnet18"));
        queue.remove(0); // runs already: stays
        QCOMPARE(queue.size(), 2);
        queue.remove(1);
        QCOMPARE(queue.size(), 1);
    }

    void aFailedRunCanBeTakenOut() {
        TrainingQueue queue(trainer("exit 3\n"));
        queue.add(run("vgg19"));
        QTRY_COMPARE(queue.run(0).state, RunState::Failed);
        QVERIFY(queue.isInUse(run("vgg19").out));
        queue.remove(0);
        QCOMPARE(queue.size(), 0);
        QVERIFY(!queue.isInUse(run("vgg19").out));
    }

    void noiseOnTheChannelIsPassedOver() {
        TrainingQueue queue(trainer(
            QByteArray("echo 'a warning of some library'\necho '{\"event\":\"news\"}'\n") + kFinished));
        queue.add(run("vgg19"));
        QTRY_COMPARE(queue.run(0).state, RunState::Done);
    }
};

QTEST_GUILESS_MAIN(TestTrainingQueue)
#include "TestTrainingQueue.moc"
