#include <QSignalSpy>
#include <QTest>

#include "UiFixtures.h"
#include "ui/viewer/ReadSession.h"

using namespace hilum;
using namespace hilum::test;

namespace {

// The fake film's width is in its name, and its width modulo 100 is the reading's percentage.
double probability(const ReadSession& session) {
    return session.currentReading()->prediction.probabilities[0];
}

} // namespace

class TestReadSession : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        m_world = std::make_shared<FakeWorld>();
        m_session = std::make_unique<ReadSession>(fakeBackend(m_world));
    }
    void cleanup() { m_session.reset(); }

    void anOpenedFilmIsShownAndThenRead() {
        m_session->loadModel("/models/first.safetensors");
        m_session->open({"/films/142.film"});
        QTRY_VERIFY(m_session->currentReading());
        QCOMPARE(m_session->currentFilm()->film.widthPx, 142);
        QCOMPARE(probability(*m_session), 0.42);
        QVERIFY(m_session->isSettled());
    }

    void aFilmIsShownBeforeTheModelIsThere() {
        m_world->loadMs = 300;
        m_session->loadModel("/models/first.safetensors");
        m_session->open({"/films/142.film"});
        QTRY_VERIFY_WITH_TIMEOUT(m_session->currentFilm(), 200);
        QCOMPARE(m_session->modelState(), ModelState::Loading);
        QTRY_VERIFY(m_session->currentReading());
    }

    void quickStepsDecodeOnlyWhatIsLookedAt() {
        m_world->decodeMs = 30;
        std::vector<std::filesystem::path> films;
        for (int i = 0; i < 60; ++i)
            films.emplace_back("/films/" + std::to_string(200 + i) + ".film");
        m_session->open(films);
        QTRY_COMPARE(m_session->films().count(), 60);
        m_world->decodes = 0;
        for (int row = 1; row < 60; ++row)
            m_session->setCurrentRow(row);
        QTRY_VERIFY(m_session->currentFilm());
        QCOMPARE(m_session->currentFilm()->film.widthPx, 259);
        QVERIFY2(m_world->decodes <= 3, qPrintable(QString::number(m_world->decodes)));
    }

    void resultsOfAnotherFilmAreDropped_data() {
        QTest::addColumn<bool>("heedsStop");
        QTest::newRow("work that can be stopped") << true;
        QTest::newRow("work that runs on") << false;
    }
    void resultsOfAnotherFilmAreDropped() {
        QFETCH(bool, heedsStop);
        m_world->heedsStop = heedsStop;
        m_session->loadModel("/models/first.safetensors");
        m_session->open({"/films/110.film", "/films/190.film"});
        QTRY_VERIFY(m_session->isIdle() && m_session->currentReading());
        m_session->loadModel("/models/second.safetensors"); // all readings are forgotten
        QTRY_COMPARE(m_session->modelState(), ModelState::Ready);
        m_world->readMs = 60;
        for (int i = 0; i < 9; ++i) {
            m_session->setCurrentRow(1 - m_session->currentRow());
            QTest::qWait(7);
            if (m_session->currentReading())
                QCOMPARE(probability(*m_session), m_session->currentRow() == 1 ? 0.9 : 0.1);
        }
        QTRY_VERIFY(m_session->currentReading());
        QCOMPARE(probability(*m_session), m_session->currentRow() == 1 ? 0.9 : 0.1);
        QTRY_VERIFY(m_session->isIdle());
        QCOMPARE(m_session->films().entry(0).reading->prediction.probabilities[0], 0.1);
        QCOMPARE(m_session->films().entry(1).reading->prediction.probabilities[0], 0.9);
    }

    void anotherModelReadsEverythingInSightAgain() {
        m_session->loadModel("/models/first.safetensors");
        m_session->open({"/films/110.film", "/films/190.film"});
        m_session->setVisibleRows(0, 1);
        QTRY_VERIFY(m_session->isIdle() && m_session->films().count() == 2 &&
                    m_session->films().entry(1).reading);
        QCOMPARE(m_session->films().entry(1).reading->modelName, std::string("first"));
        m_session->loadModel("/models/second.safetensors");
        QVERIFY(!m_session->currentReading());
        QTRY_VERIFY(m_session->isIdle());
        QCOMPARE(m_session->films().entry(0).reading->modelName, std::string("second"));
        QCOMPARE(m_session->films().entry(1).reading->modelName, std::string("second"));
    }

    void aDamagedFilmStopsNothingElse() {
        QSignalSpy failed(m_session.get(), &ReadSession::filmFailed);
        m_session->loadModel("/models/first.safetensors");
        m_session->open({"/films/damaged.film", "/films/120.film"});
        QTRY_COMPARE(failed.count(), 1);
        QCOMPARE(failed.first().first().value<Error>().code, ErrorCode::Damaged);
        QVERIFY(m_session->films().entry(0).error);
        m_session->setCurrentRow(1);
        QTRY_VERIFY(m_session->currentReading());
        QVERIFY(!m_session->films().entry(1).error);
    }

    void filmsInSightGetThumbnailsInTheBackground() {
        m_session->open({"/folder"});
        QTRY_COMPARE(m_session->films().count(), 3);
        m_session->setVisibleRows(0, 2);
        QTRY_VERIFY(m_session->isIdle());
        for (int row = 0; row < 3; ++row)
            QVERIFY(!m_session->films().entry(row).thumbnail.isNull());
    }

    void theCurrentFilmDoesNotWaitForThumbnails() {
        m_session->open({"/folder"});
        QTRY_VERIFY(m_session->currentFilm());
        QTRY_VERIFY(m_session->isIdle());
        m_world->decodeMs = 2000; // the thumbnail that is under way when the user steps
        m_session->setVisibleRows(0, 2);
        QTest::qWait(30);
        QVERIFY(!m_session->isIdle());
        m_world->decodeMs = 0;
        m_session->setCurrentRow(1);
        QTRY_VERIFY_WITH_TIMEOUT(m_session->currentFilm(), 500);
    }

    void filmsAreListedOnce() {
        m_session->open({"/films/120.film", "/films/130.film"});
        QTRY_COMPARE(m_session->films().count(), 2);
        m_session->open({"/films/130.film", "/films/140.film"});
        QTRY_COMPARE(m_session->films().count(), 3);
        QCOMPARE(m_session->currentRow(), 1); // what was asked for is shown, though it was there already
    }

    void anEmptyFolderIsSaidInWords() {
        QSignalSpy notFound(m_session.get(), &ReadSession::filmsNotFound);
        m_session->open({"/empty"});
        QTRY_COMPARE(notFound.count(), 1);
        QVERIFY(notFound.first().first().toString().contains(QStringLiteral("no films")));
        QCOMPARE(m_session->films().count(), 0);
    }

    void aBrokenModelIsRefusedAndTheNextOneWorks() {
        m_session->open({"/films/120.film"});
        m_session->loadModel("/models/broken.safetensors");
        QTRY_COMPARE(m_session->modelState(), ModelState::Failed);
        QCOMPARE(m_session->modelError().code, ErrorCode::BadModelFile);
        m_session->loadModel("/models/first.safetensors");
        QTRY_VERIFY(m_session->currentReading());
    }

    void closingForgetsEverything() {
        m_session->loadModel("/models/first.safetensors");
        m_session->open({"/folder"});
        QTRY_VERIFY(m_session->currentReading());
        m_session->closeAll();
        QCOMPARE(m_session->films().count(), 0);
        QCOMPARE(m_session->currentRow(), -1);
        QVERIFY(!m_session->currentFilm());
        QTRY_VERIFY(m_session->isIdle());
    }

private:
    std::shared_ptr<FakeWorld> m_world;
    std::unique_ptr<ReadSession> m_session;
};

QTEST_GUILESS_MAIN(TestReadSession)
#include "TestReadSession.moc"
