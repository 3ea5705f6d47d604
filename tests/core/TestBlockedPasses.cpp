// The passes over memory that stand between oneDNN's convolutions, against plain loops.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include "core/onednn/Kernels.h"

#include <QtTest>

using namespace hilum;

namespace {

constexpr Clamp kLimits{0.0F, 1.5F};

std::vector<Bfloat16> randomValues(std::size_t count) {
    std::mt19937 random(static_cast<std::uint32_t>(count));
    std::normal_distribution<float> normal;
    std::vector<Bfloat16> values(count);
    std::ranges::generate(values, [&] { return toBfloat16(normal(random)); });
    return values;
}

std::vector<float> perChannel(std::size_t channels, float first, float step) {
    std::vector<float> values(channels);
    for (std::size_t i = 0; i < channels; ++i)
        values[i] = first + step * static_cast<float>(i);
    return values;
}

float scaled(Bfloat16 value, float scale, float shift) {
    return std::clamp(std::fma(toFloat(value), scale, shift), kLimits.low, kLimits.high);
}

// Of the four pixels that a halved one is made of; at(row, column) is scaled.
template <class At>
float meanOfFour(std::size_t y, std::size_t x, const At& at) {
    return (at(2 * y, 2 * x) + at(2 * y, 2 * x + 1) + at(2 * y + 1, 2 * x) + at(2 * y + 1, 2 * x + 1)) / 4;
}

// At most one unit in the last place: whether a product is rounded before it is added is the compiler's
// choice.
bool isAlike(Bfloat16 found, float expected) {
    return std::abs(int{found.bits} - int{toBfloat16(expected).bits}) <= 1;
}

} // namespace

