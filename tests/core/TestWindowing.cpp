// VOI LUT functions, the window that a film opens with, and the table from pixels to grey.

#include <QSize>
#include <QtTest>

#include <algorithm>
#include <cmath>

#include "core/image/AreaResize.h"
#include "core/image/Windowing.h"

using namespace hilum;

namespace {

Radiograph makeFilm(int bits, bool isSigned, std::vector<std::uint16_t> pixels) {
    Radiograph film;
    film.widthPx = static_cast<int>(pixels.size());
    film.heightPx = 1;
    film.bitsStored = bits;
    film.storedMin = isSigned ? -(1 << (bits - 1)) : 0;
    film.storedMax = film.storedMin + (1 << bits) - 1;
    film.pixels = std::make_shared<const std::vector<std::uint16_t>>(std::move(pixels));
    return film;
}

// The mean over the area that a pixel covers, as the words say it.
double areaMean(const GreyView& source, const Raster<std::uint8_t>& target, int x, int y) {
    const double stepX = static_cast<double>(source.widthPx) / target.widthPx;
    const double stepY = static_cast<double>(source.heightPx) / target.heightPx;
    const auto covered = [](double begin, double step, int pixel) {
        return std::max(0.0,
                        std::min(begin + step, pixel + 1.0) - std::max(begin, static_cast<double>(pixel)));
    };
    double sum = 0;
    for (int row = 0; row < source.heightPx; ++row) {
        const double height = covered(y * stepY, stepY, row);
        for (int column = 0; height > 0 && column < source.widthPx; ++column)
            sum += height * covered(x * stepX, stepX, column) *
                   source.first[static_cast<std::size_t>(row) * source.rowStride +
                                static_cast<std::size_t>(column)];
    }
    return sum / (stepX * stepY);
}

std::vector<int> shown(const Radiograph& film, const Window& window, Polarity display = Polarity::AsStored) {
    const GreyImage grey = applyWindow(film, window, display);
    return {grey.values.begin(), grey.values.end()};
}

} // namespace

