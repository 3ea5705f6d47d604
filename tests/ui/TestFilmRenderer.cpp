#include <QTest>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "UiFixtures.h"
#include "core/image/HeatMap.h"
#include "core/image/Windowing.h"
#include "ui/viewer/FilmRenderer.h"

using namespace hilum;
using namespace hilum::test;

namespace {

ViewGeometry oneToOne(const Radiograph& film, QSize view) {
    ViewGeometry geometry;
    geometry.setFilm(QSizeF(film.widthPx, film.heightPx), 1);
    geometry.setView(view, {});
    geometry.oneToOne();
    return geometry;
}

int largestDifference(QRgb a, QRgb b) {
    return std::max(
        {std::abs(qRed(a) - qRed(b)), std::abs(qGreen(a) - qGreen(b)), std::abs(qBlue(a) - qBlue(b))});
}

FloatImage makeMap() {
    FloatImage map(7, 7);
    map.at(1, 2) = 3.0F;
    map.at(2, 2) = 2.0F;
    map.at(5, 6) = 1.0F;
    return map;
}

} // namespace

class TestFilmRenderer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oneToOneShowsTheWindowedFilmPixelByPixel_data() {
        QTest::addColumn<bool>("inverted");
        QTest::newRow("as stored") << false;
        QTest::newRow("inverted") << true;
    }
    void oneToOneShowsTheWindowedFilmPixelByPixel() {
        QFETCH(bool, inverted);
        const Polarity display = inverted ? Polarity::Inverted : Polarity::AsStored;
        const auto decoded = makeDecodedFilm(makeGradient(), {});
        const Window window{1500, 1800, VoiFunction::Linear, {}};
        FilmRenderer renderer;
        renderer.setFilm(decoded);
        renderer.setWindow(window, display);
        const QImage& image = renderer.render(oneToOne(decoded->film, {300, 200}), {300, 200});
        const GreyImage expected = applyWindow(decoded->film, window, display);
        QCOMPARE(image.size(), QSize(300, 200));
        for (int y = 0; y < 200; y += 13) {
            for (int x = 0; x < 300; ++x)
                QVERIFY(std::abs(qRed(image.pixel(x, y)) - expected.at(x, y)) <= 1);
        }
    }

    void onlyTheVisiblePartIsRendered() {
        const auto decoded = makeDecodedFilm(makeGradient(3000, 3000), {});
        FilmRenderer renderer;
        renderer.setFilm(decoded);
        renderer.setWindow(decoded->openingWindow, Polarity::AsStored);
        ViewGeometry geometry = oneToOne(decoded->film, {400, 300});
        QCOMPARE(renderer.render(geometry, {400, 300}).size(), QSize(400, 300));
        geometry.panBy({-1600, 0}); // the film's right edge comes into view
        const QRect rect = FilmRenderer::visibleRect(geometry, {400, 300});
        QCOMPARE(rect, QRect(0, 0, 100, 300));
        QCOMPARE(renderer.render(geometry, {400, 300}).size(), rect.size());
    }

    // The window's overlay and the command line's are the same picture, also where the film is cropped or
    // padded.
    void theHeatMapLiesWhereTheCoreLaysIt_data() {
        QTest::addColumn<QRectF>("placement");
        QTest::newRow("whole film") << QRectF(0, 0, 600, 400);
        QTest::newRow("cropped") << QRectF(100, 0, 400, 400);
        QTest::newRow("padded") << QRectF(0, -100, 600, 600);
    }
    void theHeatMapLiesWhereTheCoreLaysIt() {
        QFETCH(QRectF, placement);
        const GridPlacement grid{placement.x(), placement.y(), placement.width(), placement.height()};
        const auto decoded = makeDecodedFilm(makeGradient(600, 400), {});
        FilmRenderer renderer;
        renderer.setFilm(decoded);
        renderer.setWindow(decoded->openingWindow, Polarity::AsStored);
        renderer.setHeatmap(std::make_shared<HeatmapLayer>(makeHeatmapLayer(makeMap(), grid, 600, 400, 3.0)),
                            0.6);
        const QImage& image = renderer.render(oneToOne(decoded->film, {600, 400}), {600, 400});
        const RgbImage expected = overlayHeatMap(applyWindow(decoded->film, decoded->openingWindow),
                                                 mapInFilmPixels(makeMap(), grid, 600, 400), 3.0, 0.6);
        int worst = 0;
        for (int y = 0; y < 400; ++y) {
            for (int x = 0; x < 600; ++x) {
                const bool onEdge = std::abs(x - placement.left()) < 2 || std::abs(x - placement.right()) < 2;
                if (!onEdge) // the reduced grid softens the rectangle's edge by a pixel
                    worst = std::max(worst, largestDifference(image.pixel(x, y),
                                                              qRgb(expected.at(x, y, 0), expected.at(x, y, 1),
                                                                   expected.at(x, y, 2))));
            }
        }
        QVERIFY2(worst <= 6, qPrintable(QString::number(worst)));
    }

    void withoutOpacityTheFilmIsUnchanged() {
        const auto decoded = makeDecodedFilm(makeGradient(), {});
        const ViewGeometry geometry = oneToOne(decoded->film, {300, 200});
        FilmRenderer renderer;
        renderer.setFilm(decoded);
        renderer.setWindow(decoded->openingWindow, Polarity::AsStored);
        const QImage plain = renderer.render(geometry, {300, 200}).copy();
        const GridPlacement grid{0, 0, 300, 200};
        renderer.setHeatmap(std::make_shared<HeatmapLayer>(makeHeatmapLayer(makeMap(), grid, 300, 200, 3.0)),
                            0.0);
        QCOMPARE(renderer.render(geometry, {300, 200}), plain);
    }

    // 60 frames a second need 16 ms a frame. Processor time, since wall time says little on a shared machine;
    // the limit leaves room for slow ones.
    void framesOfALargeFilmAreFast_data() {
        QTest::addColumn<bool>("withHeat");
        QTest::addColumn<bool>("zooms");
        QTest::newRow("window drag") << false << false;
        QTest::newRow("window drag, heat map") << true << false;
        QTest::newRow("zoom") << false << true;
        QTest::newRow("zoom, heat map") << true << true;
    }
    void framesOfALargeFilmAreFast() {
        QFETCH(bool, withHeat);
        QFETCH(bool, zooms);
        const auto decoded = makeDecodedFilm(makeGradient(3000, 3000), {});
        const QSize view(1600, 1000);
        ViewGeometry geometry;
        geometry.setFilm({3000, 3000}, 1);
        geometry.setView(view, {});
        geometry.zoomBy(2, {800, 500});
        FilmRenderer renderer;
        renderer.setFilm(decoded);
        const GridPlacement grid{0, 0, 3000, 3000};
        if (withHeat)
            renderer.setHeatmap(
                std::make_shared<HeatmapLayer>(makeHeatmapLayer(makeMap(), grid, 3000, 3000, 3.0)), 0.6);
        constexpr int kFrames = 20;
        std::clock_t begin = 0;
        for (int frame = -1; frame < kFrames; ++frame) {
            if (zooms)
                geometry.zoomBy(1.001, {800, 500});
            renderer.setWindow({1000.0 + frame, 2000, VoiFunction::Linear, {}}, Polarity::AsStored);
            QVERIFY(!renderer.render(geometry, view).isNull());
            if (frame < 0)
                begin = std::clock(); // the first frame fills the buffers
        }
        const double milliseconds =
            1000.0 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / kFrames;
        qInfo("%.1f ms a frame of 1600 x 1000", milliseconds);
        QVERIFY2(milliseconds < 50, qPrintable(QString::number(milliseconds)));
    }

    void overlaysAreDrawnWhereTheyCover() {
        Radiograph film = makeGradient();
        film.overlays = {{"", 9, 5, 3, 1, std::make_shared<const std::vector<std::uint8_t>>(1, 0b110)}};
        const auto decoded = makeDecodedFilm(std::move(film), {});
        FilmRenderer renderer;
        renderer.setFilm(decoded);
        renderer.setWindow(decoded->openingWindow, Polarity::AsStored);
        const ViewGeometry geometry =
            oneToOne(decoded->film, {decoded->film.widthPx, decoded->film.heightPx});
        const QSize view(decoded->film.widthPx, decoded->film.heightPx);
        const QImage drawn = renderer.render(geometry, view).copy();
        renderer.setOverlaysVisible(false);
        const QImage plain = renderer.render(geometry, view).copy();
        for (int y = 0; y < drawn.height(); ++y)
            for (int x = 0; x < drawn.width(); ++x)
                QCOMPARE(drawn.pixel(x, y) != plain.pixel(x, y), y == 5 && (x == 10 || x == 11));
        renderer.setOverlaysVisible(true);
        QCOMPARE(renderer.render(geometry, view), drawn);
    }
};

QTEST_GUILESS_MAIN(TestFilmRenderer)
#include "TestFilmRenderer.moc"
