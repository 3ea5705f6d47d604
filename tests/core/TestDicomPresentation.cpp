// What a DICOM file says about showing its pixels: lookup tables, padding, inversion, overlays, and what its
// functional groups say about each frame.

#include <QtTest>

#include "core/image/RadiographReader.h"
#include "core/image/Windowing.h"
#include "tests/support/DicomFiles.h"

using namespace hilum;
using namespace hilum::test;

namespace {

using Pixels = std::vector<std::uint16_t>;

Radiograph mustRead(const ByteVector& bytes, int frame = 1) {
    auto film = decodeRadiograph(bytes, {}, {frame});
    if (!film)
        qFatal("refused: %s", film.error().message.c_str());
    return std::move(*film);
}

// Stored values 0 … 7 in 12 bits.
DicomFile eightValues(const char* photometric = "MONOCHROME2") {
    DicomFile file;
    file.text(0x0028, 0x0004, photometric).pixels(8, 1, 16, 12, {0, 1, 2, 3, 4, 5, 6, 7});
    return file;
}

// Into the item that the file is at.
DicomFile& table(DicomFile& file, std::uint16_t first, std::uint16_t bits, const Pixels& entries) {
    file.words(0x0028, 0x3002, {static_cast<std::uint16_t>(entries.size()), first, bits});
    return file.words(0x0028, 0x3006, entries);
}

std::vector<double> modalityValues(const Radiograph& film) {
    std::vector<double> values;
    for (const std::uint16_t pixel : *film.pixels)
        values.push_back(film.modalityValue(pixel));
    return values;
}

std::vector<int> greys(const Radiograph& film, Polarity display = Polarity::AsStored) {
    const GreyImage image = applyWindow(film, defaultWindow(film), display);
    return {image.values.begin(), image.values.end()};
}

// A film of 8 × 4 pixels with one overlay of 3 × 2 pixels at this place; bits of its rows: 101, 011.
DicomFile withOverlay(std::int16_t top, std::int16_t left) {
    DicomFile file;
    file.pixels(8, 4, 16, 12, Pixels(32, 100));
    file.number(0x6000, 0x0010, 2).number(0x6000, 0x0011, 3).text(0x6000, 0x0040, "G");
    file.shorts(0x6000, 0x0050, {top, left});
    file.number(0x6000, 0x0100, 1).number(0x6000, 0x0102, 0).text(0x6000, 0x1500, "caliper");
    file.words(0x6000, 0x3000, {0b110101});
    return file;
}

std::vector<std::pair<int, int>> covered(const FilmOverlay& overlay, const Radiograph& film) {
    std::vector<std::pair<int, int>> places;
    for (int y = 0; y < film.heightPx; ++y)
        for (int x = 0; x < film.widthPx; ++x)
            if (overlay.covers(x, y))
                places.emplace_back(x, y);
    return places;
}

} // namespace