class TestWindowing : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // The values of DICOM PS3.3 C.11.2.1.2.1, note 5 among them: width 1 is a threshold.
    void voiFunctionsFollowTheStandard_data() {
        QTest::addColumn<VoiFunction>("function");
        QTest::addColumn<double>("center");
        QTest::addColumn<double>("width");
        QTest::addColumn<double>("value");
        QTest::addColumn<double>("expected");
        const auto row = [](const char* name, VoiFunction function, double center, double width, double value,
                            double expected) {
            QTest::newRow(name) << function << center << width << value << expected;
        };
        using enum VoiFunction;
        row("full 8 bit range starts at 0", Linear, 128, 256, 0, 0);
        row("full 8 bit range ends at 255", Linear, 128, 256, 255, 1);
        row("full 8 bit range is the identity", Linear, 128, 256, 51, 0.2);
        row("2048/4096, bottom", Linear, 2048, 4096, 0, 0);
        row("2048/4096, top", Linear, 2048, 4096, 4095, 1);
        row("2048/1, below", Linear, 2048, 1, 2047, 0);
        row("2048/1, above", Linear, 2048, 1, 2048, 1);
        row("0/100, bottom", Linear, 0, 100, -50, 0);
        row("0/100, top", Linear, 0, 100, 49, 1);
        row("0/100, middle", Linear, 0, 100, -0.5, 0.5);
        row("far below", Linear, 0, 100, -1e9, 0);
        row("far above", Linear, 0, 100, 1e9, 1);
        row("exact, bottom", LinearExact, 0, 100, -50, 0);
        row("exact, top", LinearExact, 0, 100, 50, 1);
        row("exact, quarter", LinearExact, 0, 100, -25, 0.25);
        row("exact, narrow", LinearExact, 0.5, 0.5, 0.375, 0.25);
        row("sigmoid, center", Sigmoid, 10, 40, 10, 0.5);
        row("sigmoid, right edge", Sigmoid, 10, 40, 30, 1 / (1 + std::exp(-2.0)));
        row("sigmoid, left edge", Sigmoid, 10, 40, -10, 1 / (1 + std::exp(2.0)));
    }
    void voiFunctionsFollowTheStandard() {
        QFETCH(VoiFunction, function);
        QFETCH(double, center);
        QFETCH(double, width);
        QFETCH(double, value);
        QFETCH(double, expected);
        QVERIFY(std::abs(applyVoi({center, width, function, {}}, value) - expected) < 1e-12);
    }

    void defaultIsTheFilesFirstWindow() {
        Radiograph film = makeFilm(12, false, {0, 4095});
        film.windows = {{100, 50, VoiFunction::Sigmoid, "A"}, {200, 60, VoiFunction::Linear, "B"}};
        QVERIFY(defaultWindow(film) == film.windows.front());
    }

    void eightBitFilmsAreShownAsTheyAre() {
        const Radiograph film = makeFilm(8, false, {0, 1, 100, 254, 255});
        QCOMPARE(shown(film, defaultWindow(film)), (std::vector<int>{0, 1, 100, 254, 255}));
    }

    void otherFilmsAreShownFromSmallestToLargest_data() {
        QTest::addColumn<bool>("isSigned");
        QTest::addColumn<double>("slope");
        QTest::addColumn<double>("intercept");
        QTest::newRow("unsigned") << false << 1.0 << 0.0;
        QTest::newRow("signed") << true << 1.0 << 0.0;
        QTest::newRow("rescaled") << true << 2.5 << -1024.0;
        QTest::newRow("finely rescaled") << false << 0.001 << 3.0;
        QTest::newRow("turned round") << false << -1.0 << 4095.0;
    }
    void otherFilmsAreShownFromSmallestToLargest() {
        QFETCH(bool, isSigned);
        QFETCH(double, slope);
        QFETCH(double, intercept);
        Radiograph film = makeFilm(12, isSigned, {100, 1100, 600, 100, 1100});
        film.rescaleSlope = slope;
        film.rescaleIntercept = intercept;
        film.polarity = slope < 0 ? Polarity::Inverted : Polarity::AsStored; // as the reader does
        const std::vector<int> grey = shown(film, defaultWindow(film));
        // A linear window is one unit wider than the distance of its ends, so that half the way is half the
        // grey.
        QCOMPARE(grey.front(), 0);
        QCOMPARE(grey[1], 255);
        QVERIFY(std::abs(grey[2] - 128) <= 1);
    }

    void filmOfOneValueHasAWindow() {
        const Radiograph film = makeFilm(12, false, {7, 7});
        const Window window = defaultWindow(film);
        QCOMPARE(window.width, 1.0);
        QCOMPARE(shown(film, window).size(), std::size_t{2});
    }

    // Pixels are larger where it is denser, whatever the file stores: the table never falls.
    void denserIsBrighterInEveryEncoding_data() {
        QTest::addColumn<Polarity>("polarity");
        QTest::addColumn<double>("slope");
        QTest::newRow("MONOCHROME2") << Polarity::AsStored << 1.0;
        QTest::newRow("MONOCHROME1") << Polarity::Inverted << 1.0;
        QTest::newRow("MONOCHROME2, negative slope") << Polarity::Inverted << -1.0;
        QTest::newRow("MONOCHROME1, negative slope") << Polarity::AsStored << -1.0;
    }
    void denserIsBrighterInEveryEncoding() {
        QFETCH(Polarity, polarity);
        QFETCH(double, slope);
        Radiograph film = makeFilm(10, false, {0, 1023});
        film.polarity = polarity;
        film.rescaleSlope = slope;
        for (const auto function : {VoiFunction::Linear, VoiFunction::LinearExact, VoiFunction::Sigmoid}) {
            const Window window{film.modalityValue(500), 300, function, {}};
            const std::vector<float> table = windowTable(film, window);
            QCOMPARE(table.size(), std::size_t{1024});
            QVERIFY(std::is_sorted(table.begin(), table.end()));
            QVERIFY(table.front() < 0.01F && table.back() > 0.99F);
            const std::vector<float> inverted = windowTable(film, window, Polarity::Inverted);
            for (std::size_t i = 0; i < table.size(); ++i)
                QVERIFY(std::abs(table[i] + inverted[i] - 1) < 1e-6F);
        }
    }

    // MONOCHROME1: what PS3.3 C.7.6.3.1.2 shows, computed from the stored value directly.
    void monochrome1LooksAsTheStandardSays() {
        Radiograph film = makeFilm(10, false, {});
        film.polarity = Polarity::Inverted;
        const Window window{550, 1024, VoiFunction::Linear, {}};
        const std::vector<float> table = windowTable(film, window);
        for (int stored = 0; stored < 1024; ++stored)
            QCOMPARE(table[static_cast<std::size_t>(1023 - stored)],
                     static_cast<float>(1 - applyVoi(window, stored)));
    }

    void resizingKeepsTheMean() {
        GreyImage image(64, 32);
        for (std::size_t i = 0; i < image.values.size(); ++i)
            image.values[i] = static_cast<std::uint8_t>(i * 13 % 256);
        const GreyImage small = resized(image, 16, 8);
        QCOMPARE(small.widthPx, 16);
        QCOMPARE(small.values.size(), std::size_t{128});
        for (int y = 0; y < 8; ++y)
            for (int x = 0; x < 16; ++x) {
                int sum = 0;
                for (int dy = 0; dy < 4; ++dy)
                    for (int dx = 0; dx < 4; ++dx)
                        sum += image.at(4 * x + dx, 4 * y + dy);
                QVERIFY(std::abs(small.at(x, y) - sum / 16.0) <= 0.6);
            }
        const GreyImage large = resized(GreyImage(2, 2, 1, 90), 7, 5);
        QVERIFY(std::all_of(large.values.begin(), large.values.end(), [](int value) { return value == 90; }));
    }

    void largeFilmIsQuick() {
        Radiograph film = makeFilm(16, false, std::vector<std::uint16_t>(9'000'000));
        std::vector<std::uint16_t> pixels(9'000'000);
        for (std::size_t i = 0; i < pixels.size(); ++i)
            pixels[i] = static_cast<std::uint16_t>(i * 2654435761U >> 16U);
        film.pixels = std::make_shared<const std::vector<std::uint16_t>>(std::move(pixels));
        const Window window{30000, 40000, VoiFunction::Linear, {}};
        QBENCHMARK { QVERIFY(!applyWindow(film, window).empty()); }
    }

    void smallerFilmsAreMeansOfAreas_data() {
        QTest::addColumn<QSize>("from");
        QTest::addColumn<QSize>("to");
        QTest::newRow("as a network takes it") << QSize(211, 199) << QSize(47, 47);
        QTest::newRow("whole steps") << QSize(64, 48) << QSize(16, 16);
        QTest::newRow("one side stays") << QSize(7, 5) << QSize(3, 5);
        QTest::newRow("the same size") << QSize(30, 20) << QSize(30, 20);
        QTest::newRow("one pixel") << QSize(100, 70) << QSize(1, 1);
    }
    void smallerFilmsAreMeansOfAreas() {
        QFETCH(QSize, from);
        QFETCH(QSize, to);
        constexpr int kBeside = 5; // a part of a wider image
        GreyImage whole(from.width() + kBeside, from.height());
        for (std::size_t i = 0; i < whole.values.size(); ++i)
            whole.values[i] = static_cast<std::uint8_t>(i * 2654435761U >> 13U);
        const GreyView part{whole.values.data() + kBeside, static_cast<std::size_t>(whole.widthPx),
                            from.width(), from.height()};
        GreyImage target(to.width(), to.height());
        resizeByArea(part, target);
        for (int y = 0; y < to.height(); ++y) {
            for (int x = 0; x < to.width(); ++x) {
                const int found = target.values[static_cast<std::size_t>(y * to.width() + x)];
                QVERIFY(std::abs(found - areaMean(part, target, x, y)) < 0.5001);
            }
        }
        std::ranges::fill(whole.values, std::uint8_t{255});
        resizeByArea(part, target);
        QVERIFY(std::ranges::all_of(target.values, [](int value) { return value == 255; }));
    }
};

QTEST_GUILESS_MAIN(TestWindowing)
#include "TestWindowing.moc"
