// Real widgets, driven as a user would, offscreen.
#include <QAction>
#include <QComboBox>
#include <QDropEvent>
#include <QElapsedTimer>
#include <QLabel>
#include <QListView>
#include <QMimeData>
#include <QPushButton>
#include <QSlider>
#include <QStackedWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "UiFixtures.h"
#include "core/image/Phantom.h"
#include "core/inference/ResourcePaths.h"
#include "ui/ErrorText.h"
#include "ui/MainWindow.h"
#include "ui/QtConvert.h"
#include "ui/Settings.h"
#include "ui/Style.h"
#include "ui/viewer/FindingsPanel.h"
#include "ui/viewer/MessagePage.h"
#include "ui/viewer/NoticeBar.h"
#include "ui/viewer/ProbabilityRow.h"
#include "ui/viewer/RadiographView.h"

using namespace hilum;
using namespace hilum::test;

namespace {

// How colourful a pixel is: 0 for every grey.
int saturation(QRgb pixel) {
    const auto [low, high] = std::minmax({qRed(pixel), qGreen(pixel), qBlue(pixel)});
    return high - low;
}

// The longest time in which the event loop did not come round, while body() runs one.
template <class Body>
qint64 longestPauseMs(const Body& body) {
    QElapsedTimer sinceTick;
    qint64 longest = 0;
    QTimer timer;
    timer.setInterval(1);
    QObject::connect(&timer, &QTimer::timeout, [&] { longest = std::max(longest, sinceTick.restart()); });
    sinceTick.start();
    timer.start();
    body();
    return longest;
}

} // namespace

