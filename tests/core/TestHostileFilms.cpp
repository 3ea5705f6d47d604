// What hostile and damaged films must come to, row by row: refused with a typed error that names the reason,
// or read with what is wrong said; within five seconds and 512 MB in any case. docs/hostile-input.md lists
// the rows.

#include <QtTest>

#include <chrono>
#include <fstream>
#include <functional>

#include <QTemporaryDir>

#include "core/image/DicomStructure.h"
#include "core/image/RadiographReader.h"
#include "tests/support/DicomFiles.h"

using namespace hilum;
using namespace hilum::test;

namespace {

using Film = Result<Radiograph>;
using Check = std::function<void(const Film&)>;
using Pixels = std::vector<std::uint16_t>;

constexpr std::uint32_t kUndefined = 0xFFFFFFFF;
constexpr const char* kRle = "1.2.840.10008.1.2.5";
constexpr const char* kJpegBaseline = "1.2.840.10008.1.2.4.50";

// ---- what must come of a file ----------------------------------------------------------------------------

// Refused with this code; the message holds all of the words.
Check refused(ErrorCode code, const std::vector<std::string>& words = {}) {
    return [=](const Film& film) {
        QVERIFY2(!film, "it was read");
        QVERIFY2(film.error().code == code, film.error().message.c_str());
        for (const std::string& word : words)
            QVERIFY2(film.error().message.find(word) != std::string::npos, film.error().message.c_str());
    };
}

Check read(std::size_t warnings = 0, const std::function<bool(const Radiograph&)>& holds = {}) {
    return [=](const Film& film) {
        QVERIFY2(film.has_value(), film ? "" : film.error().message.c_str());
        QCOMPARE(film->source.warnings.size(), warnings);
        QVERIFY(!holds || holds(*film));
    };
}

#ifdef __linux__
// Peak of resident memory since resetPeak(), in bytes.
std::size_t peakBytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:"))
            return std::stoull(line.substr(6)) * 1024;
    return 0;
}
void resetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }
#else
std::size_t peakBytes() { return 0; }
void resetPeak() {}
#endif

// Runs the reader and holds it to its limits.
Film readWithinLimits(const ByteVector& file) {
    resetPeak();
    const std::size_t before = peakBytes();
    const auto start = std::chrono::steady_clock::now();
    Film film = decodeRadiograph(file);
    if (std::chrono::steady_clock::now() - start > std::chrono::seconds(5))
        return fail(ErrorCode::Internal, "it took longer than five seconds");
    if (peakBytes() - before > std::size_t{512} * 1024 * 1024)
        return fail(ErrorCode::Internal, "it took more than 512 MB");
    return film;
}

// ---- files -----------------------------------------------------------------------------------------------

DicomFile smallFilm() {
    DicomFile file;
    file.pixels(4, 2, 16, 12, {0, 1, 2, 3, 1000, 2000, 4094, 4095});
    return file;
}

ByteVector with(const std::function<void(DicomFile&)>& change,
                DicomWriting writing = DicomWriting::ExplicitLittle) {
    DicomFile file = smallFilm();
    change(file);
    return file.bytes(writing);
}

ByteVector number(std::uint16_t element, std::uint16_t value) {
    return with([=](DicomFile& file) { file.number(0x0028, element, value); });
}

ByteVector text(std::uint16_t group, std::uint16_t element, const std::string& value) {
    return with([=](DicomFile& file) { file.text(group, element, value); });
}

ByteVector nested(int depth) {
    RawDicom file;
    for (int i = 0; i < depth; ++i)
        file.header(0x0008, 0x1140, "SQ", kUndefined).item(kUndefined);
    for (int i = 0; i < depth; ++i)
        file.itemEnd().sequenceEnd();
    return file.imagePixelModule(2, 1, 8).element(0x7FE0, 0x0010, "OB", {5, 6}).bytes();
}

// Number of Frames cannot be written by DCMTK as it is wanted here.
ByteVector frames(const std::string& count) {
    RawDicom file;
    file.text(0x0028, 0x0008, "IS", count).imagePixelModule(2, 1, 8);
    return file.element(0x7FE0, 0x0010, "OB", {5, 6}).bytes();
}

ByteVector without(std::uint16_t element) {
    return with([=](DicomFile& file) { file.remove(0x0028, element); });
}

ByteVector rleStream(std::uint8_t segments, std::uint8_t offset) {
    ByteVector stream(64, 0);
    stream[0] = segments;
    stream[4] = offset;
    stream.insert(stream.end(), {0xF9, 9}); // eight times 9
    return stream;
}

