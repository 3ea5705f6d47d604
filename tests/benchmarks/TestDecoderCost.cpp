// What reading films in a helper process costs on top of reading them here, measured in turn in one run.

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <QTemporaryDir>
#include <QtTest>

#include "core/image/RadiographReader.h"
#include "core/sandbox/FilmDecoder.h"
#include "tests/support/DicomFiles.h"

using namespace hilum;
using namespace hilum::test;
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr double kMaxExtraMs = 20; // for the largest of them; some 6 on an idle machine

template <class Work>
double milliseconds(const Work& work) {
    const auto begin = Clock::now();
    work();
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
    return values[values.size() / 2];
}

ByteVector dicom(int sidePx) {
    std::vector<std::uint16_t> pixels(static_cast<std::size_t>(sidePx) * static_cast<std::size_t>(sidePx));
    for (std::size_t i = 0; i < pixels.size(); ++i)
        pixels[i] = static_cast<std::uint16_t>(i * 37 % 65521);
    RawDicom file;
    file.imagePixelModule(sidePx, sidePx, 16);
    file.element(0x7FE0, 0x0010, "OW", bytesOf(pixels, ByteOrder::Little));
    return file.bytes();
}

} // namespace

class TestDecoderCost : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    fs::path save(const ByteVector& bytes) const {
        const fs::path file = m_folder.filePath("film").toStdString();
        std::ofstream(file, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        return file;
    }

private Q_SLOTS:
    void aHelperCostsLittle_data() {
        QTest::addColumn<ByteVector>("bytes");
        QTest::addColumn<int>("pairs");
        QTest::newRow("PNG, 299 × 299, 8 bit")
            << makePng({.widthPx = 299, .heightPx = 299, .rows = makePicture(299, 299).values}) << 200;
        QTest::newRow("JPEG, 1024 × 1024") << makeJpeg(makePicture(1024, 1024)) << 60;
        QTest::newRow("DICOM, 1024 × 1024, 16 bit, uncompressed") << dicom(1024) << 60;
        QTest::newRow("DICOM, 3000 × 3000, 16 bit, uncompressed") << dicom(3000) << 20;
    }
    void aHelperCostsLittle() {
        QFETCH(ByteVector, bytes);
        QFETCH(int, pairs);
        const fs::path file = save(bytes);
        FilmDecoder decoder;
        QCOMPARE(decoder.problem(), std::string());
        std::vector<double> here, helper;
        for (int i = 0; i < pairs; ++i) {
            here.push_back(milliseconds([&] { QVERIFY(readRadiograph(file)); }));
            helper.push_back(milliseconds([&] { QVERIFY(decoder.read(file)); }));
        }
        const double extra = median(helper) - median(here);
        qInfo("%s: here %.2f ms, in a helper %.2f ms, %+.2f ms", QTest::currentDataTag(), median(here),
              median(helper), extra);
        QVERIFY(extra <= kMaxExtraMs);
    }

    // As training and predict do: every core reads films.
    void manyThreadsReadAsManyFilms() {
        const fs::path file = save(makeJpeg(makePicture(1024, 1024)));
        FilmDecoder decoder;
        const auto filmsPerSecond = [&](const std::function<bool()>& read) {
            constexpr int kFilms = 60;
            std::atomic<int> next = 0;
            const auto begin = Clock::now();
            {
                std::vector<std::jthread> threads;
                for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
                    threads.emplace_back([&] {
                        while (next++ < kFilms && read())
                            ;
                    });
            }
            return kFilms / std::chrono::duration<double>(Clock::now() - begin).count();
        };
        std::vector<double> here, helpers;
        for (int round = 0; round < 5; ++round) {
            here.push_back(filmsPerSecond([&] { return readRadiograph(file).has_value(); }));
            helpers.push_back(filmsPerSecond([&] { return decoder.read(file).has_value(); }));
        }
        qInfo("JPEG, 1024 × 1024, every core: here %.0f films/s, in helpers %.0f films/s", median(here),
              median(helpers));
        QVERIFY(median(helpers) > 0.5 * median(here));
    }
};

QTEST_GUILESS_MAIN(TestDecoderCost)
#include "TestDecoderCost.moc"
