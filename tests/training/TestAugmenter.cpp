#include <algorithm>
#include <cmath>
#include <numeric>

#include <QtTest/QtTest>

#include "training/Augmenter.h"

using namespace hilum;

namespace {

constexpr int kSide = 64;

// A square of its own grey value at every position, within what 8 bits allow.
GreyImage ramp() {
    GreyImage image(kSide, kSide);
    for (int y = 0; y < kSide; ++y) {
        for (int x = 0; x < kSide; ++x)
            image.at(x, y) = static_cast<std::uint8_t>(40 + x * 2 + y);
    }
    return image;
}

// One bright disc of radius 4 on black.
GreyImage disc(double centerX, double centerY) {
    GreyImage image(kSide, kSide);
    for (int y = 0; y < kSide; ++y) {
        for (int x = 0; x < kSide; ++x)
            image.at(x, y) = std::hypot(x - centerX, y - centerY) <= 4 ? 200 : 0;
    }
    return image;
}

struct Moments {
    double mass = 0, x = 0, y = 0;
};
Moments momentsOf(const GreyImage& image) {
    Moments m;
    for (int y = 0; y < image.heightPx; ++y) {
        for (int x = 0; x < image.widthPx; ++x) {
            m.mass += image.at(x, y);
            m.x += x * static_cast<double>(image.at(x, y));
            m.y += y * static_cast<double>(image.at(x, y));
        }
    }
    m.x /= m.mass;
    m.y /= m.mass;
    return m;
}

double meanOf(const GreyImage& image) {
    return std::accumulate(image.values.begin(), image.values.end(), 0.0) /
           static_cast<double>(image.values.size());
}

constexpr double kCenter = (kSide - 1) / 2.0;

} // namespace