ByteVector rle(const ByteVector& stream) {
    return RawDicom(kRle).imagePixelModule(4, 2, 8).fragments({}, {stream}).bytes();
}

ByteVector tiffPages(std::uint32_t pages, bool loop) {
    ByteVector file{'I', 'I', 42, 0, 8, 0, 0, 0};
    for (std::uint32_t i = 0; i < pages; ++i) {
        const std::uint32_t next =
            i + 1 < pages ? static_cast<std::uint32_t>(file.size()) + 6 : (loop ? 8 : 0);
        file.insert(file.end(), {0, 0});
        for (int shift = 0; shift < 32; shift += 8)
            file.push_back(static_cast<std::uint8_t>(next >> shift));
    }
    return file;
}

// Sides of 65536 × high + 256 × low.
ByteVector hollowPng(std::uint8_t high, std::uint8_t low) {
    ByteVector file{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    appendPngChunk(file, "IHDR", {0, high, low, 0, 0, high, low, 0, 8, 0, 0, 0, 0});
    appendPngChunk(file, "IDAT", {0x78, 1});
    appendPngChunk(file, "IEND", {});
    return file;
}

ByteVector hugeJpeg() {
    ByteVector jpeg = makeJpeg(makePicture(16, 16));
    for (std::size_t i = 0; i + 1 < jpeg.size(); ++i)
        if (jpeg[i] == 0xFF && jpeg[i + 1] == 0xC0)
            std::fill_n(jpeg.begin() + static_cast<std::ptrdiff_t>(i) + 5, 4, std::uint8_t{0xFF});
    return jpeg;
}

TiffSpec tiff(int samples, int photometric, const ByteVector& pixels) {
    TiffSpec spec;
    spec.samples = samples;
    spec.photometric = photometric;
    spec.pixels = pixels;
    return spec;
}

} // namespace

Q_DECLARE_METATYPE(Check)

class TestHostileFilms : public QObject {
    Q_OBJECT

    static void columns() {
        QTest::addColumn<ByteVector>("file");
        QTest::addColumn<Check>("check");
    }
    static void run() {
        QFETCH(ByteVector, file);
        QFETCH(Check, check);
        check(readWithinLimits(file));
    }

private Q_SLOTS:
    // ---- DICOM structure ---------------------------------------------------------------------------------

    void structureCutAtEveryElement() {
        for (const auto writing : {DicomWriting::ExplicitLittle, DicomWriting::ImplicitLittle,
                                   DicomWriting::ExplicitBig, DicomWriting::Rle}) {
            const ByteVector whole = smallFilm().bytes(writing);
            const auto meta = readDicomMeta(whole);
            const bool isExplicit = writing != DicomWriting::ImplicitLittle;
            const ByteOrder order = writing == DicomWriting::ExplicitBig ? ByteOrder::Big : ByteOrder::Little;
            const auto structure = scanDicomDataset(whole, meta->datasetOffset, {isExplicit, order});
            QVERIFY(structure->elements.size() > 10);
            for (const DicomElement& element : structure->elements)
                for (const std::size_t cut : {element.offset, element.offset + 3, element.valueOffset}) {
                    const ByteVector part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
                    const Film film = readWithinLimits(part);
                    QVERIFY2(!film && (film.error().code == ErrorCode::Damaged ||
                                       film.error().code == ErrorCode::UnsupportedFormat),
                             film ? "it was read" : film.error().message.c_str());
                }
        }
    }

