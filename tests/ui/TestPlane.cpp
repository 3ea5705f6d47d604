#include <QTest>

#include <cmath>

#include "ui/viewer/Plane.h"

using namespace hilum;

namespace {

template <class Value>
Plane makePlane(int width, int height, const Value& value) {
    auto values = std::make_shared<std::vector<std::uint16_t>>();
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x)
            values->push_back(static_cast<std::uint16_t>(value(x, y)));
    }
    return {width, height, values};
}

} // namespace

class TestPlane : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oneToOneCopiesEveryValue() {
        const Plane plane = makePlane(7, 5, [](int x, int y) { return 65535 - 1000 * x - 77 * y; });
        Raster<std::uint16_t> out(7, 5);
        resample(plane, {1, 0}, {1, 0}, out);
        QCOMPARE(out.values, *plane.values);
    }

    void enlargingIsBilinearBetweenPixelCentres() {
        const Plane plane = makePlane(2, 2, [](int x, int y) { return 1000 * x + 100 * y; });
        Raster<std::uint16_t> out(3, 3);
        resample(plane, {0.5, 0}, {0.5, 0}, out);
        QCOMPARE(out.values, (std::vector<std::uint16_t>{0, 500, 1000, 50, 550, 1050, 100, 600, 1100}));
    }

    void positionsBeyondThePlaneTakeItsEdge() {
        const Plane plane = makePlane(3, 1, [](int x, int) { return 10 * x; });
        Raster<std::uint16_t> out(5, 2);
        resample(plane, {1, -1}, {1, -4}, out);
        QCOMPARE(out.values, (std::vector<std::uint16_t>{0, 0, 10, 20, 20, 0, 0, 10, 20, 20}));
    }

    void aRampStaysARampWhenShrunk() {
        const Plane plane = makePlane(400, 300, [](int x, int y) { return 20 * x + 30 * y; });
        Raster<std::uint16_t> out(200, 150);
        resample(plane, {2, 0.5}, {2, 0.5}, out);
        for (int y = 0; y < out.heightPx; ++y) {
            for (int x = 0; x < out.widthPx; ++x)
                QCOMPARE(static_cast<int>(out.at(x, y)), 20 * 2 * x + 10 + 30 * 2 * y + 15);
        }
    }

    void levelsHoldMeans() {
        const Plane plane = makePlane(513, 301, [](int x, int y) { return (x * 7919 + y * 104729) % 4096; });
        const PlanePyramid pyramid(plane);
        QCOMPARE(pyramid.levels(), 3); // 513, 257, 129
        const Plane& half = pyramid.level(1);
        QCOMPARE(half.widthPx, 257);
        QCOMPARE(half.heightPx, 151);
        const int expected =
            (plane.row(10)[20] + plane.row(10)[21] + plane.row(11)[20] + plane.row(11)[21] + 2) / 4;
        QCOMPARE(static_cast<int>(half.row(5)[10]), expected);
        const int corner = (2 * plane.row(300)[512] + 2 * plane.row(300)[512] + 2) / 4;
        QCOMPARE(static_cast<int>(half.row(150)[256]), corner);
    }

    void theLevelMatchesTheScale_data() {
        QTest::addColumn<double>("scale");
        QTest::addColumn<int>("level");
        QTest::newRow("enlarged") << 3.0 << 0;
        QTest::newRow("one to one") << 1.0 << 0;
        QTest::newRow("a little smaller") << 0.6 << 0;
        QTest::newRow("half") << 0.5 << 1;
        QTest::newRow("a quarter") << 0.25 << 2;
        QTest::newRow("tiny") << 0.001 << 3;
    }
    void theLevelMatchesTheScale() {
        QFETCH(double, scale);
        QFETCH(int, level);
        const PlanePyramid pyramid(makePlane(1500, 20, [](int, int) { return 1; }));
        QCOMPARE(pyramid.levelFor(scale), level);
    }
};

QTEST_GUILESS_MAIN(TestPlane)
#include "TestPlane.moc"
