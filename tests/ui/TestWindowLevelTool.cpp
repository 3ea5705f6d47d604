#include <QTest>

#include "UiFixtures.h"
#include "core/image/Windowing.h"
#include "ui/viewer/WindowLevelTool.h"

using namespace hilum;
using namespace hilum::test;

namespace {

const Window kWindow{2000, 1000, VoiFunction::Linear, {}};

Radiograph makeVariant(Polarity polarity, double slope) {
    Radiograph film = makeGradient();
    film.polarity = polarity;
    film.rescaleSlope = slope;
    return film;
}

} // namespace

class TestWindowLevelTool : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rightWidensAndLeftNarrows() {
        const WindowLevelTool tool(makeGradient());
        QVERIFY(tool.moved(kWindow, {50, 0}, DragSpeed::Normal).width > kWindow.width);
        QVERIFY(tool.moved(kWindow, {-50, 0}, DragSpeed::Normal).width < kWindow.width);
        QCOMPARE(tool.moved(kWindow, {50, 0}, DragSpeed::Normal).center, kWindow.center);
    }

    void upMakesEveryFilmBrighter_data() {
        QTest::addColumn<bool>("inverted");
        QTest::addColumn<double>("slope");
        QTest::newRow("MONOCHROME2") << false << 1.0;
        QTest::newRow("MONOCHROME1") << true << 1.0;
        QTest::newRow("MONOCHROME2, falling slope") << false << -1.0;
        QTest::newRow("MONOCHROME1, falling slope") << true << -1.0;
    }
    void upMakesEveryFilmBrighter() {
        QFETCH(bool, inverted);
        QFETCH(double, slope);
        const Radiograph film = makeVariant(inverted ? Polarity::Inverted : Polarity::AsStored, slope);
        const Window window{film.modalityValue(2000), 3000, VoiFunction::Linear, {}};
        const Window up = WindowLevelTool(film).moved(window, {0, -100}, DragSpeed::Normal);
        QVERIFY(windowTable(film, up)[2000] > windowTable(film, window)[2000]);
        QCOMPARE(up.width, window.width);
    }

    void modifiersMakeItCoarseOrFine() {
        const WindowLevelTool tool(makeGradient());
        const double normal = tool.moved(kWindow, {10, 0}, DragSpeed::Normal).width - kWindow.width;
        QVERIFY(tool.moved(kWindow, {10, 0}, DragSpeed::Coarse).width - kWindow.width > 3 * normal);
        QVERIFY(tool.moved(kWindow, {10, 0}, DragSpeed::Fine).width - kWindow.width < normal / 3);
    }

    void theWindowStaysUsableWhateverTheMove_data() {
        QTest::addColumn<int>("function");
        QTest::newRow("linear") << static_cast<int>(VoiFunction::Linear);
        QTest::newRow("exact") << static_cast<int>(VoiFunction::LinearExact);
        QTest::newRow("sigmoid") << static_cast<int>(VoiFunction::Sigmoid);
    }
    void theWindowStaysUsableWhateverTheMove() {
        QFETCH(int, function);
        const WindowLevelTool tool(makeGradient());
        Window window = kWindow;
        window.function = static_cast<VoiFunction>(function);
        const Window narrow = tool.moved(window, {-1e9, 1e9}, DragSpeed::Coarse);
        QVERIFY(narrow.width > 0);
        QVERIFY(window.function != VoiFunction::Linear || narrow.width >= 1);
        const Window wide = tool.moved(window, {1e9, -1e9}, DragSpeed::Coarse);
        QVERIFY(wide.width < 1e6 && std::abs(wide.center) < 1e6);
        QCOMPARE(wide.function, window.function);
    }
};

QTEST_GUILESS_MAIN(TestWindowLevelTool)
#include "TestWindowLevelTool.moc"