class TestMainWindow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        applyStyle(*qApp);
        QVERIFY(m_folder.isValid());
    }
    void init() {
        m_world = std::make_shared<FakeWorld>();
        m_settings = std::make_unique<Settings>(m_folder.filePath(QStringLiteral("%1.ini").arg(++m_count)));
        show(fakeBackend(m_world));
    }
    void cleanup() {
        m_window.reset();
        m_settings.reset();
    }

    // The chain a reader relies on: a film on the disk, the model that ships, the heat map on one key.
    void theHeatMapLightsUpTheLesion() {
        const std::filesystem::path model = phantomModel();
        if (model.empty())
            QSKIP("resources/models has no phantom model");
        Phantom phantom = renderPhantom({.seed = 4'000'000, .finding = PhantomFinding::GroundGlass});
        const auto file = toPath(m_folder.filePath(QStringLiteral("phantom.dcm")));
        QVERIFY(writePhantomDicom(phantom, file));
        show(coreBackend(), {{model}, {}});
        m_window->open({file});
        QTRY_VERIFY_WITH_TIMEOUT(session().currentReading() && session().isIdle(), 60'000);
        const Prediction& prediction = session().currentReading()->prediction;
        QCOMPARE(prediction.labels[prediction.best], std::string(toString(PhantomFinding::GroundGlass)));

        QCOMPARE(meanSaturation(phantom.lesionMask), 0.0); // off at first
        QTest::keyClick(m_window.get(), Qt::Key_H);
        const double onLesion = meanSaturation(phantom.lesionMask);
        MaskImage elsewhere = phantom.lesionMask;
        for (auto& value : elsewhere.values)
            value = value ? 0 : 255;
        const double besides = meanSaturation(elsewhere);
        QVERIFY2(onLesion > 2 * besides && onLesion > 10,
                 qPrintable(QStringLiteral("%1 on the lesion, %2 elsewhere").arg(onLesion).arg(besides)));
        QTest::keyClick(m_window.get(), Qt::Key_H);
        QCOMPARE(meanSaturation(phantom.lesionMask), 0.0);
    }

    void theHeatMapLiesOnTheClassItBelongsTo() {
        openFilm(480);
        const QPointF hot(60, 20); // the fake's class 0 looks at the left upper quarter
        const QPointF cold(400, 80);
        QCOMPARE(saturation(pixelAt(hot)), 0);
        QTest::keyClick(m_window.get(), Qt::Key_H);
        QVERIFY(saturation(pixelAt(hot)) > 40);
        QCOMPARE(saturation(pixelAt(cold)), 0);
        QTest::keyClick(m_window.get(), Qt::Key_C); // class 0 by hand
        QTest::keyClick(m_window.get(), Qt::Key_C); // class 1 looks nowhere
        QCOMPARE(saturation(pixelAt(hot)), 0);
    }

    void opacityIsASliderAndAKey() {
        openFilm(480);
        QTest::keyClick(m_window.get(), Qt::Key_H);
        auto* slider = m_window->findChild<QSlider*>();
        slider->setValue(20);
        const int faint = saturation(pixelAt({60, 20}));
        slider->setValue(100);
        QVERIFY(saturation(pixelAt({60, 20})) > 2 * faint);
        QTest::keyClick(m_window.get(), Qt::Key_BracketLeft);
        QCOMPARE(slider->value(), 90);
        QCOMPARE(m_settings->heatMapOpacityPercent(), 90);
    }

    void everyClassHasAFigureAndTheModelItsInterval() {
        openFilm(442);
        QStringList names;
        for (const auto* row : m_window->findChildren<ProbabilityRow*>())
            names << row->accessibleName();
        QCOMPARE(names, (QStringList{QStringLiteral("Opacity, 42.0\u00A0%"),
                                     QStringLiteral("No finding, 58.0\u00A0%")}));
        QVERIFY(hasLabel(QStringLiteral("accuracy 90.0\u00A0% (80.0–95.0), 40 invented films")));
        QVERIFY(hasLabel(QStringLiteral("Research use, not for diagnosis.")));
    }

    void leftDragChangesTheWindow_data() {
        QTest::addColumn<QPoint>("delta");
        QTest::addColumn<int>("widthSign");
        QTest::addColumn<int>("brightnessSign");
        QTest::newRow("right") << QPoint(60, 0) << 1 << 0;
        QTest::newRow("left") << QPoint(-60, 0) << -1 << 0;
        QTest::newRow("up") << QPoint(0, -60) << 0 << 1;
        QTest::newRow("down") << QPoint(0, 60) << 0 << -1;
    }
    void leftDragChangesTheWindow() {
        QFETCH(QPoint, delta);
        QFETCH(int, widthSign);
        QFETCH(int, brightnessSign);
        openFilm(480);
        const Window before = view().look().window;
        const int grey = qRed(pixelAt({240, 50}));
        drag(Qt::LeftButton, delta);
        const Window after = view().look().window;
        QCOMPARE(sign(after.width - before.width), widthSign);
        if (brightnessSign != 0)
            QCOMPARE(sign(qRed(pixelAt({240, 50})) - grey), brightnessSign);
        QVERIFY(view().look().geometry.isFitted());
    }

    void middleDragPans() {
        openFilm(480);
        const QPointF before = view().filmToView({100, 50});
        drag(Qt::MiddleButton, {35, -20});
        QCOMPARE(view().filmToView({100, 50}), before + QPointF(35, -20));
    }

    void theWheelZoomsAtTheCursor() {
        openFilm(480);
        const QPointF cursor(150, 222);
        const QPointF film = view().viewToFilm(cursor);
        const double scale = view().look().geometry.scale();
        wheel(cursor, 240);
        QVERIFY(view().look().geometry.scale() > 1.3 * scale);
        QVERIFY((view().filmToView(film) - cursor).manhattanLength() < 0.01);
        wheel(cursor, -240);
        QVERIFY(std::abs(view().look().geometry.scale() - scale) < 1e-9);
    }

    void rightDragZoomsAtThePressedPoint() {
        openFilm(480);
        const QPoint start = view().rect().center();
        const QPointF film = view().viewToFilm(start);
        const double scale = view().look().geometry.scale();
        drag(Qt::RightButton, {0, -80});
        QVERIFY(view().look().geometry.scale() > 1.3 * scale);
        QVERIFY((view().filmToView(film) - start).manhattanLength() < 0.01);
    }

    void doubleClickFits() {
        openFilm(480);
        wheel({100, 100}, 360);
        QVERIFY(!view().look().geometry.isFitted());
        QTest::mouseDClick(&view(), Qt::LeftButton, {}, QPoint(100, 100));
        QVERIFY(view().look().geometry.isFitted());
    }

    void keysInvertFitAndReset() {
        openFilm(480);
        const int dark = qRed(pixelAt({10, 50}));
        QTest::keyClick(m_window.get(), Qt::Key_I);
        QVERIFY(std::abs(255 - dark - qRed(pixelAt({10, 50}))) <= 1);
        QVERIFY(m_window->actions().invert->isChecked());
        QTest::keyClick(m_window.get(), Qt::Key_O);
        QCOMPARE(view().look().geometry.scale(), 1.0);
        QTest::keyClick(m_window.get(), Qt::Key_F);
        QVERIFY(view().look().geometry.isFitted());
        drag(Qt::LeftButton, {50, 50});
        QTest::keyClick(m_window.get(), Qt::Key_Plus);
        QTest::keyClick(&view(), Qt::Key_Space);
        QCOMPARE(view().look().window, view().film()->openingWindow);
        QVERIFY(view().look().geometry.isFitted());
        QVERIFY(!m_window->actions().invert->isChecked());
    }

    void stepsKeepEachFilmsLook() {
        openFolder();
        drag(Qt::LeftButton, {70, 0});
        const Window changed = view().look().window;
        QTest::keyClick(m_window.get(), Qt::Key_PageDown);
        QTRY_VERIFY(view().film() && view().film()->film.widthPx == 130);
        QCOMPARE(view().look().window, view().film()->openingWindow);
        QTest::keyClick(&view(), Qt::Key_Left);
        QTRY_VERIFY(view().film() && view().film()->film.widthPx == 120);
        QCOMPARE(view().look().window, changed);
    }

    void warningsStandWithTheFilm() {
        AnalysisBackend backend = fakeBackend(m_world);
        backend.readFilm = [](const std::filesystem::path& file, std::stop_token) -> Result<Radiograph> {
            Radiograph film = makeGradient(480, 100);
            film.source.file = file;
            if (file.stem() == "odd")
                film.source.warnings = {"The file has several pages; the first is shown."};
            return film;
        };
        show(std::move(backend));
        m_window->open({"/films/plain.film", "/films/odd.film"});
        QTRY_VERIFY(session().films().count() == 2 && session().isIdle() && view().film());
        const QImage plain = view().grab().toImage();
        session().setCurrentRow(1);
        QTRY_VERIFY(view().film() && session().isIdle());
        QVERIFY(view().grab().toImage() != plain); // the same pixels, with a sentence on them
        const auto* list = findNamed<QListView>(QStringLiteral("Films"));
        QVERIFY(!list->model()->index(0, 0).data(FilmListModel::IsWarningRole).toBool());
        QVERIFY(list->model()->index(1, 0).data(FilmListModel::IsWarningRole).toBool());
        QVERIFY(list->model()
                    ->index(1, 0)
                    .data(Qt::ToolTipRole)
                    .toString()
                    .contains(QStringLiteral("several pages")));
    }

    void anErrorStandsAtItsFilmInWords() {
        m_window->open({"/films/damaged.film", "/films/130.film"});
        QTRY_VERIFY(session().films().count() == 2 && session().films().entry(0).error);
        QVERIFY(hasLabel(filmErrorTitle(ErrorCode::Damaged)));
        QVERIFY(hasLabel(QStringLiteral("The pixel data end after 12 of 96 rows.")));
        const auto* list = findNamed<QListView>(QStringLiteral("Films"));
        const QModelIndex row = list->model()->index(0, 0);
        QCOMPARE(row.data(FilmListModel::FindingRole).toString(), shortReason(ErrorCode::Damaged));
        QVERIFY(row.data(FilmListModel::IsWarningRole).toBool());
        clickButton(QStringLiteral("Next film")); // the way on
        QTRY_VERIFY(view().film() && view().isVisible());
        QCOMPARE(view().film()->film.widthPx, 130);
    }

    void aBrokenModelIsSaidInWordsAndFilmsStayVisible() {
        openFilm(480);
        m_window->open({"/models/broken.safetensors"});
        QTRY_COMPARE(session().modelState(), ModelState::Failed);
        QVERIFY(view().isVisible() && view().film());
        QVERIFY(hasLabel(modelErrorTitle(ErrorCode::BadModelFile) +
                         QStringLiteral(". The reference output does not match.")));
    }

    void thePickerChangesTheModel() {
        openFilm(480);
        QCOMPARE(session().currentReading()->modelName, std::string("first"));
        auto* picker = findNamed<QComboBox>(QStringLiteral("Model"));
        picker->setCurrentIndex(1);
        Q_EMIT picker->activated(1);
        QTRY_VERIFY(session().currentReading() && session().currentReading()->modelName == "second");
        QCOMPARE(m_settings->modelFile(), QStringLiteral("/models/second.safetensors"));
    }

    void droppedFilesAreOpened() {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(QStringLiteral("/films/150.film")),
                      QUrl::fromLocalFile(QStringLiteral("/films/160.film"))});
        QDragEnterEvent enter(QPoint(400, 300), Qt::CopyAction, &data, Qt::LeftButton, {});
        QCoreApplication::sendEvent(m_window.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(400, 300), Qt::CopyAction, &data, Qt::LeftButton, {});
        QCoreApplication::sendEvent(m_window.get(), &drop);
        QTRY_COMPARE(session().films().count(), 2);
        QTRY_VERIFY(view().film() && view().film()->film.widthPx == 150);
        QCOMPARE(m_settings->recentPaths(), QStringList{QStringLiteral("/films")});
    }

    void aFolderWithoutFilmsIsSaidInWords() {
        m_window->open({"/empty"});
        auto* notice = m_window->findChild<NoticeBar*>();
        QTRY_VERIFY(notice->isVisible());
        QVERIFY(notice->accessibleName().contains(QStringLiteral("no films")));
        QTest::keyClick(m_window.get(), Qt::Key_Escape);
        QTRY_VERIFY(!notice->isVisible());
    }

    void quickStepsEndAtTheLastFilmWithItsOwnReading() {
        m_world->decodeMs = 15;
        m_world->readMs = 25;
        std::vector<std::filesystem::path> films;
        for (int i = 10; i < 60; ++i)
            films.emplace_back("/films/" + std::to_string(400 + i) + ".film");
        m_window->open(films);
        QTRY_COMPARE(session().films().count(), 50);
        for (int i = 1; i < 50; ++i) {
            QTest::keyClick(&view(), Qt::Key_Right);
            QTest::qWait(3);
        }
        QTRY_VERIFY(session().currentReading() && view().film());
        QCOMPARE(view().film()->film.widthPx, 459);
        QCOMPARE(session().currentReading()->prediction.probabilities[0], 0.59);
    }

    void theWindowStaysResponsiveWhileFilmsAreRead() {
        openFolder();
        m_world->decodeMs = 120;
        m_world->readMs = 150;
        m_world->loadMs = 400;
        m_world->heedsStop = false; // the worst of libraries
        const qint64 pause = longestPauseMs([&] {
            session().loadModel("/models/second.safetensors");
            for (int i = 0; i < 30; ++i) {
                QTest::keyClick(&view(), i % 3 == 2 ? Qt::Key_Left : Qt::Key_Right);
                QTest::qWait(20);
            }
        });
        QVERIFY2(pause < 100, qPrintable(QStringLiteral("%1 ms").arg(pause)));
    }

    void everyControlHasANameAndActionsHaveKeys() {
        openFilm(480);
        for (const QWidget* control : m_window->findChildren<QWidget*>()) {
            const bool isControl =
                qobject_cast<const QAbstractButton*>(control) || qobject_cast<const QComboBox*>(control) ||
                qobject_cast<const QSlider*>(control) || qobject_cast<const QListView*>(control);
            if (!isControl || !control->isVisible())
                continue;
            const auto* button = qobject_cast<const QAbstractButton*>(control);
            QVERIFY2(!control->accessibleName().isEmpty() || (button && !button->text().isEmpty()),
                     control->metaObject()->className());
            QVERIFY2(control->focusPolicy() & Qt::TabFocus, qPrintable(control->accessibleName()));
        }
        for (const QAction* action : m_window->actions().filmActions()) {
            const QString key = action->shortcut().toString(QKeySequence::NativeText);
            QVERIFY2(!key.isEmpty(), qPrintable(action->text()));
            QVERIFY2(action->toolTip().contains(QLatin1Char('(') + key), qPrintable(action->toolTip()));
        }
    }

    void spaceStillPressesAFocusedButton() {
        openFilm(480);
        auto* pill = findNamed<QPushButton>(QStringLiteral("Scale: per film"));
        pill->setFocus(Qt::TabFocusReason);
        QTest::keyClick(pill, Qt::Key_Space);
        QVERIFY(pill->isChecked());
    }