class TestBlockedPasses : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aMapIsRectifiedAndItsOpenPartsAreCounted() {
        const float none = std::numeric_limits<float>::quiet_NaN();
        std::vector<float> map{1, -2, 0, 3, none, -1, -1, 4}; // two channels of four pixels
        QCOMPARE(rectify(map, 4), (std::vector{0.5F, 0.25F}));
        QVERIFY(std::isnan(map[4])); // or a broken film would be read as a sound one
        map[4] = 0;
        QCOMPARE(map, (std::vector<float>{1, 0, 0, 3, 0, 0, 0, 4}));
    }

    void blocksAreScaled_data() {
        QTest::addColumn<std::size_t>("block");
        QTest::addColumn<std::size_t>("side");
        for (const std::size_t block : {8U, 16U}) {
            for (const std::size_t side :
                 {1U, 7U, 40U}) // with and without a pixel that is left over; on one thread, on several
                QTest::addRow("blocks of %zu, %zu pixels wide", block, side) << block << side;
        }
    }
    void blocksAreScaled() {
        QFETCH(std::size_t, block);
        QFETCH(std::size_t, side);
        const BlockedExtent extent{3, side, side};
        const std::size_t pixels = side * side, channels = extent.blocks * block;
        const std::vector<float> scale = perChannel(channels, 0.5F, 0.01F),
                                 shift = perChannel(channels, -0.1F, 0.02F);
        const std::vector<Bfloat16> source = randomValues(pixels * channels);
        std::vector<Bfloat16> target(source.size());
        scaleAndShift(source.data(), target.data(), scale.data(), shift.data(), extent, block, kLimits);
        for (std::size_t i = 0; i < source.size(); ++i) {
            const std::size_t channel = i / (pixels * block) * block + i % block;
            QVERIFY(isAlike(target[i], scaled(source[i], scale[channel], shift[channel])));
        }

        std::vector<Bfloat16> halved(channels * (side / 2) * (side / 2));
        scaleShiftAndHalve(source.data(), halved.data(), scale.data(), shift.data(), extent, block, kLimits);
        for (std::size_t i = 0; i < halved.size(); ++i) {
            const std::size_t lane = i % block, x = i / block % (side / 2),
                              y = i / block / (side / 2) % (side / 2);
            const std::size_t of = i / block / (side / 2) / (side / 2), channel = of * block + lane;
            const float expected = meanOfFour(y, x, [&](std::size_t row, std::size_t column) {
                return scaled(source[((of * side + row) * side + column) * block + lane], scale[channel],
                              shift[channel]);
            });
            QVERIFY(isAlike(halved[i], expected));
        }
    }

    void pixelsAreScaled_data() {
        QTest::addColumn<std::size_t>("channels");
        for (const std::size_t channels : {5U, 32U, 75U})
            QTest::addRow("%zu channels", channels) << channels;
    }
    void pixelsAreScaled() {
        QFETCH(std::size_t, channels);
        const PixelExtent extent{5, 3, channels};
        const std::size_t stride = channels + 8; // part of a concatenation
        const std::vector<float> scale = perChannel(channels, 0.5F, 0.01F),
                                 shift = perChannel(channels, -0.1F, 0.02F);
        std::vector<Bfloat16> source = randomValues(15 * stride), target(15 * channels);
        scaleAndShift({source.data(), stride}, {target.data(), channels}, scale.data(), shift.data(), extent,
                      kLimits);
        for (std::size_t i = 0; i < target.size(); ++i) {
            const std::size_t channel = i % channels;
            QVERIFY(isAlike(target[i],
                            scaled(source[i / channels * stride + channel], scale[channel], shift[channel])));
        }
    }

    void pixelsAreHalved() {
        constexpr std::size_t kChannels = 20, kRows = 5, kColumns = 7;
        const std::vector<float> scale = perChannel(kChannels, 0.5F, 0.01F),
                                 shift = perChannel(kChannels, -0.1F, 0.02F);
        std::vector<Bfloat16> source = randomValues(kRows * kColumns * kChannels), target(2 * 3 * kChannels);
        scaleShiftAndHalve({source.data(), kChannels}, {target.data(), kChannels}, scale.data(), shift.data(),
                           {kRows, kColumns, kChannels}, kLimits);
        for (std::size_t i = 0; i < target.size(); ++i) {
            const std::size_t channel = i % kChannels, x = i / kChannels % 3, y = i / kChannels / 3;
            const float expected = meanOfFour(y, x, [&](std::size_t row, std::size_t column) {
                return scaled(source[(row * kColumns + column) * kChannels + channel], scale[channel],
                              shift[channel]);
            });
            QVERIFY(isAlike(target[i], expected));
        }
    }

    void valuesAreAdded() {
        for (const std::size_t count : {7U, 40'000U}) { // on one thread, on several
            const std::vector<Bfloat16> a = randomValues(count), b = randomValues(count + 1);
            std::vector<Bfloat16> target(count);
            addValues(a.data(), b.data(), target.data(), count, kLimits);
            for (std::size_t i = 0; i < count; ++i)
                QVERIFY(
                    isAlike(target[i], std::clamp(toFloat(a[i]) + toFloat(b[i]), kLimits.low, kLimits.high)));
        }
    }

    void manyValuesAreNarrowed() { // on several threads
        const std::vector<Bfloat16> values = randomValues(30'021);
        std::vector<float> wide(values.size());
        std::ranges::transform(values, wide.begin(), [](Bfloat16 value) { return toFloat(value); });
        std::vector<Bfloat16> back(values.size());
        narrow(wide, back.data());
        for (std::size_t i = 0; i < values.size(); ++i)
            QCOMPARE(back[i].bits, values[i].bits);
    }

    void halvesAreRoundedToEven() {
        std::vector<float> values;
        for (std::uint32_t bits = 0x3F80'0000; bits < 0x3F84'0000;
             bits += 0x1000) // sixteen steps from one to the next
            values.push_back(std::bit_cast<float>(bits));
        values.insert(values.end(), {0.0F, -0.0F, -3.1415927F, 1e30F, -INFINITY});
        for (std::size_t count = 1; count <= values.size(); ++count) {
            const std::span<const float> some(values.data(), count);
            std::vector<Bfloat16> found(count);
            narrow(some, found.data());
            for (std::size_t i = 0; i < count; ++i)
                QCOMPARE(found[i].bits, toBfloat16(some[i]).bits);
        }
        QCOMPARE(toBfloat16(std::bit_cast<float>(0x3F80'8000)).bits, std::uint16_t{0x3F80});
        QCOMPARE(toBfloat16(std::bit_cast<float>(0x3F81'8000)).bits, std::uint16_t{0x3F82});
    }
};

QTEST_APPLESS_MAIN(TestBlockedPasses)
#include "TestBlockedPasses.moc"
