// The real window, while the processes that decode its films are killed.
#include <chrono>
#include <filesystem>

#include <QTemporaryDir>
#include <QTest>

#include "core/image/ImageWriter.h"
#include "core/image/Phantom.h"
#include "tests/support/Processes.h"
#include "ui/MainWindow.h"
#include "ui/Settings.h"
#include "ui/Style.h"
#include "ui/viewer/RadiographView.h"

using namespace hilum;
using namespace hilum::test;
namespace fs = std::filesystem;

class TestKilledDecoder : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // HILUM_DECODER_KILLS=1000 for the long run.
    void theWindowLivesAndTheNextFilmOpens() {
        const int wanted = qEnvironmentVariableIsSet("HILUM_DECODER_KILLS")
                               ? qEnvironmentVariableIntValue("HILUM_DECODER_KILLS")
                               : 25;
        applyStyle(*qApp);
        QTemporaryDir folder;
        const fs::path film = folder.filePath(QStringLiteral("film.png")).toStdString();
        QVERIFY(writeStoredValuesPng(renderPhantom({.seed = 5, .widthPx = 900, .heightPx = 900}).film, film));
        Settings settings(folder.filePath(QStringLiteral("hilum.ini")));
        AnalysisBackend backend = coreBackend();
        backend.shippedModels = [] { return std::vector<fs::path>{}; };
        MainWindow window(std::move(backend), settings, {});
        window.show();
        ReadSession& session = window.session();

        const auto begin = std::chrono::steady_clock::now();
        window.open({film});
        QTRY_VERIFY_WITH_TIMEOUT(session.currentFilm(), 60'000);
        HelperKiller killer(wanted, std::chrono::steady_clock::now() - begin);
        int shown = 0, refused = 0;
        while (!killer.isDone()) {
            session.closeAll(); // forgets the decoded film too
            window.open({film});
            const auto hasEnded = [&session] {
                return session.currentFilm() ||
                       (session.films().count() == 1 && session.films().entry(0).error);
            };
            QTRY_VERIFY_WITH_TIMEOUT(hasEnded(), 60'000);
            ++(session.currentFilm() ? shown : refused);
        }
        qInfo("%d helpers killed; film shown %d times, refused %d times", killer.killed(), shown, refused);
        QCOMPARE(killer.killed(), wanted);
        QVERIFY(shown > 0);

        session.closeAll();
        window.open({film});
        QTRY_VERIFY_WITH_TIMEOUT(session.currentFilm(), 60'000);
        QVERIFY(window.isVisible() && window.findChild<RadiographView*>()->isVisible());
    }
};

int main(int argc, char** argv) {
    qputenv("QTEST_FUNCTION_TIMEOUT", "3600000"); // a thousand kills take their time
    QApplication application(argc, argv);
    TestKilledDecoder test;
    return QTest::qExec(&test, argc, argv);
}

#include "TestKilledDecoder.moc"