class TestAugmenter : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void zeroRangesLeaveTheFilmAsItIs() {
        AugmentationConfig config{.horizontalFlip = false,
                                  .rotationDeg = 0,
                                  .zoom = 0,
                                  .translation = 0,
                                  .contrast = 0,
                                  .brightness = 0,
                                  .erasing = 0};
        for (std::uint64_t film = 0; film < 50; ++film) {
            Random random(1, 2, film);
            QVERIFY(augmented(ramp(), drawAugmentation(config, random), BorderMode::Black).values ==
                    ramp().values);
        }
    }

    void flipMirrorsEveryPixel() {
        AugmentationDraw draw;
        draw.flip = true;
        const GreyImage film = ramp(), flipped = augmented(film, draw, BorderMode::Black);
        for (int y = 0; y < kSide; ++y) {
            for (int x = 0; x < kSide; ++x)
                QCOMPARE(flipped.at(x, y), film.at(kSide - 1 - x, y));
        }
    }

    void everySecondFilmIsFlipped() {
        const AugmentationConfig config;
        int flips = 0;
        for (std::uint64_t film = 0; film < 2000; ++film) {
            Random random(1, 1, film);
            flips += drawAugmentation(config, random).flip ? 1 : 0;
        }
        QVERIFY(std::abs(flips - 1000) < 120); // standard deviation 22
    }

    void drawsStayWithinTheirRanges() {
        AugmentationConfig config{.rotationDeg = 36,
                                  .zoom = 0.2,
                                  .translation = 0.1,
                                  .contrast = 0.3,
                                  .brightness = 0.4,
                                  .erasing = 1};
        double leastZoom = 2, mostRotation = 0;
        for (std::uint64_t film = 0; film < 2000; ++film) {
            Random random(3, 1, film);
            const AugmentationDraw draw = drawAugmentation(config, random);
            QVERIFY(std::abs(draw.rotationDeg) <= 36);
            QVERIFY(std::abs(draw.zoom - 1) <= 0.2);
            QVERIFY(std::abs(draw.shiftX) <= 0.1 && std::abs(draw.shiftY) <= 0.1);
            QVERIFY(std::abs(draw.contrast - 1) <= 0.3 && std::abs(draw.brightness - 1) <= 0.4);
            QVERIFY(draw.erased.has_value());
            QVERIFY(draw.erased->left >= 0 && draw.erased->left + draw.erased->width <= 1 + 1e-12);
            leastZoom = std::min(leastZoom, draw.zoom);
            mostRotation = std::max(mostRotation, draw.rotationDeg);
        }
        QVERIFY(leastZoom < 0.81); // the range is used to its ends
        QVERIFY(mostRotation > 35);
    }

    // A disc right of the centre, turned counter-clockwise by 90 degrees, stands above it.
    void rotationIsCounterClockwise() {
        AugmentationDraw draw;
        draw.rotationDeg = 90;
        const Moments m = momentsOf(augmented(disc(kCenter + 20, kCenter), draw, BorderMode::Black));
        QVERIFY(std::abs(m.x - kCenter) < 0.1);
        QVERIFY(std::abs(m.y - (kCenter - 20)) < 0.1);
    }

    void zoomEnlargesAboutTheCentre() {
        AugmentationDraw draw;
        draw.zoom = 1.5;
        const GreyImage film = disc(kCenter + 12, kCenter - 8);
        const Moments before = momentsOf(film), after = momentsOf(augmented(film, draw, BorderMode::Black));
        QVERIFY(std::abs(after.x - (kCenter + 18)) < 0.1);
        QVERIFY(std::abs(after.y - (kCenter - 12)) < 0.1);
        QVERIFY(std::abs(after.mass / before.mass - 2.25) < 0.1);
    }

    void shiftIsAFractionOfTheSide() {
        AugmentationDraw draw;
        draw.shiftX = 0.125;
        draw.shiftY = -0.25;
        const Moments m = momentsOf(augmented(disc(30, 40), draw, BorderMode::Black));
        QVERIFY(std::abs(m.x - 38) < 1e-9);
        QVERIFY(std::abs(m.y - 24) < 1e-9);
    }

    void borderFillsWhatTheShiftUncovers_data() {
        QTest::addColumn<int>("border");
        QTest::addColumn<int>("expected"); // at x 0, y 10 after a shift by 8 to the right
        QTest::newRow("black") << static_cast<int>(BorderMode::Black) << 0;
        QTest::newRow("replicate") << static_cast<int>(BorderMode::Replicate) << 50;
        QTest::newRow("reflect") << static_cast<int>(BorderMode::Reflect) << 50 + 2 * 7;
    }
    void borderFillsWhatTheShiftUncovers() {
        QFETCH(int, border);
        QFETCH(int, expected);
        AugmentationDraw draw;
        draw.shiftX = 0.125;
        const GreyImage shifted = augmented(ramp(), draw, static_cast<BorderMode>(border));
        QCOMPARE(static_cast<int>(shifted.at(0, 10)), expected);
        QCOMPARE(shifted.at(8, 10), ramp().at(0, 10));
    }

    void contrastKeepsTheMean() {
        AugmentationDraw draw;
        draw.contrast = 0.5;
        const GreyImage film = ramp(), changed = augmented(film, draw, BorderMode::Black);
        const double mean = meanOf(film);
        QVERIFY(std::abs(meanOf(changed) - mean) < 0.5);
        QVERIFY(std::abs(changed.at(3, 5) - (mean + 0.5 * (film.at(3, 5) - mean))) <= 0.5 + 1e-9);
    }

    void brightnessIsAFactor() {
        AugmentationDraw draw;
        draw.brightness = 1.2;
        const GreyImage film = ramp(), changed = augmented(film, draw, BorderMode::Black);
        QVERIFY(std::abs(changed.at(3, 5) - 1.2 * film.at(3, 5)) <= 0.5 + 1e-9);
        draw.brightness = 3;
        QCOMPARE(augmented(film, draw, BorderMode::Black).at(kSide - 1, kSide - 1), std::uint8_t{255});
    }

    void erasedRectangleHasTheMeanGrey() {
        AugmentationDraw draw;
        draw.erased = {0.25, 0.5, 0.25, 0.125};
        const GreyImage film = ramp(), changed = augmented(film, draw, BorderMode::Black);
        for (int y = 0; y < kSide; ++y) {
            for (int x = 0; x < kSide; ++x) {
                const bool inside = x >= 16 && x < 32 && y >= 32 && y < 40;
                if (inside)
                    QVERIFY(std::abs(changed.at(x, y) - meanOf(film)) <= 0.5 + 1e-9);
                else
                    QCOMPARE(changed.at(x, y), film.at(x, y));
            }
        }
    }

    // Straight into the batch: the same pixels, through the network's table.
    void networkSeesTheSameVariant_data() {
        QTest::addColumn<int>("planes");
        QTest::addColumn<bool>("erases");
        for (const int planes : {1, 3}) {
            QTest::addRow("%d planes", planes) << planes << false;
            QTest::addRow("%d planes, erased", planes) << planes << true;
        }
    }
    void networkSeesTheSameVariant() {
        QFETCH(int, planes);
        QFETCH(bool, erases);
        const auto count = static_cast<std::size_t>(planes);
        std::vector<float> networkValues;
        for (std::size_t i = 0; i < 256 * count; ++i)
            networkValues.push_back(static_cast<float>(i) / 7 - 3);
        const AugmentationConfig config{.rotationDeg = 20, .contrast = 0.4, .erasing = erases ? 1.0 : 0.0};
        for (std::uint64_t film = 0; film < 20; ++film) {
            Random random(1, 2, film);
            const AugmentationDraw draw = drawAugmentation(config, random);
            const GreyImage expected = augmented(ramp(), draw, BorderMode::Replicate);
            std::vector<float> seen(expected.values.size() * count);
            augmentInto(seen.data(), ramp(), draw, BorderMode::Replicate, networkValues);
            for (std::size_t i = 0; i < seen.size(); ++i)
                QCOMPARE(seen[i], networkValues[expected.values[i / count] * count + i % count]);
        }
    }

    void sameNumbersGiveTheSameFilm() {
        const AugmentationConfig config{.rotationDeg = 20, .erasing = 0.5};
        Random one(1, 2, 3), two(1, 2, 3), other(1, 2, 4);
        const auto film = augmented(ramp(), drawAugmentation(config, one), BorderMode::Black);
        QVERIFY(film.values == augmented(ramp(), drawAugmentation(config, two), BorderMode::Black).values);
        QVERIFY(film.values != augmented(ramp(), drawAugmentation(config, other), BorderMode::Black).values);
    }
};

QTEST_APPLESS_MAIN(TestAugmenter)
#include "TestAugmenter.moc"
