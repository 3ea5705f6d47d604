// DICOM files with known stored values, in every encoding that is read, whole and damaged.

#include <QtTest>

#include <limits>

#include "core/image/DicomAttributes.h"
#include "core/image/DicomStructure.h"
#include "core/image/RadiographReader.h"
#include "tests/support/DicomFiles.h"

using namespace hilum;
using namespace hilum::test;

namespace {

using Pixels = std::vector<std::uint16_t>;

constexpr std::uint32_t kUndefined = 0xFFFFFFFF;

Radiograph mustRead(const ByteVector& bytes) {
    auto film = decodeRadiograph(bytes);
    if (!film)
        qFatal("refused: %s", film.error().message.c_str());
    return std::move(*film);
}

Error refusal(const ByteVector& bytes) {
    const auto film = decodeRadiograph(bytes);
    return film ? Error{ErrorCode::Internal, "it was read", {}} : film.error();
}

bool mentions(const Error& error, const char* text) { return error.message.find(text) != std::string::npos; }

std::vector<int> storedValues(const Radiograph& film) {
    std::vector<int> values;
    for (const std::uint16_t pixel : *film.pixels)
        values.push_back(film.storedValue(pixel));
    return values;
}

ByteVector firstBytes(const ByteVector& bytes, std::size_t count) {
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count)};
}

// 12 bits in 16, every value between 0 and 4095 at least once.
Pixels twelveBits() {
    Pixels pixels(64 * 80);
    for (std::size_t i = 0; i < pixels.size(); ++i)
        pixels[i] = static_cast<std::uint16_t>(i * 7 % 4096);
    return pixels;
}

DicomFile smallFilm() {
    DicomFile file;
    file.pixels(4, 2, 16, 12, {0, 1, 2, 3, 1000, 2000, 4094, 4095});
    return file;
}

std::filesystem::path sharedDicom() { return std::filesystem::path(HILUM_SHARED_DATA) / "dicom"; }

} // namespace