    void structure_data() {
        columns();
        const auto damaged = [](const std::string& tag) {
            return refused(ErrorCode::Damaged, {tag, "byte "});
        };
        const ByteVector whole = smallFilm().bytes();
        QTest::newRow("no preamble") << ByteVector(whole.begin() + 132, whole.end()) << read();
        QTest::newRow("unknown transfer syntax") << RawDicom("1.2.3.4").imagePixelModule(2, 1, 8).bytes()
                                                 << refused(ErrorCode::UnsupportedFormat, {"1.2.3.4"});
        RawDicom implicitInside; // (0008,0016) with a length of 26 where a VR belongs
        ByteVector mixed = implicitInside.bytes();
        mixed.insert(mixed.end(), {8, 0, 0x16, 0, 26, 0, 0, 0});
        mixed.resize(mixed.size() + 26, '1');
        QTest::newRow("explicit declared, implicit inside") << mixed << damaged("(0008,0016)");
        QTest::newRow("unknown VR") << RawDicom().element(0x0008, 0x0060, "ZZ", {}).bytes()
                                    << damaged("(0008,0060)");
        QTest::newRow("length beyond the rest")
            << RawDicom().header(0x0009, 0x1001, "OB", 0xFFFFFFF0).bytes() << damaged("(0009,1001)");
        QTest::newRow("odd length") << RawDicom().element(0x0008, 0x0060, "CS", {'C'}).bytes()
                                    << damaged("(0008,0060)");
        QTest::newRow("depth 64") << nested(64) << read();
        for (const int depth : {65, 500, 6000, 100'000})
            QTest::addRow("depth %d", depth)
                << nested(depth) << refused(ErrorCode::TooLarge, {"(0008,1140)"});
        RawDicom items;
        items.header(0x0008, 0x1140, "SQ", kUndefined);
        for (int i = 0; i < 1'000'000; ++i)
            items.item(0);
        QTest::newRow("a million items")
            << items.sequenceEnd().bytes() << refused(ErrorCode::TooLarge, {"(FFFE,E000)", "byte "});
        QTest::newRow("duplicate tags")
            << RawDicom().number(0x0028, 0x0010, 1).number(0x0028, 0x0010, 2).bytes()
            << damaged("(0028,0010)");
    }
    void structure() { run(); }

    // ---- pixels ------------------------------------------------------------------------------------------

    void pixels_data() {
        columns();
        const auto damaged = [](const std::string& tag) { return refused(ErrorCode::Damaged, {tag}); };
        QTest::newRow("rows 0") << number(0x0010, 0) << damaged("(0028,0010)");
        QTest::newRow("columns 0") << number(0x0011, 0) << damaged("(0028,0011)");
        QTest::newRow("rows 65535") << number(0x0010, 65535) << damaged("(7FE0,0010)");
        QTest::newRow("rows missing") << without(0x0010) << damaged("(0028,0010)");
        QTest::newRow("columns missing") << without(0x0011) << damaged("(0028,0011)");
        RawDicom huge; // 474 bytes that would be 8.6 GB
        huge.imagePixelModule(65535, 65535, 16).element(0x7FE0, 0x0010, "OW", {1, 2, 3, 4});
        QTest::newRow("65535 × 65535") << huge.bytes() << refused(ErrorCode::TooLarge, {"65535 × 65535"});
        for (const int bits : {0, 3, 9, 24})
            QTest::addRow("bits allocated %d", bits)
                << number(0x0100, static_cast<std::uint16_t>(bits)) << damaged("(0028,0100)");
        QTest::newRow("bits allocated 1")
            << number(0x0100, 1) << refused(ErrorCode::UnsupportedFormat, {"(0028,0100)"});
        QTest::newRow("more bits stored than allocated") << number(0x0101, 17) << damaged("(0028,0101)");
        QTest::newRow("grey with three samples") << number(0x0002, 3) << damaged("(0028,0002)");
        QTest::newRow("RGB with one sample") << text(0x0028, 0x0004, "RGB") << damaged("(0028,0002)");
        for (const char* count : {"0", "-1", "2147483647", "many"})
            QTest::addRow("frames %s", count) << frames(count) << refused(ErrorCode::Damaged);
        RawDicom odd;
        odd.imagePixelModule(3, 3, 8).element(0x7FE0, 0x0010, "OB", ByteVector(8));
        QTest::newRow("data short by one") << odd.bytes() << refused(ErrorCode::Damaged, {"8 of 9 bytes"});
    }
    void pixels() { run(); }

    // ---- LUTs --------------------------------------------------------------------------------------------

    void lookupTables_data() {
        columns();
        const ByteVector beyond = [] {
            DicomFile file;
            file.text(0x0028, 0x0004, "PALETTE COLOR").pixels(2, 1, 8, 8, {0, 200});
            for (std::uint16_t i = 0; i < 3; ++i) {
                file.words(0x0028, static_cast<std::uint16_t>(0x1101 + i), {2, 0, 16});
                file.words(0x0028, static_cast<std::uint16_t>(0x1201 + i), {100, 300});
            }
            return file.bytes();
        }();
        QTest::newRow("palette index beyond the table")
            << beyond << read(1, [](const Radiograph& film) { return film.pixel(1, 0) == 300; });
        for (const char* width : {"0", "-5", "nan"})
            QTest::addRow("window width %s", width)
                << with([=](DicomFile& file) { file.text(0x0028, 0x1050, "9").text(0x0028, 0x1051, width); })
                << read(1, [](const Radiograph& film) { return film.windows.empty(); });
        for (const char* slope : {"0", "inf", "nan"})
            QTest::addRow("slope %s", slope)
                << text(0x0028, 0x1053, slope)
                << read(1, [](const Radiograph& film) { return film.rescaleSlope == 1; });
        QTest::newRow("overlay outside the image") << with([](DicomFile& file) {
            file.number(0x6000, 0x0010, 2).number(0x6000, 0x0011, 3).shorts(0x6000, 0x0050, {30000, -9});
            file.number(0x6000, 0x0100, 1).number(0x6000, 0x0102, 0).words(0x6000, 0x3000, {0x3F});
        }) << read(1, [](const Radiograph& film) { return !film.overlays[0].covers(0, 0); });
        QTest::newRow("table larger than its data") << with([](DicomFile& file) {
            file.enter(0x0028, 0x3010).words(0x0028, 0x3002, {0, 0, 16}).words(0x0028, 0x3006, {1, 2});
            file.leave();
        }) << read(1, [](const Radiograph& film) { return film.windows.empty(); });
    }
    void lookupTables() { run(); }

    // ---- geometry ----------------------------------------------------------------------------------------

    void geometry_data() {
        columns();
        const auto inPixels = [](std::size_t warnings) {
            return read(warnings, [](const Radiograph& film) { return !film.spacing; });
        };
        for (const char* spacing : {"0\\0", "-0.1\\0.1", "nan\\0.1", "0.1"})
            QTest::addRow("spacing %s", spacing) << text(0x0028, 0x0030, spacing) << inPixels(1);
        QTest::newRow("spacing absent") << smallFilm().bytes() << inPixels(0);
        QTest::newRow("only imager spacing")
            << text(0x0018, 0x1164, "0.2\\0.1") << read(0, [](const Radiograph& film) {
                   return film.spacing->rowMm == 0.2 && film.spacing->source == "ImagerPixelSpacing";
               });
    }
    void geometry() { run(); }

    // ---- encapsulated ------------------------------------------------------------------------------------

    void encapsulated_data() {
        columns();
        const Check damaged = refused(ErrorCode::Damaged, {"(7FE0,0010)"});
        const auto jpeg = [](const ByteVector& stream) {
            return RawDicom(kJpegBaseline).imagePixelModule(4, 2, 8).fragments({}, {stream}).bytes();
        };
        QTest::newRow("no fragment") << RawDicom(kRle).imagePixelModule(4, 2, 8).fragments({}, {}).bytes()
                                     << damaged;
        for (const std::uint32_t second : {0U, 1U, 73U, 0xFFFFFFFFU}) {
            RawDicom file(kRle);
            file.text(0x0028, 0x0008, "IS", "2").imagePixelModule(4, 2, 8);
            QTest::addRow("offset table, second frame at %u", second)
                << file.fragments({0, second}, {rleStream(1, 64), rleStream(1, 64)}).bytes() << damaged;
        }
        const ByteVector stream = makeJpeg(makePicture(256, 256), {.quality = 100});
        std::vector<ByteVector> parts;
        for (std::size_t i = 0; i < stream.size(); i += 4)
            parts.emplace_back(stream.begin() + static_cast<std::ptrdiff_t>(i),
                               stream.begin() + static_cast<std::ptrdiff_t>(std::min(i + 4, stream.size())));
        QTest::newRow("ten thousand fragments")
            << RawDicom(kJpegBaseline).imagePixelModule(256, 256, 8).fragments({}, parts).bytes() << read();
        QTest::newRow("JPEG of another size") << jpeg(makeJpeg(makePicture(5, 2))) << damaged;
        ByteVector cut = makeJpeg(makePicture(4, 2));
        cut.erase(cut.end() - 8, cut.end());
        QTest::newRow("JPEG cut short") << jpeg(cut) << refused(ErrorCode::Damaged);
        QTest::newRow("RLE header of too many segments") << rle(rleStream(3, 64)) << damaged;
        QTest::newRow("RLE header of no segments") << rle(rleStream(0, 64)) << damaged;
        QTest::newRow("RLE header with an offset beyond the data") << rle(rleStream(1, 200)) << damaged;
        QTest::newRow("RLE header with an offset into itself") << rle(rleStream(1, 4)) << damaged;
    }
    void encapsulated() { run(); }

    // ---- text --------------------------------------------------------------------------------------------

    void texts_data() {
        columns();
        const auto named = [](const std::string& name) {
            return read(0, [name](const Radiograph& film) { return film.header.patientName == name; });
        };
        const auto name = [](const std::string& value, const std::string& charset = "ISO_IR 192") {
            return with(
                [=](DicomFile& file) { file.text(0x0008, 0x0005, charset).text(0x0010, 0x0010, value); });
        };
        QTest::newRow("unknown character set") << name("A\xFF", "ISO_IR 999") << named("A\uFFFD");
        QTest::newRow("bytes that are no UTF-8") << name("A\xC0\x80Z") << named("A\uFFFD\uFFFDZ");
        RawDicom nul;
        nul.element(0x0010, 0x0010, "PN", {'A', 0, 'B', 0}).imagePixelModule(2, 1, 8);
        QTest::newRow("NUL") << nul.element(0x7FE0, 0x0010, "OB", {5, 6}).bytes()
                             << read(0, [](const Radiograph& film) {
                                    return film.header.patientName.find('\0') == std::string::npos;
                                });
        QTest::newRow("right-to-left override") << name("A\u202Egnp.exe") << named("Agnp.exe");
        QTest::newRow("escape sequences of a terminal") << name("A\x1B[31mB") << named("A[31mB");
        QTest::newRow("UID that is a path") << RawDicom("../../etc/passwd").imagePixelModule(2, 1, 8).bytes()
                                            << refused(ErrorCode::UnsupportedFormat, {"not a valid UID"});
    }
    void texts() { run(); }

    // ---- PNG, JPEG, TIFF ---------------------------------------------------------------------------------

    void raster_data() {
        columns();
        QTest::newRow("huge PNG header") << hollowPng(1, 0) << refused(ErrorCode::TooLarge);
        QTest::newRow("PNG without the data for its header")
            << hollowPng(0, 0x20) << refused(ErrorCode::Damaged);
        QTest::newRow("huge JPEG header") << hugeJpeg() << refused(ErrorCode::TooLarge);
        TiffSpec huge = tiff(1, 1, {1, 2, 3, 4});
        huge.widthPx = huge.heightPx = 100'000;
        QTest::newRow("huge TIFF header") << makeTiff(huge) << refused(ErrorCode::TooLarge);
        QTest::newRow("huge BMP header")
            << makeBmp({.widthPx = 60000, .heightPx = 60000, .rows = {1, 2, 3, 0}})
            << refused(ErrorCode::TooLarge);
        QTest::newRow("IFD loop") << tiffPages(3, true) << refused(ErrorCode::Damaged, {"circle"});
        QTest::newRow("100000 pages") << tiffPages(100'000, false) << refused(ErrorCode::TooLarge, {"pages"});
        QTest::newRow("16 bit") << makePng({.bitDepth = 16, .rows = {0x12, 0x34}})
                                << read(0, [](const Radiograph& film) { return film.pixel(0, 0) == 0x1234; });
        QTest::newRow("CMYK JPEG") << makeCmykJpeg(16, 16) << read();
        QTest::newRow("CMYK TIFF") << makeTiff(tiff(4, 5, {1, 2, 3, 4}))
                                   << refused(ErrorCode::UnsupportedFormat);
        QTest::newRow("alpha") << makePng({.colourType = 6, .rows = {200, 200, 200, 51}})
                               << read(1, [](const Radiograph& film) { return film.pixel(0, 0) == 40; });
    }
    void raster() { run(); }

    void wrongExtension() {
        const QTemporaryDir folder;
        for (const ByteVector& bytes :
             {smallFilm().bytes(), makeJpeg(makePicture(8, 8)), makePng({.rows = {7}}),
              makeTiff(tiff(1, 1, {7})), makeBmp({.rows = {1, 2, 3, 0}}),
              makeWebP(makePicture(8, 8, 3), true)}) {
            for (const char* name : {"film.png", "film.dcm", "film.exe", "film"}) {
                const std::string file = folder.filePath(name).toStdString();
                std::ofstream(file, std::ios::binary)
                    .write(reinterpret_cast<const char*>(bytes.data()),
                           static_cast<std::streamsize>(bytes.size()));
                const Film film = readRadiograph(file);
                QVERIFY2(film.has_value(), film ? "" : film.error().message.c_str());
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestHostileFilms)
#include "TestHostileFilms.moc"
