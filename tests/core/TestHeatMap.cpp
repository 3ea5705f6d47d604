// From the network's grid to film pixels, and to colours.

#include <QtTest>

#include <cmath>
#include <limits>

#include "core/image/HeatMap.h"

using namespace hilum;

namespace {

FloatImage makeMap(int columns, int rows, std::vector<float> values) {
    FloatImage map(columns, rows);
    map.values = std::move(values);
    return map;
}

} // namespace

class TestHeatMap : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void coloursAreInferno() {
        const auto& colours = heatColours();
        QCOMPARE(colours.front(), (Rgb{0, 0, 4})); // matplotlib's table: (0.001462, 0.000466, 0.013866) …
        QCOMPARE(colours.back(), (Rgb{252, 255, 164})); // … (0.988362, 0.998364, 0.644924)
        double last = -1;
        for (const Rgb& c : colours) { // brighter with every step
            const double luminance = 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2];
            QVERIFY(luminance > last - 0.7);
            last = luminance;
        }
    }

    void opacityRisesFromNothingToFull() {
        QCOMPARE(heatAlpha(0), 0.0F);
        QCOMPARE(heatAlpha(-3), 0.0F);
        QCOMPARE(heatAlpha(1), 1.0F);
        QCOMPARE(heatAlpha(7), 1.0F);
        QCOMPARE(heatAlpha(std::numeric_limits<float>::quiet_NaN()), 0.0F);
        for (int i = 0; i < 100; ++i)
            QVERIFY(heatAlpha(static_cast<float>(i + 1) / 100) > heatAlpha(static_cast<float>(i) / 100));
    }

    void cellCentresKeepTheirValues() {
        const FloatImage map = makeMap(3, 2, {1, 2, 3, 40, 50, 60});
        // Cells of 5 × 7 film pixels: their centres are pixel centres.
        const FloatImage film = mapInFilmPixels(map, {0, 0, 15, 14}, 15, 14);
        for (int row = 0; row < 2; ++row)
            for (int column = 0; column < 3; ++column)
                QCOMPARE(film.at(column * 5 + 2, row * 7 + 3), map.at(column, row));
    }

    void betweenCentresItIsBilinear() {
        const FloatImage map = makeMap(2, 2, {0, 10, 20, 30});
        const FloatImage film = mapInFilmPixels(map, {0, 0, 20, 20}, 20, 20);
        for (int y = 5; y < 15; ++y)
            for (int x = 5; x < 15; ++x) {
                const double u = (x + 0.5) / 10 - 0.5;
                const double v = (y + 0.5) / 10 - 0.5;
                QVERIFY(std::abs(film.at(x, y) - (10 * u + 20 * v)) < 1e-4);
            }
        QCOMPARE(film.at(0, 0), 0.0F); // the outermost cells go on to the edge
        QCOMPARE(film.at(19, 0), 10.0F);
        QCOMPARE(film.at(0, 19), 20.0F);
        QCOMPARE(film.at(19, 19), 30.0F);
    }

    void outsideTheRectangleThereIsNothing() {
        const FloatImage map = makeMap(1, 1, {5});
        const FloatImage film = mapInFilmPixels(map, {2, 3, 4, 5}, 10, 12);
        for (int y = 0; y < 12; ++y)
            for (int x = 0; x < 10; ++x)
                QCOMPARE(film.at(x, y), x >= 2 && x < 6 && y >= 3 && y < 8 ? 5.0F : 0.0F);
    }

    void rectangleMayReachBeyondTheFilm() {
        const FloatImage map = makeMap(2, 1, {0, 10});
        const FloatImage film = mapInFilmPixels(map, {-10, -10, 40, 40}, 20, 20);
        QCOMPARE(film.at(0, 0), 0.25F); // 10.5 of 40: 0.525 cells, 0.025 past the first centre
        QVERIFY(film.at(19, 19) > 9.7F);
        QVERIFY(
            std::all_of(film.values.begin(), film.values.end(), [](float v) { return std::isfinite(v); }));
        const FloatImage beside = mapInFilmPixels(map, {100, 100, 10, 10}, 20, 20);
        QVERIFY(std::all_of(beside.values.begin(), beside.values.end(), [](float v) { return v == 0; }));
    }

    void nothingComesOfAnEmptyMap() {
        for (const GridPlacement& placement : {GridPlacement{0, 0, 0, 0}, GridPlacement{0, 0, -1, 5}}) {
            const FloatImage film = mapInFilmPixels(makeMap(1, 1, {5}), placement, 4, 3);
            QCOMPARE(film.values, std::vector<float>(12, 0.0F));
        }
        QCOMPARE(mapInFilmPixels({}, {0, 0, 4, 3}, 4, 3).values, std::vector<float>(12, 0.0F));
    }

    void scaleIsTheModelsOrTheLargestValue() {
        Explanation explanation;
        explanation.maps = {makeMap(2, 1, {0.5F, 3}), makeMap(2, 1, {0, 0}), FloatImage{}};
        QCOMPARE(heatScale(explanation, 0).top, 3.0);
        QVERIFY(!heatScale(explanation, 0).fixed);
        QCOMPARE(heatScale(explanation, 1).top, 1.0);
        QCOMPARE(heatScale(explanation, 2).top, 1.0);
        explanation.fixedScale = 8;
        QCOMPARE(heatScale(explanation, 1).top, 8.0);
        QVERIFY(heatScale(explanation, 1).fixed);
    }

    void coldPartsLeaveTheFilmAsItIs() {
        GreyImage film(256, 1);
        for (int x = 0; x < 256; ++x)
            film.at(x, 0) = static_cast<std::uint8_t>(x);
        const RgbImage image = overlayHeatMap(film, FloatImage(256, 1), 1, 1);
        for (int x = 0; x < 256; ++x)
            for (int c = 0; c < 3; ++c)
                QCOMPARE(int{image.at(x, 0, c)}, x);
        const RgbImage hidden = overlayHeatMap(film, FloatImage(256, 1, 1, 9), 1, 0);
        for (int x = 0; x < 256; ++x)
            QCOMPARE(int{hidden.at(x, 0, 1)}, x);
    }

    void hottestPartsTakeTheLastColour() {
        const RgbImage image = overlayHeatMap(GreyImage(3, 1, 1, 77), makeMap(3, 1, {2, 5, 1e9F}), 2, 1);
        for (int x = 0; x < 3; ++x)
            for (int c = 0; c < 3; ++c)
                QCOMPARE(image.at(x, 0, c), heatColours().back()[static_cast<std::size_t>(c)]);
    }

    void overlayMixesByOpacity() {
        const float heat = 0.5F;
        const RgbImage image = overlayHeatMap(GreyImage(1, 1, 1, 200), makeMap(1, 1, {heat * 4}), 4, 0.6);
        const double share = heatAlpha(heat) * 0.6;
        const Rgb colour = heatColours()[128];
        for (int c = 0; c < 3; ++c) {
            const double expected = 200 * (1 - share) + colour[static_cast<std::size_t>(c)] * share;
            QVERIFY(std::abs(image.at(0, 0, c) - expected) <= 1.5);
        }
    }

    void notANumberIsCold() {
        const FloatImage map = makeMap(1, 1, {std::numeric_limits<float>::quiet_NaN()});
        QCOMPARE(int{overlayHeatMap(GreyImage(1, 1, 1, 200), map, 1, 1).at(0, 0, 0)}, 200);
    }

    void largeFilmIsQuick() {
        FloatImage map(14, 14);
        for (std::size_t i = 0; i < map.values.size(); ++i)
            map.values[i] = static_cast<float>(i % 29);
        QBENCHMARK { QVERIFY(!mapInFilmPixels(map, {0, 0, 3000, 3000}, 3000, 3000).empty()); }
    }

    void overlayOfALargeFilmIsQuick() {
        const GreyImage film(3000, 3000, 1, 100);
        const FloatImage map(3000, 3000, 1, 0.3F);
        QBENCHMARK { QVERIFY(!overlayHeatMap(film, map, 1, 0.5).empty()); }
    }
};

QTEST_GUILESS_MAIN(TestHeatMap)
#include "TestHeatMap.moc"