class TestDicomPresentation : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void modalityTableTakesThePlaceOfRescale() {
        for (const auto writing :
             {DicomWriting::ExplicitLittle, DicomWriting::ImplicitLittle, DicomWriting::ExplicitBig}) {
            DicomFile file = eightValues();
            file.text(0x0028, 0x1053, "9").text(0x0028, 0x1052, "9");
            table(file.enter(0x0028, 0x3000).text(0x0028, 0x3004, "OD"), 2, 16, {10, 30, 60, 1000});
            const Radiograph film = mustRead(file.leave().bytes(writing));
            QCOMPARE(modalityValues(film), (std::vector<double>{10, 10, 10, 30, 60, 1000, 1000, 1000}));
            QCOMPARE(film.rescaleType, std::string("OD"));
            QCOMPARE(film.polarity, Polarity::AsStored);
            QCOMPARE(*film.pixels, (Pixels{0, 1, 2, 3, 4, 5, 6, 7}));
            QVERIFY(film.source.warnings.empty());
        }
    }

    void fallingModalityTableTurnsTheFilmRound() {
        DicomFile file = eightValues();
        table(file.enter(0x0028, 0x3000), 0, 16, {700, 600, 500, 400, 300, 200, 100, 0});
        const Radiograph film = mustRead(file.leave().bytes());
        QCOMPARE(film.polarity, Polarity::Inverted);
        QCOMPARE(greys(film).front(), 255);
        QCOMPARE(greys(film).back(), 0);
    }

    void voiTableIsAppliedExactly_data() {
        QTest::addColumn<DicomWriting>("writing");
        QTest::newRow("explicit") << DicomWriting::ExplicitLittle;
        QTest::newRow("implicit") << DicomWriting::ImplicitLittle;
        QTest::newRow("big endian") << DicomWriting::ExplicitBig;
    }
    void voiTableIsAppliedExactly() {
        QFETCH(DicomWriting, writing);
        DicomFile file = eightValues();
        file.text(0x0028, 0x1050, "3").text(0x0028, 0x1051, "7");
        table(file.enter(0x0028, 0x3010).text(0x0028, 0x3003, "soft"), 2, 10, {0, 1023, 341, 682});
        const Radiograph film = mustRead(file.leave().bytes(writing));
        QCOMPARE(film.windows.size(), std::size_t{2}); // the table first, then the window
        QCOMPARE(film.windows[0].function, VoiFunction::Table);
        QCOMPARE(film.windows[0].explanation, std::string("soft"));
        QCOMPARE(film.windows[1].function, VoiFunction::Linear);
        QCOMPARE(greys(film), (std::vector<int>{0, 0, 0, 255, 85, 170, 170, 170}));
        QCOMPARE(greys(film, Polarity::Inverted), (std::vector<int>{255, 255, 255, 0, 170, 85, 85, 85}));
    }

    // Every entry of a large table meets its own input, whatever the rounding.
    void voiTableOfEveryLengthHitsEachEntry() {
        for (const std::size_t count : {1U, 2U, 3U, 255U, 256U, 1000U, 4095U, 4096U, 65536U}) {
            auto lookup = std::make_shared<LookupTable>();
            lookup->first = -77;
            for (std::size_t i = 0; i < count; ++i)
                lookup->entries.push_back(static_cast<std::uint16_t>(i * 40503 % 65536));
            Window window;
            window.function = VoiFunction::Table;
            window.center = lookup->first + (static_cast<double>(count) - 1) / 2;
            window.width = static_cast<double>(count);
            window.table = lookup;
            for (std::size_t i = 0; i < count; ++i)
                QCOMPARE(applyVoi(window, lookup->first + static_cast<double>(i)),
                         lookup->entries[i] / 65535.0);
        }
    }

    void voiTableTakesNegativeModalityValues() {
        DicomFile file = eightValues();
        file.text(0x0028, 0x1053, "1").text(0x0028, 0x1052, "-4");
        table(file.enter(0x0028, 0x3010), 0xFFFE, 8, {0, 85, 170, 255}); // from −2 on
        QCOMPARE(greys(mustRead(file.leave().bytes())), (std::vector<int>{0, 0, 0, 85, 170, 255, 255, 255}));
    }

    void unusableTablesAreLeftOutWithAWarning_data() {
        QTest::addColumn<std::uint16_t>("sequence");
        QTest::addColumn<Pixels>("descriptor");
        for (const std::uint16_t sequence : {std::uint16_t{0x3000}, std::uint16_t{0x3010}}) {
            QTest::addRow("%04x, more entries than data", sequence) << sequence << Pixels{100, 0, 16};
            QTest::addRow("%04x, 65536 entries declared", sequence) << sequence << Pixels{0, 0, 16};
            QTest::addRow("%04x, no bits", sequence) << sequence << Pixels{4, 0, 0};
            QTest::addRow("%04x, too many bits", sequence) << sequence << Pixels{4, 0, 17};
            QTest::addRow("%04x, no descriptor", sequence) << sequence << Pixels{};
        }
    }
    void unusableTablesAreLeftOutWithAWarning() {
        QFETCH(std::uint16_t, sequence);
        QFETCH(Pixels, descriptor);
        DicomFile file = eightValues();
        file.enter(0x0028, sequence).words(0x0028, 0x3006, {1, 2, 3, 4});
        if (!descriptor.empty())
            file.words(0x0028, 0x3002, descriptor);
        const Radiograph film = mustRead(file.leave().bytes());
        QCOMPARE(film.source.warnings.size(), std::size_t{1});
        QVERIFY(!film.modalityTable);
        QVERIFY(film.windows.empty());
    }

    void brokenTableSequenceIsRefusedInImplicitVr() {
        DicomFile file = eightValues();
        table(file.enter(0x0028, 0x3010), 0, 16, {1, 2, 3, 4});
        ByteVector bytes = file.leave().bytes(DicomWriting::ImplicitLittle);
        const ByteVector tag{0x28, 0, 0x06, 0x30};
        const auto at = std::search(bytes.begin(), bytes.end(), tag.begin(), tag.end());
        at[4] = 200; // longer than its item
        const auto film = decodeRadiograph(bytes);
        QVERIFY(!film.has_value());
        QCOMPARE(film.error().code, ErrorCode::Damaged);
    }

    void paddingIsBlackAndNoPartOfTheWindow_data() {
        QTest::addColumn<std::string>("photometric");
        QTest::newRow("MONOCHROME1") << std::string("MONOCHROME1");
        QTest::newRow("MONOCHROME2") << std::string("MONOCHROME2");
    }
    void paddingIsBlackAndNoPartOfTheWindow() {
        QFETCH(std::string, photometric);
        const bool inverted = photometric == "MONOCHROME1";
        DicomFile file;
        file.text(0x0028, 0x0004, photometric).pixels(4, 1, 16, 12, {4000, 1000, 1100, 1200});
        file.number(0x0028, 0x0120, 4000);
        const Radiograph film = mustRead(file.bytes());
        QVERIFY(film.isPadding((*film.pixels)[0]));
        QVERIFY(!film.isPadding((*film.pixels)[1]));
        QCOMPARE(greys(film),
                 inverted ? (std::vector<int>{0, 255, 128, 0}) : (std::vector<int>{0, 0, 128, 255}));
        QCOMPARE(greys(film, Polarity::Inverted)[0], 0);
    }

    void paddingMayBeARange() {
        DicomFile file;
        file.pixels(5, 1, 16, 12, {0, 10, 20, 1000, 3000});
        file.number(0x0028, 0x0120, 20).number(0x0028, 0x0121, 0); // either end may come first
        const Radiograph film = mustRead(file.bytes());
        QCOMPARE(film.padding->storedLow, 0);
        QCOMPARE(film.padding->storedHigh, 20);
        QCOMPARE(greys(film), (std::vector<int>{0, 0, 0, 0, 255}));
        QCOMPARE(defaultWindow(film).center, 2000.5);
    }

    void paddingOfSignedFilmsIsSigned() {
        DicomFile file;
        file.number(0x0028, 0x0103, 1).pixels(3, 1, 16, 16, {0xF830, 0, 100}); // −2000
        file.number(0x0028, 0x0120, 0xF830);
        for (const auto writing : {DicomWriting::ExplicitLittle, DicomWriting::ImplicitLittle}) {
            const Radiograph film = mustRead(file.bytes(writing));
            QCOMPARE(film.padding->storedLow, -2000);
            QVERIFY(film.isPadding((*film.pixels)[0]));
        }
    }

    void filmOfNothingButPaddingKeepsItsFullRange() {
        DicomFile file;
        file.pixels(2, 1, 16, 12, {7, 7}).number(0x0028, 0x0120, 7);
        const Radiograph film = mustRead(file.bytes());
        QCOMPARE(defaultWindow(film).width, 4096.0);
        QCOMPARE(greys(film), (std::vector<int>{0, 0}));
    }

    void presentationShape_data() {
        QTest::addColumn<std::string>("photometric");
        QTest::addColumn<std::string>("shape");
        QTest::addColumn<bool>("inverted");
        QTest::addColumn<int>("warnings");
        QTest::newRow("MONOCHROME2, none") << std::string("MONOCHROME2") << std::string() << false << 0;
        QTest::newRow("MONOCHROME2, identity")
            << std::string("MONOCHROME2") << std::string("IDENTITY") << false << 0;
        QTest::newRow("MONOCHROME2, inverse")
            << std::string("MONOCHROME2") << std::string("INVERSE") << true << 1;
        QTest::newRow("MONOCHROME1, none") << std::string("MONOCHROME1") << std::string() << true << 0;
        QTest::newRow("MONOCHROME1, inverse: not twice")
            << std::string("MONOCHROME1") << std::string("INVERSE") << true << 0;
        QTest::newRow("MONOCHROME1, identity: a contradiction")
            << std::string("MONOCHROME1") << std::string("IDENTITY") << true << 1;
    }
    void presentationShape() {
        QFETCH(std::string, photometric);
        QFETCH(std::string, shape);
        QFETCH(bool, inverted);
        QFETCH(int, warnings);
        DicomFile file = eightValues(photometric.c_str());
        if (!shape.empty())
            file.text(0x2050, 0x0020, shape);
        const Radiograph film = mustRead(file.bytes());
        QCOMPARE(film.polarity, inverted ? Polarity::Inverted : Polarity::AsStored);
        QCOMPARE(film.storedValue((*film.pixels)[5]), 5);
        QCOMPARE(greys(film)[0], inverted ? 255 : 0);
        QCOMPARE(static_cast<int>(film.source.warnings.size()), warnings);
    }

    void overlayLiesWhereItsOriginSays_data() {
        QTest::addColumn<DicomWriting>("writing");
        QTest::newRow("explicit") << DicomWriting::ExplicitLittle;
        QTest::newRow("implicit") << DicomWriting::ImplicitLittle;
        QTest::newRow("big endian") << DicomWriting::ExplicitBig;
        QTest::newRow("compressed") << DicomWriting::JpegLs;
    }
    void overlayLiesWhereItsOriginSays() {
        QFETCH(DicomWriting, writing);
        const Radiograph film = mustRead(withOverlay(2, 4).bytes(writing));
        QCOMPARE(film.overlays.size(), std::size_t{1});
        QCOMPARE(film.overlays[0].label, std::string("caliper"));
        QCOMPARE(covered(film.overlays[0], film),
                 (std::vector<std::pair<int, int>>{{3, 1}, {5, 1}, {4, 2}, {5, 2}}));
        QVERIFY(film.source.warnings.empty());
    }

    void overlayOutsideTheImageIsCutAndSaid() {
        const Radiograph film = mustRead(withOverlay(-2, 9).bytes());
        QCOMPARE(covered(film.overlays[0], film), (std::vector<std::pair<int, int>>{}));
        QCOMPARE(film.source.warnings.size(), std::size_t{1});
        const Radiograph other = mustRead(withOverlay(-32768, 32767).bytes());
        QCOMPARE(covered(other.overlays[0], other).size(), std::size_t{0});
    }

    void overlayWithTooLittleDataIsLeftOut() {
        DicomFile file = withOverlay(1, 1);
        file.number(0x6000, 0x0010, 2000).number(0x6000, 0x0011, 2000);
        const Radiograph film = mustRead(file.bytes());
        QVERIFY(film.overlays.empty());
        QCOMPARE(film.source.warnings.size(), std::size_t{1});
    }

    // Overlay planes in the unused high bits of the pixels, as files until 2004 have them.
    void overlayInUnusedBitsOfThePixelsIsRead() {
        for (const auto writing :
             {DicomWriting::ExplicitLittle, DicomWriting::ExplicitBig, DicomWriting::Rle}) {
            DicomFile file;
            file.pixels(3, 1, 16, 12, {0x2005, 0x0006, 0x3007});
            file.number(0x6002, 0x0010, 1).number(0x6002, 0x0011, 3).shorts(0x6002, 0x0050, {1, 1});
            file.number(0x6002, 0x0100, 16).number(0x6002, 0x0102, 13);
            const Radiograph film = mustRead(file.bytes(writing));
            QCOMPARE(*film.pixels, (Pixels{5, 6, 7}));
            QCOMPARE(film.overlays.size(), std::size_t{1});
            QCOMPARE(covered(film.overlays[0], film), (std::vector<std::pair<int, int>>{{0, 0}, {2, 0}}));
        }
    }

    void overlayInAStoredBitIsNone() {
        DicomFile file;
        file.pixels(3, 1, 16, 12, {0x2005, 0x0006, 0x3007});
        file.number(0x6002, 0x0010, 1).number(0x6002, 0x0011, 3).shorts(0x6002, 0x0050, {1, 1});
        file.number(0x6002, 0x0100, 16).number(0x6002, 0x0102, 11);
        const Radiograph film = mustRead(file.bytes());
        QVERIFY(film.overlays.empty());
        QCOMPARE(film.source.warnings.size(), std::size_t{1});
    }

    void overlayFramesBelongToTheirFrames() {
        DicomFile file;
        file.text(0x0028, 0x0008, "3").pixels(3, 1, 8, 8, {0, 0, 0, 1, 1, 1, 2, 2, 2});
        file.number(0x6000, 0x0010, 1).number(0x6000, 0x0011, 3).shorts(0x6000, 0x0050, {1, 1});
        file.number(0x6000, 0x0100, 1).number(0x6000, 0x0102, 0);
        file.text(0x6000, 0x0015, "2").number(0x6000, 0x0051, 2); // of the frames 2 and 3
        file.words(0x6000, 0x3000, {0b101'010});
        const ByteVector bytes = file.bytes();
        QVERIFY(mustRead(bytes, 1).overlays.empty());
        const Radiograph second = mustRead(bytes, 2);
        QCOMPARE(covered(second.overlays[0], second), (std::vector<std::pair<int, int>>{{1, 0}}));
        const Radiograph third = mustRead(bytes, 3);
        QCOMPARE(covered(third.overlays[0], third), (std::vector<std::pair<int, int>>{{0, 0}, {2, 0}}));
    }

    // PS3.3 C.7.6.16: a frame's own functional group before the shared one.
    void functionalGroupsOfTheFrameAreRead_data() { voiTableIsAppliedExactly_data(); }
    void functionalGroupsOfTheFrameAreRead() {
        QFETCH(DicomWriting, writing);
        DicomFile file;
        file.text(0x0028, 0x0008, "2").pixels(2, 1, 16, 12, {1, 2, 3, 4});
        file.enter(0x5200, 0x9229).enter(0x0028, 0x9110).text(0x0028, 0x0030, "0.4\\0.3").leave();
        file.enter(0x5200, 0x9229)
            .enter(0x0028, 0x9145)
            .text(0x0028, 0x1052, "-100")
            .text(0x0028, 0x1053, "2");
        file.leave().enter(0x5200, 0x9230, 0).enter(0x0028, 0x9132).text(0x0028, 0x1050, "50");
        file.text(0x0028, 0x1051, "60").leave();
        file.enter(0x5200, 0x9230, 1).enter(0x0028, 0x9110).text(0x0028, 0x0030, "0.2\\0.1").leave();
        const ByteVector bytes = file.bytes(writing);
        const Radiograph first = mustRead(bytes, 1);
        QCOMPARE(first.spacing->rowMm, 0.4);
        QCOMPARE(first.spacing->source, std::string("PixelSpacing of PixelMeasuresSequence"));
        QCOMPARE(first.modalityValue(first.pixel(0, 0)), -98.0);
        QCOMPARE(first.windows.size(), std::size_t{1});
        QCOMPARE(first.windows[0].center, 50.0);
        const Radiograph second = mustRead(bytes, 2);
        QCOMPARE(second.spacing->rowMm, 0.2);
        QCOMPARE(second.spacing->columnMm, 0.1);
        QVERIFY(second.windows.empty());
    }
};

QTEST_GUILESS_MAIN(TestDicomPresentation)
#include "TestDicomPresentation.moc"