class TestDicomReader : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void storedValuesAreExact_data() {
        QTest::addColumn<DicomWriting>("writing");
        QTest::addColumn<std::string>("encoding");
        QTest::newRow("implicit little endian")
            << DicomWriting::ImplicitLittle << std::string("uncompressed");
        QTest::newRow("explicit little endian")
            << DicomWriting::ExplicitLittle << std::string("uncompressed");
        QTest::newRow("explicit big endian") << DicomWriting::ExplicitBig << std::string("uncompressed");
        QTest::newRow("deflated") << DicomWriting::Deflated << std::string("deflated");
        QTest::newRow("JPEG-LS") << DicomWriting::JpegLs << std::string("JPEG-LS Lossless");
        QTest::newRow("RLE") << DicomWriting::Rle << std::string("RLE Lossless");
        QTest::newRow("JPEG Lossless") << DicomWriting::JpegLossless << std::string("JPEG Lossless");
    }
    void storedValuesAreExact() {
        QFETCH(DicomWriting, writing);
        QFETCH(std::string, encoding);
        const Pixels pixels = twelveBits();
        DicomFile file;
        file.pixels(64, 80, 16, 12, pixels);
        const Radiograph film = mustRead(file.bytes(writing));
        QCOMPARE(film.widthPx, 64);
        QCOMPARE(film.heightPx, 80);
        QVERIFY(*film.pixels == pixels);
        QCOMPARE(film.bitsStored, 12);
        QCOMPARE(film.storedMin, 0);
        QCOMPARE(film.storedMax, 4095);
        QCOMPARE(film.polarity, Polarity::AsStored);
        QCOMPARE(film.source.format, std::string("DICOM"));
        QCOMPARE(film.source.encoding, encoding);
        QCOMPARE(film.source.photometric, std::string("MONOCHROME2"));
        QVERIFY(film.source.warnings.empty());
    }

    void eightBitValuesAreExact_data() { storedValuesAreExact_data(); }
    void eightBitValuesAreExact() {
        QFETCH(DicomWriting, writing);
        const auto picture = makePicture(31, 17);
        const Pixels pixels(picture.values.begin(), picture.values.end());
        DicomFile file;
        file.pixels(31, 17, 8, 8, pixels);
        QVERIFY(*mustRead(file.bytes(writing)).pixels == pixels);
    }

    void lossyJpegIsWhatDcmtkDecodes_data() {
        QTest::addColumn<DicomWriting>("writing");
        QTest::addColumn<int>("bits");
        QTest::newRow("baseline") << DicomWriting::JpegBaseline << 8;
        QTest::newRow("extended, 12 bit") << DicomWriting::JpegExtended << 12;
    }
    void lossyJpegIsWhatDcmtkDecodes() {
        QFETCH(DicomWriting, writing);
        QFETCH(int, bits);
        const auto picture = makePicture(61, 47);
        Pixels pixels(picture.values.begin(), picture.values.end());
        if (bits == 12)
            for (auto& pixel : pixels)
                pixel = static_cast<std::uint16_t>(pixel * 16);
        DicomFile file;
        file.pixels(61, 47, bits == 8 ? 8 : 16, bits, pixels);
        const ByteVector bytes = file.bytes(writing);
        const Radiograph film = mustRead(bytes);
        const ByteVector reference = decodedByDcmtk(bytes);
        int furthest = 0;
        for (std::size_t i = 0; i < pixels.size(); ++i) {
            const int expected = bits == 8 ? reference[i] : reference[2 * i] | reference[2 * i + 1] << 8;
            QCOMPARE(int{(*film.pixels)[i]}, expected);
            furthest = std::max(furthest, std::abs(expected - pixels[i]));
        }
        QVERIFY(furthest < (bits == 8 ? 20 : 400)); // and that is the picture
    }

    void monochrome1IsInverted_data() { storedValuesAreExact_data(); }
    void monochrome1IsInverted() {
        QFETCH(DicomWriting, writing);
        DicomFile file = smallFilm();
        file.text(0x0028, 0x0004, "MONOCHROME1");
        const Radiograph film = mustRead(file.bytes(writing));
        QCOMPARE(*film.pixels, (Pixels{4095, 4094, 4093, 4092, 3095, 2095, 1, 0}));
        QCOMPARE(film.polarity, Polarity::Inverted);
        QCOMPARE(storedValues(film), (std::vector<int>{0, 1, 2, 3, 1000, 2000, 4094, 4095}));
    }

    void signedValuesKeepTheirSign_data() {
        QTest::addColumn<DicomWriting>("writing");
        QTest::addColumn<std::string>("photometric");
        for (const auto writing : {DicomWriting::ExplicitLittle, DicomWriting::ExplicitBig, DicomWriting::Rle,
                                   DicomWriting::JpegLossless, DicomWriting::JpegLs})
            for (const char* photometric : {"MONOCHROME1", "MONOCHROME2"})
                QTest::addRow("%d %s", static_cast<int>(writing), photometric)
                    << writing << std::string(photometric);
    }
    void signedValuesKeepTheirSign() {
        QFETCH(DicomWriting, writing);
        QFETCH(std::string, photometric);
        DicomFile file;
        file.number(0x0028, 0x0103, 1).text(0x0028, 0x0004, photometric);
        file.pixels(4, 1, 16, 16, {0x8000, 0xFFFF, 0, 0x7FFF});
        const Radiograph film = mustRead(file.bytes(writing));
        QCOMPARE(film.storedMin, -32768);
        QCOMPARE(film.storedMax, 32767);
        QCOMPARE(storedValues(film), (std::vector<int>{-32768, -1, 0, 32767}));
        QCOMPARE(int{film.pixel(0, 0)}, photometric == "MONOCHROME1" ? 65535 : 0);
    }

    void bitsOutsideTheStoredOnesAreMasked() {
        DicomFile file;
        file.number(0x0028, 0x0103, 1);
        file.pixels(4, 1, 16, 12, {0xF7FF, 0x0800, 0x5FFF, 0xA001});
        const Radiograph film = mustRead(file.bytes());
        QCOMPARE(film.storedMin, -2048);
        QCOMPARE(storedValues(film), (std::vector<int>{2047, -2048, -1, 1}));
    }

    void leftAlignedSamplesAreShifted() {
        DicomFile file;
        file.pixels(3, 1, 16, 12, {0x0010, 0xFFFF, 0x8008});
        file.number(0x0028, 0x0102, 15);
        QCOMPARE(storedValues(mustRead(file.bytes())), (std::vector<int>{1, 4095, 2048}));
    }

    void rescaleAndWindowsAreRead() {
        DicomFile file = smallFilm();
        file.text(0x0028, 0x1052, "-1024").text(0x0028, 0x1053, "2.5").text(0x0028, 0x1054, "US");
        file.text(0x0028, 0x1050, "40\\-600.5").text(0x0028, 0x1051, "400\\1500");
        file.text(0x0028, 0x1055, "BONE\\LUNG").text(0x0028, 0x1056, "SIGMOID");
        const Radiograph film = mustRead(file.bytes());
        QCOMPARE(film.rescaleSlope, 2.5);
        QCOMPARE(film.rescaleIntercept, -1024.0);
        QCOMPARE(film.rescaleType, std::string("US"));
        QCOMPARE(film.modalityValue(film.pixel(0, 1)), 1476.0);
        const std::vector<Window> expected{{40, 400, VoiFunction::Sigmoid, "BONE"},
                                           {-600.5, 1500, VoiFunction::Sigmoid, "LUNG"}};
        QVERIFY(film.windows == expected);
    }

    // Brightness follows the modality value; with a negative slope that is against the stored one.
    void negativeSlopeTurnsTheFilmRound() {
        DicomFile file = smallFilm();
        file.text(0x0028, 0x1052, "4095").text(0x0028, 0x1053, "-1");
        QCOMPARE(mustRead(file.bytes()).polarity, Polarity::Inverted);
        file.text(0x0028, 0x0004, "MONOCHROME1");
        const Radiograph film = mustRead(file.bytes());
        QCOMPARE(film.polarity, Polarity::AsStored);
        QCOMPARE(film.modalityValue(film.pixel(3, 1)), 0.0);
    }

    void nonsenseIsLeftOutWithAWarning_data() {
        QTest::addColumn<std::uint16_t>("element");
        QTest::addColumn<std::string>("value");
        QTest::newRow("slope 0") << std::uint16_t{0x1053} << std::string("0");
        QTest::newRow("slope not a number") << std::uint16_t{0x1053} << std::string("nan");
        QTest::newRow("slope is text") << std::uint16_t{0x1053} << std::string("abc");
        QTest::newRow("intercept infinite") << std::uint16_t{0x1052} << std::string("inf");
        QTest::newRow("width 0") << std::uint16_t{0x1051} << std::string("0");
        QTest::newRow("width negative") << std::uint16_t{0x1051} << std::string("-5");
        QTest::newRow("width not a number") << std::uint16_t{0x1051} << std::string("nan");
        QTest::newRow("linear width below 1") << std::uint16_t{0x1051} << std::string("0.5");
        QTest::newRow("one width for two centers") << std::uint16_t{0x1050} << std::string("1\\2");
        QTest::newRow("spacing 0") << std::uint16_t{0x0030} << std::string("0\\0");
        QTest::newRow("spacing negative") << std::uint16_t{0x0030} << std::string("0.1\\-0.1");
        QTest::newRow("spacing not a number") << std::uint16_t{0x0030} << std::string("nan\\0.1");
        QTest::newRow("one spacing") << std::uint16_t{0x0030} << std::string("0.1");
        QTest::newRow("unknown function") << std::uint16_t{0x1056} << std::string("MAGIC");
    }
    void nonsenseIsLeftOutWithAWarning() {
        QFETCH(std::uint16_t, element);
        QFETCH(std::string, value);
        DicomFile file = smallFilm();
        file.text(0x0028, 0x1050, "100").text(0x0028, 0x1051, "200");
        file.text(0x0028, 0x1052, "7").text(0x0028, 0x1053, "2").text(0x0028, 0x0030, "0.2\\0.1");
        file.text(0x0028, element, value);
        const Radiograph film = mustRead(file.bytes());
        QCOMPARE(film.source.warnings.size(), std::size_t{1});
        const bool rescale = element == 0x1053 || element == 0x1052;
        QCOMPARE(film.rescaleSlope, rescale ? 1.0 : 2.0);
        QCOMPARE(film.rescaleIntercept, rescale ? 0.0 : 7.0);
        QCOMPARE(film.windows.size(), std::size_t{element == 0x1051 ? 0U : 1U});
        QCOMPARE(film.spacing.has_value(), element != 0x0030);
    }

    void spacingTellsItsSource_data() {
        QTest::addColumn<std::string>("pixel");
        QTest::addColumn<std::string>("imager");
        QTest::addColumn<std::string>("factor");
        QTest::addColumn<double>("rowMm");
        QTest::addColumn<double>("columnMm");
        QTest::addColumn<std::string>("source");
        QTest::newRow("pixel spacing first") << std::string("0.2\\0.1") << std::string("0.3\\0.3")
                                             << std::string("2") << 0.2 << 0.1 << std::string("PixelSpacing");
        QTest::newRow("at the detector") << std::string() << std::string("0.3\\0.15") << std::string() << 0.3
                                         << 0.15 << std::string("ImagerPixelSpacing");
        QTest::newRow("magnified") << std::string() << std::string("0.22\\0.11") << std::string("1.1") << 0.2
                                   << 0.1 << std::string("ImagerPixelSpacing ÷ 1.10");
        QTest::newRow("nonsense factor") << std::string() << std::string("0.3\\0.3") << std::string("0")
                                         << 0.3 << 0.3 << std::string("ImagerPixelSpacing");
        QTest::newRow("none") << std::string() << std::string() << std::string() << 0.0 << 0.0
                              << std::string();
    }
    void spacingTellsItsSource() {
        QFETCH(std::string, pixel);
        QFETCH(std::string, imager);
        QFETCH(std::string, factor);
        QFETCH(std::string, source);
        QFETCH(double, rowMm);
        QFETCH(double, columnMm);
        DicomFile file = smallFilm();
        if (!pixel.empty())
            file.text(0x0028, 0x0030, pixel);
        if (!imager.empty())
            file.text(0x0018, 0x1164, imager);
        if (!factor.empty())
            file.text(0x0018, 0x1114, factor);
        const Radiograph film = mustRead(file.bytes());
        QCOMPARE(film.spacing.has_value(), !source.empty());
        if (film.spacing) {
            QCOMPARE(film.spacing->source, source);
            QCOMPARE(film.spacing->rowMm, rowMm);
            QCOMPARE(film.spacing->columnMm, columnMm);
        }
    }

    void headerIsReadAsUtf8() {
        DicomFile file = smallFilm();
        file.text(0x0008, 0x0005, "ISO_IR 100").text(0x0010, 0x0010, "M\xFCller^J\xF6rg");
        file.text(0x0010, 0x0020, "ID 7").text(0x0010, 0x0040, "F").text(0x0010, 0x1010, "054Y");
        file.text(0x0008, 0x0020, "20260102").text(0x0018, 0x5101, "PA").text(0x0018, 0x0015, "CHEST");
        const FilmHeader header = mustRead(file.bytes()).header;
        QCOMPARE(header.patientName, std::string("Müller^Jörg"));
        QCOMPARE(header.patientId, std::string("ID 7"));
        QCOMPARE(header.patientSex, std::string("F"));
        QCOMPARE(header.patientAge, std::string("054Y"));
        QCOMPARE(header.studyDate, std::string("20260102"));
        QCOMPARE(header.modality, std::string("CR"));
        QCOMPARE(header.viewPosition, std::string("PA"));
        QCOMPARE(header.bodyPart, std::string("CHEST"));
    }

    void hostileTextIsCleaned() {
        QCOMPARE(cleanText("a\x1b[31mb\r\n\tc\x7f"), std::string("a[31mbc"));
        QCOMPARE(cleanText("x\u202Egnp.exe"), std::string("xgnp.exe"));
        QCOMPARE(cleanText("\xFF\xC0\x80Z"), std::string("\uFFFD\uFFFD\uFFFDZ"));
        QCOMPARE(cleanText("\xED\xA0\x80"), std::string("\uFFFD\uFFFD\uFFFD")); // a surrogate
        QCOMPARE(cleanText("山田^太郎  "), std::string("山田^太郎"));
        QCOMPARE(cleanText(std::string_view("a\0b", 3)), std::string("ab"));
        DicomFile file = smallFilm();
        file.text(0x0008, 0x0005, "ISO_IR 999")
            .text(0x0010, 0x0010,
                  "A\x1B\xFF"
                  "B");
        QCOMPARE(mustRead(file.bytes()).header.patientName, std::string("A\uFFFDB"));
    }

    void colourBecomesLuma_data() {
        QTest::addColumn<std::string>("photometric");
        QTest::addColumn<bool>("planar");
        QTest::addColumn<DicomWriting>("writing");
        QTest::addColumn<ByteVector>("samples");
        QTest::addColumn<Pixels>("expected");
        const ByteVector rgb{255, 0, 0, 9, 9, 9, 0, 255, 0, 10, 20, 30};
        const ByteVector planes{255, 9, 0, 10, 0, 9, 255, 20, 0, 9, 0, 30};
        const Pixels luma{76, 9, 150, 18};
        for (const auto writing : {DicomWriting::ExplicitLittle, DicomWriting::ExplicitBig, DicomWriting::Rle,
                                   DicomWriting::JpegLs}) {
            QTest::addRow("RGB %d", static_cast<int>(writing))
                << std::string("RGB") << false << writing << rgb << luma;
            QTest::addRow("RGB planes %d", static_cast<int>(writing))
                << std::string("RGB") << true << writing << planes << luma;
        }
        QTest::newRow("YBR_FULL") << std::string("YBR_FULL") << false << DicomWriting::ExplicitLittle << rgb
                                  << Pixels{255, 9, 0, 10};
        QTest::newRow("YBR_FULL_422") << std::string("YBR_FULL_422") << false << DicomWriting::ExplicitLittle
                                      << ByteVector{50, 60, 1, 2, 70, 80, 3, 4} << Pixels{50, 60, 70, 80};
    }
    void colourBecomesLuma() {
        QFETCH(std::string, photometric);
        QFETCH(bool, planar);
        QFETCH(DicomWriting, writing);
        QFETCH(ByteVector, samples);
        QFETCH(Pixels, expected);
        DicomFile file;
        file.colourPixels(2, 2, photometric, planar, samples);
        const Radiograph film = mustRead(file.bytes(writing));
        QCOMPARE(*film.pixels, expected);
        QCOMPARE(film.bitsStored, 8);
        QCOMPARE(film.source.warnings.size(), std::size_t{1});
    }

    void colourJpegGivesItsLuma() {
        const auto picture = makePicture(32, 24, 3);
        DicomFile file;
        file.colourPixels(32, 24, "RGB", false, picture.values);
        const ByteVector lossless = file.bytes(DicomWriting::JpegLossless);
        const ByteVector lossy = file.bytes(DicomWriting::JpegBaseline); // stored as YCbCr
        const Radiograph exact = mustRead(lossless);
        const Radiograph film = mustRead(lossy);
        QCOMPARE(film.source.photometric.substr(0, 3), std::string("YBR"));
        for (std::size_t i = 0; i < exact.pixels->size(); ++i) {
            const std::uint8_t* rgb = &picture.values[3 * i];
            QCOMPARE(int{(*exact.pixels)[i]}, (299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
            QVERIFY(std::abs((*film.pixels)[i] - (*exact.pixels)[i]) < 16);
        }
    }

    void greyInColourIsTakenAsItIs() {
        DicomFile file;
        file.colourPixels(2, 1, "RGB", false, {7, 7, 7, 200, 200, 200});
        const Radiograph film = mustRead(file.bytes());
        QCOMPARE(*film.pixels, (Pixels{7, 200}));
        QVERIFY(film.source.warnings.empty());
    }

    void paletteIsLookedUp() {
        DicomFile file;
        file.text(0x0028, 0x0004, "PALETTE COLOR");
        file.pixels(4, 1, 8, 8, {1, 2, 3, 9});
        for (std::uint16_t i = 0; i < 3; ++i) {
            file.words(0x0028, static_cast<std::uint16_t>(0x1101 + i), {3, 1, 16});
            file.words(0x0028, static_cast<std::uint16_t>(0x1201 + i),
                       {100, 5000, static_cast<std::uint16_t>(60000 + i)});
        }
        for (const auto writing : {DicomWriting::ExplicitLittle, DicomWriting::ExplicitBig}) {
            const Radiograph film = mustRead(file.bytes(writing));
            QCOMPARE(*film.pixels, (Pixels{100, 5000, 60001, 60001}));
            QCOMPARE(film.bitsStored, 16);
            QCOMPARE(film.source.warnings.size(), std::size_t{2}); // beyond the palette; colour
        }
        file.words(0x0028, 0x1203, {1});
        QCOMPARE(refusal(file.bytes()).code, ErrorCode::Damaged);
    }

    void fileWithoutPreambleIsRead() {
        const ByteVector whole = smallFilm().bytes();
        const ByteVector bare(whole.begin() + 132, whole.end());
        QVERIFY(decodeRadiograph(bare).has_value());
        RawDicom dataset("");
        dataset.text(0x0008, 0x0016, "UI", "1.2.840.10008.5.1.4.1.1.1").imagePixelModule(2, 1, 8);
        dataset.element(0x7FE0, 0x0010, "OB", {5, 6});
        QCOMPARE(*mustRead(dataset.bytes()).pixels, (Pixels{5, 6}));
    }

    void cutFileIsRefusedWhereverItIsCut_data() { storedValuesAreExact_data(); }
    void cutFileIsRefusedWhereverItIsCut() {
        QFETCH(DicomWriting, writing);
        const ByteVector whole = smallFilm().bytes(writing);
        for (std::size_t cut = 132; cut < whole.size(); ++cut) {
            const Error error = refusal(firstBytes(whole, cut));
            QVERIFY2(error.code == ErrorCode::Damaged || error.code == ErrorCode::UnsupportedFormat,
                     error.message.c_str());
        }
    }

    void contradictionsAreRefused_data() {
        QTest::addColumn<std::uint16_t>("element");
        QTest::addColumn<std::uint16_t>("value");
        QTest::addColumn<ErrorCode>("code");
        const auto row = [](const char* name, int element, int value, ErrorCode code = ErrorCode::Damaged) {
            QTest::newRow(name) << static_cast<std::uint16_t>(element) << static_cast<std::uint16_t>(value)
                                << code;
        };
        row("no rows", 0x0010, 0);
        row("no columns", 0x0011, 0);
        row("more rows than data", 0x0010, 3);
        row("far more rows than data", 0x0010, 65535);
        row("no bits", 0x0100, 0);
        row("1 bit", 0x0100, 1, ErrorCode::UnsupportedFormat);
        row("3 bits", 0x0100, 3);
        row("24 bits", 0x0100, 24);
        row("32 bits", 0x0100, 32, ErrorCode::UnsupportedFormat);
        row("more bits stored than allocated", 0x0101, 17);
        row("no bits stored", 0x0101, 0);
        row("high bit beyond the sample", 0x0102, 16);
        row("high bit too low", 0x0102, 10);
        row("three samples of grey", 0x0002, 3);
        row("no samples", 0x0002, 0);
    }
    void contradictionsAreRefused() {
        QFETCH(std::uint16_t, element);
        QFETCH(std::uint16_t, value);
        QFETCH(ErrorCode, code);
        DicomFile file = smallFilm();
        file.number(0x0028, element, value);
        const Error error = refusal(file.bytes());
        QCOMPARE(error.code, code);
        QVERIFY(error.message.size() > 20);
    }

    void missingAttributesAreNamed_data() {
        QTest::addColumn<std::uint16_t>("element");
        QTest::addColumn<std::string>("tag");
        QTest::newRow("photometric interpretation") << std::uint16_t{0x0004} << std::string("(0028,0004)");
        QTest::newRow("rows") << std::uint16_t{0x0010} << std::string("(0028,0010)");
        QTest::newRow("columns") << std::uint16_t{0x0011} << std::string("(0028,0011)");
        QTest::newRow("bits allocated") << std::uint16_t{0x0100} << std::string("(0028,0100)");
    }
    void missingAttributesAreNamed() {
        QFETCH(std::uint16_t, element);
        QFETCH(std::string, tag);
        DicomFile file = smallFilm();
        file.remove(0x0028, element);
        const Error error = refusal(file.bytes());
        QCOMPARE(error.code, ErrorCode::Damaged);
        QVERIFY2(mentions(error, tag.c_str()), error.message.c_str());
    }

    void impossibleNumberOfFramesIsRefused_data() {
        QTest::addColumn<std::string>("frames");
        for (const char* frames : {"0", "-1", "2", "2147483647", "4294967297", "many"})
            QTest::newRow(frames) << std::string(frames);
    }
    void impossibleNumberOfFramesIsRefused() {
        QFETCH(std::string, frames);
        for (const auto writing : {DicomWriting::ExplicitLittle, DicomWriting::Rle}) {
            const std::string field = "0000000001";
            ByteVector bytes = smallFilm().text(0x0028, 0x0008, field).bytes(writing);
            const auto at = std::search(bytes.begin(), bytes.end(), field.begin(), field.end());
            QVERIFY(at != bytes.end());
            std::fill_n(std::copy(frames.begin(), frames.end(), at), field.size() - frames.size(), ' ');
            QCOMPARE(refusal(bytes).code, ErrorCode::Damaged);
        }
    }

    void hugeDeclaredSizeIsRefusedQuickly() {
        RawDicom file;
        file.imagePixelModule(65535, 65535, 16).element(0x7FE0, 0x0010, "OW", {1, 2, 3, 4});
        QCOMPARE(refusal(file.bytes()).code, ErrorCode::TooLarge);
        RawDicom rle("1.2.840.10008.1.2.5");
        rle.imagePixelModule(9000, 9000, 16).header(0x7FE0, 0x0010, "OB", kUndefined).item(0).item(64);
        ByteVector bytes = rle.bytes();
        bytes.resize(bytes.size() + 64, 0);
        bytes[bytes.size() - 64] = 2;
        bytes.insert(bytes.end(), {0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0});
        QCOMPARE(refusal(bytes).code, ErrorCode::Damaged);
    }

    void depthIsLimited_data() {
        QTest::addColumn<int>("depth");
        QTest::addColumn<bool>("definedLengths");
        QTest::addColumn<bool>("readable");
        QTest::newRow("64") << 64 << false << true;
        QTest::newRow("65") << 65 << false << false;
        QTest::newRow("64, defined lengths") << 64 << true << true;
        QTest::newRow("65, defined lengths") << 65 << true << false;
        QTest::newRow("100000") << 100'000 << false << false;
    }
    void depthIsLimited() {
        QFETCH(int, depth);
        QFETCH(bool, definedLengths);
        QFETCH(bool, readable);
        RawDicom file;
        for (int i = 0; i < depth; ++i) {
            const auto inside = static_cast<std::uint32_t>((depth - 1 - i) * 20);
            file.header(0x0008, 0x1140, "SQ", definedLengths ? inside + 8 : kUndefined);
            file.item(definedLengths ? inside : kUndefined);
        }
        for (int i = 0; i < depth && !definedLengths; ++i)
            file.itemEnd().sequenceEnd();
        file.imagePixelModule(2, 1, 8).element(0x7FE0, 0x0010, "OB", {5, 6});
        const auto film = decodeRadiograph(file.bytes());
        QCOMPARE(film.has_value(), readable);
        if (!readable) {
            QCOMPARE(film.error().code, ErrorCode::TooLarge);
            QVERIFY(mentions(film.error(), "(0008,1140)"));
        }
    }

    void elementsAreLimited() {
        RawDicom file;
        file.header(0x0008, 0x1140, "SQ", kUndefined);
        for (int i = 0; i < 300'000; ++i)
            file.item(0);
        QCOMPARE(refusal(file.sequenceEnd().bytes()).code, ErrorCode::TooLarge);
    }

    void brokenStructureIsRefusedWithTagAndOffset_data() {
        QTest::addColumn<ByteVector>("file");
        QTest::addColumn<std::string>("tag");
        const auto row = [](const char* name, RawDicom file, const char* tag) {
            QTest::newRow(name) << file.bytes() << std::string(tag);
        };
        row("length beyond the file", RawDicom().header(0x0008, 0x0060, "CS", 200), "(0008,0060)");
        row("long length beyond the file", RawDicom().header(0x0009, 0x1001, "OB", 0xFFFFFFF0),
            "(0009,1001)");
        row("odd length", RawDicom().element(0x0008, 0x0060, "CS", {'C'}), "(0008,0060)");
        row("unknown value representation", RawDicom().element(0x0008, 0x0060, "ZZ", {}), "(0008,0060)");
        row("twice the same element", RawDicom().number(0x0028, 0x0010, 1).number(0x0028, 0x0010, 2),
            "(0028,0010)");
        row("undefined length of a text", RawDicom().header(0x0008, 0x0070, "UT", kUndefined), "(0008,0070)");
        row("no item in a sequence",
            RawDicom().header(0x0008, 0x1140, "SQ", kUndefined).number(0x0028, 0x0010, 1), "(0028,0010)");
        row("item beyond its sequence",
            RawDicom().header(0x0008, 0x1140, "SQ", 8).item(8).number(0x0028, 0x0010, 1), "(FFFE,E000)");
        row("delimiter out of place", RawDicom().itemEnd().number(0x0028, 0x0010, 1), "(FFFE,E00D)");
        row("fragment without length", RawDicom().header(0x7FE0, 0x0010, "OB", kUndefined).item(kUndefined),
            "(FFFE,E000)");
    }
    void brokenStructureIsRefusedWithTagAndOffset() {
        QFETCH(ByteVector, file);
        QFETCH(std::string, tag);
        const Error error = refusal(file);
        QCOMPARE(error.code, ErrorCode::Damaged);
        QVERIFY2(mentions(error, tag.c_str()) && mentions(error, "byte 1"), error.message.c_str());
    }

    void implicitDataSetUnderAnExplicitSyntaxIsRefused() {
        ByteVector bytes = smallFilm().bytes(DicomWriting::ImplicitLittle);
        const ByteVector other = smallFilm().bytes(DicomWriting::ExplicitLittle);
        const std::string start("\x08\x00\x16\x00", 4);
        const auto from = std::search(bytes.begin(), bytes.end(), start.begin(), start.end());
        const auto upTo = std::search(other.begin(), other.end(), start.begin(), start.end());
        ByteVector mixed(other.begin(), upTo);
        mixed.insert(mixed.end(), from, bytes.end());
        const Error error = refusal(mixed);
        QCOMPARE(error.code, ErrorCode::Damaged);
        QVERIFY(mentions(error, "(0008,0016)"));
    }

    void sequencesAreSkippedInEveryEncoding() {
        RawDicom file;
        file.header(0x0008, 0x1140, "SQ", kUndefined).item(kUndefined).number(0x0028, 0x0010, 77);
        file.header(0x0008, 0x1199, "SQ", 8).item(0).itemEnd().sequenceEnd();
        // Of unknown VR and undefined length: implicit VR inside.
        file.header(0x0009, 0x1001, "UN", kUndefined).item(12);
        const ByteVector start = file.bytes();
        ByteVector bytes = start;
        const ByteVector inside{0x09, 0, 0x02, 0x10, 4, 0, 0, 0, 'a', 'b', 'c', 'd'};
        bytes.insert(bytes.end(), inside.begin(), inside.end());
        RawDicom rest("");
        rest.sequenceEnd().imagePixelModule(2, 1, 8).element(0x7FE0, 0x0010, "OB", {5, 6});
        bytes.insert(bytes.end(), rest.bytes().begin(), rest.bytes().end());
        QCOMPARE(*mustRead(bytes).pixels, (Pixels{5, 6}));
    }

    void shortPixelDataAreRefused() {
        RawDicom file;
        file.imagePixelModule(3, 2, 16).element(0x7FE0, 0x0010, "OW", ByteVector(10));
        const Error error = refusal(file.bytes());
        QCOMPARE(error.code, ErrorCode::Damaged);
        QVERIFY2(mentions(error, "10 of 12 bytes"), error.message.c_str());
    }

    void brokenFragmentsAreRefused_data() {
        QTest::addColumn<ByteVector>("file");
        const auto encapsulated = [](const char* syntax, const std::vector<ByteVector>& fragments) {
            return RawDicom(syntax).imagePixelModule(4, 2, 8).fragments({}, fragments).bytes();
        };
        const char* rle = "1.2.840.10008.1.2.5";
        const char* jpeg = "1.2.840.10008.1.2.4.50";
        ByteVector header(64, 0);
        header[0] = 1;
        header[4] = 64;
        const auto withData = [&header](ByteVector data) {
            ByteVector stream = header;
            stream.insert(stream.end(), data.begin(), data.end());
            return stream;
        };
        QTest::newRow("no fragment") << encapsulated(rle, {});
        QTest::newRow("no RLE header") << encapsulated(rle, {{1, 0, 0, 0}});
        QTest::newRow("RLE segment too short") << encapsulated(rle, {withData({0xFB, 9})});
        QTest::newRow("RLE run beyond the picture") << encapsulated(rle, {withData({0xF7, 9})});
        QTest::newRow("RLE literal beyond the data") << encapsulated(rle, {withData({7, 1, 2, 3})});
        ByteVector outside = withData({0xF9, 9});
        outside[4] = 200;
        QTest::newRow("RLE offset beyond the data") << encapsulated(rle, {outside});
        ByteVector segments = withData({0xF9, 9});
        segments[0] = 3;
        QTest::newRow("wrong number of RLE segments") << encapsulated(rle, {segments});
        QTest::newRow("not JPEG") << encapsulated(jpeg, {ByteVector(100, 1)});
        QTest::newRow("JPEG of another size") << encapsulated(jpeg, {makeJpeg(makePicture(5, 2))});
        QTest::newRow("JPEG in colour") << encapsulated(jpeg, {makeJpeg(makePicture(4, 2, 3))});
        ByteVector cut = makeJpeg(makePicture(4, 2));
        cut.resize(cut.size() / 2 * 2 - 8);
        QTest::newRow("JPEG cut short") << encapsulated(jpeg, {cut});
    }
    void brokenFragmentsAreRefused() {
        QFETCH(ByteVector, file);
        QCOMPARE(refusal(file).code, ErrorCode::Damaged);
    }

    void rleWithNoOperationAndPaddingIsRead() {
        RawDicom file("1.2.840.10008.1.2.5");
        file.imagePixelModule(4, 2, 8).header(0x7FE0, 0x0010, "OB", kUndefined).item(0).item(72);
        ByteVector bytes = file.bytes();
        ByteVector stream(64, 0);
        stream[0] = 1;
        stream[4] = 64;
        stream.insert(stream.end(),
                      {0x80, 0xFC, 9, 2, 1, 2, 3, 0}); // 128 means nothing; five 9; 1 2 3; padding
        bytes.insert(bytes.end(), stream.begin(), stream.end());
        bytes.insert(bytes.end(), {0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0});
        QCOMPARE(*mustRead(bytes).pixels, (Pixels{9, 9, 9, 9, 9, 1, 2, 3}));
    }

    void corruptJpegInDicomIsRefused() {
        const auto picture = makePicture(128, 128);
        DicomFile file;
        file.pixels(128, 128, 8, 8, Pixels(picture.values.begin(), picture.values.end()));
        const ByteVector whole = file.bytes(DicomWriting::JpegBaseline);
        // A restart marker where none belongs ends the scan early.
        ByteVector corrupt = whole;
        corrupt[whole.size() - 2000] = 0xFF;
        corrupt[whole.size() - 1999] = 0xD3;
        QCOMPARE(refusal(corrupt).code, ErrorCode::Damaged);
    }

    void jpegInSeveralFragmentsIsJoined() {
        const auto picture = makePicture(64, 64);
        const ByteVector stream = makeJpeg(picture);
        std::vector<ByteVector> parts;
        for (std::size_t start = 0; start < stream.size(); start += 100)
            parts.emplace_back(stream.begin() + static_cast<std::ptrdiff_t>(start),
                               stream.begin() +
                                   static_cast<std::ptrdiff_t>(std::min(stream.size(), start + 100)));
        RawDicom file("1.2.840.10008.1.2.4.50");
        const ByteVector bytes = file.imagePixelModule(64, 64, 8).fragments({}, parts).bytes();
        QVERIFY(*mustRead(bytes).pixels == *mustRead(stream).pixels);
    }

    void unsupportedSyntaxIsNamed_data() {
        QTest::addColumn<std::string>("uid");
        QTest::addColumn<std::string>("words");
        QTest::newRow("JPEG 2000, part 2")
            << std::string("1.2.840.10008.1.2.4.92") << std::string("JPEG 2000 Part 2");
        QTest::newRow("MPEG-4") << std::string("1.2.840.10008.1.2.4.102") << std::string("MPEG-4");
        QTest::newRow("hierarchical JPEG")
            << std::string("1.2.840.10008.1.2.4.59") << std::string("Hierarchical");
        QTest::newRow("unknown") << std::string("1.2.3.4") << std::string("1.2.3.4");
        QTest::newRow("no UID at all") << std::string("../../etc/passwd") << std::string("not a valid UID");
    }
    void unsupportedSyntaxIsNamed() {
        QFETCH(std::string, uid);
        QFETCH(std::string, words);
        RawDicom file(uid);
        file.imagePixelModule(2, 1, 8).element(0x7FE0, 0x0010, "OB", {5, 6});
        const Error error = refusal(file.bytes());
        QCOMPARE(error.code, ErrorCode::UnsupportedFormat);
        QVERIFY2(mentions(error, words.c_str()), error.message.c_str());
        QVERIFY(uid.starts_with('.') || mentions(error, uid.c_str()));
    }

    void objectsWithoutPixelsHoldNoImage() {
        RawDicom file;
        file.text(0x0008, 0x0016, "UI", "1.2.840.10008.5.1.4.1.1.88.11");
        file.text(0x0008, 0x0060, "CS", "SR");
        const Error error = refusal(file.bytes());
        QCOMPARE(error.code, ErrorCode::UnsupportedFormat);
        QVERIFY2(mentions(error, "holds no image"), error.message.c_str());
        RawDicom image;
        image.imagePixelModule(2, 1, 8);
        QCOMPARE(refusal(image.bytes()).code, ErrorCode::Damaged);
    }

    void stoppedReadingIsCancelled() {
        std::stop_source source;
        source.request_stop();
        const ByteVector bytes = smallFilm().bytes();
        QCOMPARE(decodeRadiograph(bytes, source.get_token()).error().code, ErrorCode::Cancelled);
    }

    void realFilmAndItsMonochrome1TwinAreInverted() {
        if (!std::filesystem::exists(sharedDicom()))
            QSKIP("the shared data are not here");
        const auto film = readRadiograph(sharedDicom() / "cxr-jpeg-baseline.dcm");
        const auto twin = readRadiograph(sharedDicom() / "cxr-jpeg-baseline-monochrome1.dcm");
        QVERIFY(film && twin);
        QCOMPARE(film->widthPx, 1024);
        QVERIFY(film->spacing.has_value());
        QCOMPARE(film->spacing->source, std::string("PixelSpacing"));
        for (std::size_t i = 0; i < film->pixels->size(); ++i)
            QCOMPARE((*film->pixels)[i] + (*twin->pixels)[i], 255);
    }

    void realComputedRadiographIsRead() {
        if (!std::filesystem::exists(sharedDicom()))
            QSKIP("the shared data are not here");
        const auto film = readRadiograph(sharedDicom() / "cr-mono1-10-chest.dcm");
        QVERIFY(film.has_value());
        QCOMPARE(film->widthPx, 440);
        QCOMPARE(film->heightPx, 440);
        QCOMPARE(film->bitsStored, 10);
        QCOMPARE(film->polarity, Polarity::Inverted);
        QCOMPARE(film->windows.size(), std::size_t{1});
        QCOMPARE(film->windows.front().center, 550.0);
        QCOMPARE(film->windows.front().width, 1024.0);
    }
};

QTEST_GUILESS_MAIN(TestDicomReader)
#include "TestDicomReader.moc"
