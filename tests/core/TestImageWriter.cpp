// What is written is read back, and never half written.

#include <QtTest>

#include <QTemporaryDir>
#include <filesystem>
#include <fstream>

#include <opencv2/imgcodecs.hpp>

#include "core/image/ImageWriter.h"
#include "core/image/RadiographReader.h"
#include "tests/support/PictureFiles.h"

using namespace hilum;
namespace fs = std::filesystem;

class TestImageWriter : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    fs::path path(const char* name) const { return fs::path(m_folder.path().toStdString()) / name; }

private Q_SLOTS:
    void storedValuesComeBack_data() {
        QTest::addColumn<Polarity>("polarity");
        QTest::addColumn<bool>("isSigned");
        QTest::newRow("plain") << Polarity::AsStored << false;
        QTest::newRow("inverted") << Polarity::Inverted << false;
        QTest::newRow("signed") << Polarity::AsStored << true;
        QTest::newRow("signed and inverted") << Polarity::Inverted << true;
    }
    void storedValuesComeBack() {
        QFETCH(Polarity, polarity);
        QFETCH(bool, isSigned);
        Radiograph film;
        film.widthPx = 3;
        film.heightPx = 2;
        film.bitsStored = 12;
        film.storedMin = isSigned ? -2048 : 0;
        film.storedMax = film.storedMin + 4095;
        film.polarity = polarity;
        film.pixels = std::make_shared<const std::vector<std::uint16_t>>(
            std::vector<std::uint16_t>{0, 1, 1000, 2048, 4094, 4095});
        QVERIFY(writeStoredValuesPng(film, path("stored.png")).has_value());
        const auto back = readRadiograph(path("stored.png"));
        QVERIFY(back.has_value());
        QCOMPARE(back->bitsStored, 16);
        QCOMPARE(back->widthPx, 3);
        for (std::size_t i = 0; i < film.pixels->size(); ++i)
            QCOMPARE(int{(*back->pixels)[i]}, film.storedValue((*film.pixels)[i]) - film.storedMin);
    }

    void picturesComeBack() {
        const auto colour = test::makePicture(20, 10, 3);
        QVERIFY(writePng(colour, path("colour.png")).has_value());
        const cv::Mat bgr = cv::imread(path("colour.png").string());
        for (int y = 0; y < 10; ++y)
            for (int x = 0; x < 20; ++x)
                for (int c = 0; c < 3; ++c)
                    QCOMPARE(bgr.at<cv::Vec3b>(y, x)[2 - c], colour.at(x, y, c));
        const auto grey = test::makePicture(20, 10);
        QVERIFY(writePng(grey, path("grey.png")).has_value());
        const auto back = readRadiograph(path("grey.png"));
        QVERIFY(std::equal(grey.values.begin(), grey.values.end(), back->pixels->begin()));
        const std::string encoded = encodePng(grey);
        QVERIFY(encoded.starts_with("\x89PNG"));
    }

    void floatsComeBackExactly() {
        FloatImage map(5, 2);
        map.values = {0, -1, 1e-30F, 3.4e38F, 0.1F, 1, 2, 3, 4, 5};
        QVERIFY(writeFloatTiff(map, path("map.tiff")).has_value());
        const cv::Mat back = cv::imread(path("map.tiff").string(), cv::IMREAD_UNCHANGED);
        QCOMPARE(back.type(), CV_32FC1);
        for (std::size_t i = 0; i < map.values.size(); ++i)
            QCOMPARE(back.ptr<float>()[i], map.values[i]);
    }

    void failureLeavesTheOldFileAndSaysWhy() {
        const auto written = writePng(test::makePicture(4, 4), path("no-such-folder") / "x.png");
        QVERIFY(!written.has_value());
        QCOMPARE(written.error().code, ErrorCode::NotWritable);
        fs::create_directory(path("taken.png"));
        QCOMPARE(writePng(test::makePicture(4, 4), path("taken.png")).error().code, ErrorCode::NotWritable);
        QVERIFY(fs::is_directory(path("taken.png")));
        for (const auto& entry : fs::directory_iterator(m_folder.path().toStdString()))
            QVERIFY(entry.path().extension() != ".tmp");
    }

    void existingFileIsReplaced() {
        std::ofstream(path("old.png")) << "old";
        QVERIFY(writePng(test::makePicture(4, 4), path("old.png")).has_value());
        QVERIFY(readRadiograph(path("old.png")).has_value());
    }
};

QTEST_GUILESS_MAIN(TestImageWriter)
#include "TestImageWriter.moc"
