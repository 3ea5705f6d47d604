#include <QTest>

#include "ui/viewer/ViewGeometry.h"

using namespace hilum;

namespace {

ViewGeometry makeGeometry(QSizeF film = {2000, 1000}, QSizeF view = {800, 600}, double aspect = 1) {
    ViewGeometry geometry;
    geometry.setFilm(film, aspect);
    geometry.setView(view, {});
    return geometry;
}

bool isNear(QPointF a, QPointF b) { return (a - b).manhattanLength() < 1e-6; }

} // namespace

class TestViewGeometry : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fitShowsTheWholeFilmInTheMiddle() {
        const ViewGeometry geometry = makeGeometry();
        QCOMPARE(geometry.scale(), 0.4);
        QCOMPARE(geometry.filmRect(), QRectF(0, 100, 800, 400));
    }

    void fitLeavesTheMarginsFree() {
        ViewGeometry geometry = makeGeometry({1000, 1000}, {1000, 600});
        geometry.setView({1000, 600}, QMarginsF(0, 50, 0, 50));
        QCOMPARE(geometry.filmRect(), QRectF(250, 50, 500, 500));
    }

    void filmAndViewCoordinatesAreInverse() {
        ViewGeometry geometry = makeGeometry({2000, 1000}, {800, 600}, 1.25);
        geometry.zoomBy(2.7, {123, 456});
        geometry.panBy({-31.5, 12});
        QVERIFY(isNear(geometry.toFilm(geometry.toView({17.25, 903})), {17.25, 903}));
    }

    void zoomKeepsTheAnchoredPoint_data() {
        QTest::addColumn<double>("factor");
        QTest::newRow("in") << 1.2;
        QTest::newRow("far in") << 9.0;
        QTest::newRow("out") << 0.8;
    }
    void zoomKeepsTheAnchoredPoint() {
        QFETCH(double, factor);
        ViewGeometry geometry = makeGeometry();
        const QPointF anchor(250, 210);
        const QPointF film = geometry.toFilm(anchor);
        geometry.zoomBy(factor, anchor);
        QVERIFY(isNear(geometry.toView(film), anchor));
        QVERIFY(!geometry.isFitted());
    }

    void zoomStopsAtItsLimits() {
        ViewGeometry geometry = makeGeometry();
        geometry.zoomBy(1e6, {400, 300});
        QCOMPARE(geometry.scale(), ViewGeometry::kMaxScale);
        geometry.zoomBy(1e-9, {400, 300});
        QCOMPARE(geometry.scale(), 0.2); // half of the fitted scale
    }

    void resizingKeepsAFittedFilmFitted() {
        ViewGeometry geometry = makeGeometry();
        geometry.setView({400, 300}, {});
        QCOMPARE(geometry.scale(), 0.2);
    }

    void resizingKeepsTheCentreOfAZoomedFilm() {
        ViewGeometry geometry = makeGeometry();
        geometry.zoomBy(3, {100, 300});
        const QPointF center = geometry.toFilm({400, 300});
        const double scale = geometry.scale();
        geometry.setView({1000, 900}, {});
        QCOMPARE(geometry.scale(), scale);
        QVERIFY(isNear(geometry.toFilm({500, 450}), center));
    }

    void oneToOnePutsFilmPixelsOnDevicePixels() {
        ViewGeometry geometry = makeGeometry({2001, 1001});
        geometry.oneToOne();
        QCOMPARE(geometry.scale(), 1.0);
        QCOMPARE(geometry.filmRect().left(), std::round(geometry.filmRect().left()));
        QCOMPARE(geometry.filmRect().top(), std::round(geometry.filmRect().top()));
    }

    void aFilmCannotBeLostByPanning() {
        ViewGeometry geometry = makeGeometry();
        geometry.panBy({1e5, -1e5});
        QVERIFY(geometry.filmRect().intersects(QRectF(0, 0, 800, 600)));
    }

    void unequalSpacingStretchesTheFilm() {
        const ViewGeometry geometry = makeGeometry({1000, 500}, {1000, 1000}, 2); // rows twice as far apart
        QCOMPARE(geometry.filmRect().size(), QSizeF(1000, 1000));
    }
};

QTEST_GUILESS_MAIN(TestViewGeometry)
#include "TestViewGeometry.moc"