private:
    void show(AnalysisBackend backend, const ModelSources& models = {}) {
        m_window = std::make_unique<MainWindow>(std::move(backend), *m_settings, models);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    }
    ReadSession& session() { return m_window->session(); }
    RadiographView& view() { return *m_window->findChild<RadiographView*>(); }

    // A fake film of that width, 100 high, shown and read.
    void openFilm(int width) {
        m_window->open({"/films/" + std::to_string(width) + ".film"});
        QTRY_VERIFY(session().currentReading() && session().isIdle() && view().film());
    }
    void openFolder() {
        m_window->open({"/folder"});
        QTRY_VERIFY(session().films().count() == 3 && session().currentReading() && session().isIdle());
    }

    static int sign(double value) { return value > 1e-9 ? 1 : value < -1e-9 ? -1 : 0; }
    QRgb pixelAt(QPointF film) {
        const QImage image = view().grab().toImage();
        return image.pixel((view().filmToView(film) * image.devicePixelRatio()).toPoint());
    }
    // Over the film pixels where the mask is set, apart from the corners' texts and the colour bar.
    double meanSaturation(const MaskImage& mask) {
        const QImage image = view().grab().toImage();
        double sum = 0;
        int count = 0;
        for (int y = 0; y < mask.heightPx; y += 4) {
            for (int x = mask.widthPx / 8; x < mask.widthPx; x += 4) {
                if (mask.at(x, y) == 0)
                    continue;
                sum += saturation(image.pixel(view().filmToView({x + 0.5, y + 0.5}).toPoint()));
                ++count;
            }
        }
        return count == 0 ? -1 : sum / count;
    }
    void drag(Qt::MouseButton button, QPoint delta) {
        const QPoint start = view().rect().center();
        QTest::mousePress(&view(), button, {}, start);
        for (int step = 1; step <= 10; ++step) {
            const QPointF position = start + QPointF(delta) * step / 10;
            QMouseEvent move(QEvent::MouseMove, position, view().mapToGlobal(position), Qt::NoButton, button,
                             {});
            QCoreApplication::sendEvent(&view(), &move);
        }
        QTest::mouseRelease(&view(), button, {}, start + delta);
    }
    void wheel(QPointF position, int angle) {
        QWheelEvent event(position, view().mapToGlobal(position), {}, QPoint(0, angle), Qt::NoButton, {},
                          Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(&view(), &event);
    }
    bool hasLabel(const QString& text) {
        for (const QLabel* label : m_window->findChildren<QLabel*>()) {
            if (label->isVisibleTo(m_window.get()) && label->text() == text)
                return true;
        }
        return false;
    }
    void clickButton(const QString& text) {
        for (QPushButton* button : m_window->findChildren<QPushButton*>()) {
            if (button->isVisible() && button->text() == text)
                return QTest::mouseClick(button, Qt::LeftButton);
        }
        QFAIL(qPrintable(text));
    }
    template <class Widget>
    Widget* findNamed(const QString& accessibleName) {
        for (Widget* widget : m_window->findChildren<Widget*>()) {
            if (widget->accessibleName() == accessibleName)
                return widget;
        }
        return nullptr;
    }
    static std::filesystem::path phantomModel() {
        for (const std::filesystem::path& model : shippedModels()) {
            if (model.stem() == "phantom")
                return model;
        }
        return {};
    }

    QTemporaryDir m_folder;
    int m_count = 0;
    std::shared_ptr<FakeWorld> m_world;
    std::unique_ptr<Settings> m_settings;
    std::unique_ptr<MainWindow> m_window;
};

QTEST_MAIN(TestMainWindow)
#include "TestMainWindow.moc"
