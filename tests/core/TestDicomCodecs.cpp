// Compressed DICOM: deflated data sets, JPEG-LS, JPEG 2000; and which frame is read.

#include <QtTest>

#include <chrono>

#include "core/image/RadiographReader.h"
#include "tests/support/DicomFiles.h"

using namespace hilum;
using namespace hilum::test;

namespace {

using Pixels = std::vector<std::uint16_t>;

constexpr const char* kRle = "1.2.840.10008.1.2.5";
constexpr const char* kJpegBaseline = "1.2.840.10008.1.2.4.50";
constexpr const char* kJpeg2000Lossless = "1.2.840.10008.1.2.4.90";
constexpr const char* kDeflated = "1.2.840.10008.1.2.1.99";

Radiograph mustRead(const ByteVector& bytes, int frame = 1) {
    auto film = decodeRadiograph(bytes, {}, {frame});
    if (!film)
        qFatal("refused: %s", film.error().message.c_str());
    return std::move(*film);
}

Error refusal(const ByteVector& bytes, int frame = 1) {
    const auto film = decodeRadiograph(bytes, {}, {frame});
    return film ? Error{ErrorCode::Internal, "it was read", {}} : film.error();
}

std::vector<int> storedValues(const Radiograph& film) {
    std::vector<int> values;
    for (const std::uint16_t pixel : *film.pixels)
        values.push_back(film.storedValue(pixel));
    return values;
}

// Every value of the range at least once, where the picture is large enough.
Raster<int> ramp(int widthPx, int heightPx, int smallest, int largest, int channels = 1) {
    Raster<int> image(widthPx, heightPx, channels);
    for (std::size_t i = 0; i < image.values.size(); ++i)
        image.values[i] =
            smallest + static_cast<int>(i * 7 % static_cast<std::size_t>(largest - smallest + 1));
    return image;
}

struct ImageModule {
    int widthPx = 0;
    int heightPx = 0;
    int bitsStored = 8;
    bool isSigned = false;
    std::string photometric = "MONOCHROME2";
};

ByteVector jpeg2000Dicom(const ByteVector& stream, const ImageModule& module) {
    const auto number = [](int value) { return static_cast<std::uint16_t>(value); };
    RawDicom file(kJpeg2000Lossless);
    file.number(0x0028, 0x0002, module.photometric.starts_with("MONO") ? 1 : 3);
    file.text(0x0028, 0x0004, "CS", module.photometric);
    file.number(0x0028, 0x0010, number(module.heightPx)).number(0x0028, 0x0011, number(module.widthPx));
    file.number(0x0028, 0x0100, module.bitsStored > 8 ? 16 : 8);
    file.number(0x0028, 0x0101, number(module.bitsStored))
        .number(0x0028, 0x0102, number(module.bitsStored - 1));
    file.number(0x0028, 0x0103, module.isSigned ? 1 : 0);
    return file.fragments({}, {stream}).bytes();
}

ByteVector multiFrame(DicomWriting writing) {
    DicomFile file;
    file.text(0x0028, 0x0008, "3");
    file.pixels(2, 2, 16, 12, {1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24});
    return file.bytes(writing);
}

// Three frames of JPEG, each in so many fragments.
ByteVector fragmentedFrames(std::size_t fragmentsEach, bool withTable) {
    std::vector<ByteVector> parts;
    std::vector<std::uint32_t> table;
    std::uint32_t position = 0;
    for (int frame = 0; frame < 3; ++frame) {
        auto picture = makePicture(16, 16);
        std::transform(picture.values.begin(), picture.values.end(), picture.values.begin(),
                       [frame](int value) { return static_cast<std::uint8_t>(value / (frame + 1)); });
        ByteVector stream = makeJpeg(picture);
        stream.resize((stream.size() + 1) / 2 * 2);
        table.push_back(position);
        const std::size_t step = stream.size() / fragmentsEach / 2 * 2;
        for (std::size_t i = 0; i < fragmentsEach; ++i) {
            const auto end = i + 1 == fragmentsEach
                                 ? stream.end()
                                 : stream.begin() + static_cast<std::ptrdiff_t>((i + 1) * step);
            parts.emplace_back(stream.begin() + static_cast<std::ptrdiff_t>(i * step), end);
            position += static_cast<std::uint32_t>(8 + parts.back().size());
        }
    }
    RawDicom file(kJpegBaseline);
    file.text(0x0028, 0x0008, "IS", "3").imagePixelModule(16, 16, 8);
    return file.fragments(withTable ? table : std::vector<std::uint32_t>{}, parts).bytes();
}

} // namespace

class TestDicomCodecs : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void jpeg2000ValuesAreExact_data() {
        QTest::addColumn<int>("bits");
        QTest::addColumn<bool>("isSigned");
        QTest::addColumn<Jpeg2000Options>("options");
        for (const int bits : {8, 12, 16})
            for (const bool isSigned : {false, true})
                QTest::addRow("%d bits, %s", bits, isSigned ? "signed" : "unsigned")
                    << bits << isSigned << Jpeg2000Options{bits, isSigned};
        QTest::newRow("tiles") << 12 << false << Jpeg2000Options{12, false, true, 16};
        QTest::newRow("in boxes") << 12 << false << Jpeg2000Options{12, false, true, 0, true};
        QTest::newRow("signed under an unsigned code stream") << 12 << true << Jpeg2000Options{12, false};
    }
    void jpeg2000ValuesAreExact() {
        QFETCH(int, bits);
        QFETCH(bool, isSigned);
        QFETCH(Jpeg2000Options, options);
        const int half = 1 << (bits - 1);
        const Raster<int> image = ramp(64, 80, isSigned ? -half : 0, isSigned ? half - 1 : 2 * half - 1);
        Raster<int> coded = image;
        if (isSigned && !options.isSigned)
            for (int& value : coded.values)
                value &= 2 * half - 1;
        const Radiograph film =
            mustRead(jpeg2000Dicom(makeJpeg2000(coded, options), {64, 80, bits, isSigned}));
        QCOMPARE(storedValues(film), image.values);
        QCOMPARE(film.source.encoding, std::string("JPEG 2000 Lossless"));
        QVERIFY(film.source.warnings.empty());
    }

    void jpeg2000ColourGivesItsLuma() {
        const Raster<int> image = ramp(32, 24, 0, 255, 3);
        for (const char* photometric : {"YBR_RCT", "RGB"}) {
            const Radiograph film =
                mustRead(jpeg2000Dicom(makeJpeg2000(image), {32, 24, 8, false, photometric}));
            for (std::size_t i = 0; i < film.pixels->size(); ++i) {
                const int* rgb = &image.values[3 * i];
                QCOMPARE(int{(*film.pixels)[i]}, (299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
            }
        }
    }

    // A lossy code stream may go beyond the bits that the data set declares.
    void valuesBeyondTheStoredBitsAreClampedAndSaid() {
        Raster<int> image = ramp(32, 32, 0, 4095);
        image.values[5] = 5000;
        const Radiograph film = mustRead(jpeg2000Dicom(makeJpeg2000(image, {16}), {32, 32, 12, false}));
        QCOMPARE(film.storedValue((*film.pixels)[5]), 4095);
        QCOMPARE(film.storedValue((*film.pixels)[6]), image.values[6]);
        QCOMPARE(film.source.warnings.size(), std::size_t{1});
    }

    void cutJpeg2000IsRefusedWhereverItIsCut() {
        for (const bool lossless : {true, false}) {
            const ByteVector stream = makeJpeg2000(ramp(64, 64, 0, 255), {.lossless = lossless});
            for (std::size_t cut = 2; cut + 2 < stream.size(); cut += 7) {
                ByteVector part(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(cut));
                QCOMPARE(refusal(jpeg2000Dicom(part, {64, 64, 8})).code, ErrorCode::Damaged);
                part.insert(part.end(), {0xFF, 0xD9}); // and the end marker put back
                const ErrorCode code = refusal(jpeg2000Dicom(part, {64, 64, 8})).code;
                QVERIFY(code == ErrorCode::Damaged || code == ErrorCode::UnsupportedFormat);
            }
        }
    }

    void contradictingJpeg2000IsRefused_data() {
        QTest::addColumn<ByteVector>("file");
        QTest::addColumn<ErrorCode>("code");
        const ByteVector stream = makeJpeg2000(ramp(64, 64, 0, 255));
        QTest::newRow("other size") << jpeg2000Dicom(stream, {64, 32, 8}) << ErrorCode::Damaged;
        QTest::newRow("other number of samples")
            << jpeg2000Dicom(stream, {64, 64, 8, false, "RGB"}) << ErrorCode::Damaged;
        QTest::newRow("more bits than allocated")
            << jpeg2000Dicom(makeJpeg2000(ramp(64, 64, 0, 255), {16}), {64, 64, 8}) << ErrorCode::Damaged;
        ByteVector tiles = stream; // SIZ: marker, length, capabilities, four numbers, then the tiles' size
        std::fill_n(tiles.begin() + 24, 8, std::uint8_t{0});
        tiles[27] = tiles[31] = 1;
        tiles[9] = tiles[13] = 0xFF;
        tiles[8] = tiles[12] = 0xFF;
        QTest::newRow("a tile for each pixel") << jpeg2000Dicom(tiles, {64, 64, 8}) << ErrorCode::TooLarge;
        ByteVector layers = stream;
        const ByteVector marker{0xFF, 0x52};
        const auto style = std::search(layers.begin(), layers.end(), marker.begin(), marker.end());
        style[6] = style[7] = 0xFF; // layers
        style[9] = 32;              // levels of decomposition
        QTest::newRow("coding style beyond the data")
            << jpeg2000Dicom(layers, {64, 64, 8}) << ErrorCode::Damaged;
    }
    void contradictingJpeg2000IsRefused() {
        QFETCH(ByteVector, file);
        QFETCH(ErrorCode, code);
        const Error error = refusal(file);
        QVERIFY2(error.code == code, error.message.c_str());
    }

    void nearLosslessJpegLsStaysNear() {
        const auto picture = makePicture(61, 47);
        DicomFile file;
        file.pixels(61, 47, 16, 12, {picture.values.begin(), picture.values.end()});
        const Radiograph film = mustRead(file.bytes(DicomWriting::JpegLsNear));
        bool lossy = false;
        for (std::size_t i = 0; i < film.pixels->size(); ++i) {
            const int off = std::abs((*film.pixels)[i] - picture.values[i]);
            QVERIFY(off <= 2);
            lossy |= off > 0;
        }
        QVERIFY(lossy);
        QCOMPARE(film.source.encoding, std::string("JPEG-LS Near-lossless"));
    }

    void corruptJpegLsIsRefused() {
        const auto picture = makePicture(64, 64);
        DicomFile file;
        file.pixels(64, 64, 8, 8, {picture.values.begin(), picture.values.end()});
        const ByteVector whole = file.bytes(DicomWriting::JpegLs);
        const ByteVector start{0xFF, 0xD8, 0xFF};
        const auto at = std::search(whole.begin(), whole.end(), start.begin(), start.end()) - whole.begin();
        for (const ByteVector& end : {ByteVector{}, ByteVector{0xFF, 0xD9}})
            for (std::ptrdiff_t cut = 4; at + cut < static_cast<std::ptrdiff_t>(whole.size()) - 12;
                 cut += 11) {
                ByteVector stream(whole.begin() + at, whole.begin() + at + cut);
                stream.insert(stream.end(), end.begin(), end.end());
                RawDicom cutFile("1.2.840.10008.1.2.4.80");
                const ByteVector bytes = cutFile.imagePixelModule(64, 64, 8).fragments({}, {stream}).bytes();
                QCOMPARE(refusal(bytes).code, ErrorCode::Damaged);
            }
    }

    void cutDeflatedDataSetIsRefused() {
        const ByteVector whole = multiFrame(DicomWriting::Deflated);
        for (std::size_t cut = whole.size() - 4; cut > 340; cut -= 3) {
            const ByteVector part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
            QCOMPARE(refusal(part).code, ErrorCode::Damaged);
        }
    }

    // 418 MB of zeros in 408 kB.
    void deflateBombIsRefusedBeforeItGrows() {
        RawDicom file(kDeflated);
        ByteVector bytes = file.bytes();
        // Blocks of a fixed code: one zero, then matches of length 258 at distance 1 (codes 285 and 0).
        unsigned buffer = 0;
        int used = 0;
        const auto put = [&](unsigned bits, int count) {
            buffer |= bits << used;
            for (used += count; used >= 8; used -= 8, buffer >>= 8)
                bytes.push_back(static_cast<std::uint8_t>(buffer & 0xFFU));
        };
        put(1, 1);          // the last block
        put(1, 2);          // fixed codes
        put(0b00001100, 8); // literal 0
        for (int i = 0; i < 1'800'000; ++i) {
            put(0b10100011, 8); // length 258, the code's bits in reverse
            put(0, 5);          // distance 1
        }
        put(0, 7); // end of block
        put(0, 7);
        QVERIFY(bytes.size() < 3'000'000);
        const auto start = std::chrono::steady_clock::now();
        QCOMPARE(refusal(bytes).code, ErrorCode::TooLarge);
        QVERIFY(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
    }

    void frameIsChosen_data() {
        QTest::addColumn<DicomWriting>("writing");
        QTest::newRow("uncompressed") << DicomWriting::ExplicitLittle;
        QTest::newRow("big endian") << DicomWriting::ExplicitBig;
        QTest::newRow("deflated") << DicomWriting::Deflated;
        QTest::newRow("RLE") << DicomWriting::Rle;
        QTest::newRow("JPEG") << DicomWriting::JpegLossless;
        QTest::newRow("JPEG-LS") << DicomWriting::JpegLs;
    }
    void frameIsChosen() {
        QFETCH(DicomWriting, writing);
        const ByteVector bytes = multiFrame(writing);
        for (int frame = 1; frame <= 3; ++frame) {
            const Radiograph film = mustRead(bytes, frame);
            const auto first = static_cast<std::uint16_t>(10 * frame - 9);
            QCOMPARE(*film.pixels,
                     (Pixels{first, static_cast<std::uint16_t>(first + 1),
                             static_cast<std::uint16_t>(first + 2), static_cast<std::uint16_t>(first + 3)}));
            QCOMPARE(film.source.frame, frame);
            QCOMPARE(film.source.frameCount, 3);
            QCOMPARE(film.source.warnings.size(), std::size_t{1});
        }
        for (int frame : {-1, 0, 4})
            QCOMPARE(refusal(bytes, frame).code, ErrorCode::InvalidArgument);
        QCOMPARE(*mustRead(bytes).pixels, *mustRead(bytes, 1).pixels);
    }

    // Words of OW in big endian: an odd number of bytes in a frame puts the next frame's first one before its
    // last one.
    void framesOfOddLengthAreReadInBigEndian() {
        DicomFile file;
        file.text(0x0028, 0x0008, "2").pixels(3, 1, 8, 8, {1, 2, 3, 4, 5, 6});
        const ByteVector bytes = file.bytes(DicomWriting::ExplicitBig);
        QCOMPARE(*mustRead(bytes, 1).pixels, (Pixels{1, 2, 3}));
        QCOMPARE(*mustRead(bytes, 2).pixels, (Pixels{4, 5, 6}));
    }

    void fragmentedFramesAreToldApart_data() {
        QTest::addColumn<int>("fragments");
        QTest::addColumn<bool>("withTable");
        QTest::newRow("one each, offset table") << 1 << true;
        QTest::newRow("one each") << 1 << false;
        QTest::newRow("several, offset table") << 3 << true;
        QTest::newRow("several, by the start of each code stream") << 3 << false;
    }
    void fragmentedFramesAreToldApart() {
        QFETCH(int, fragments);
        QFETCH(bool, withTable);
        const ByteVector bytes = fragmentedFrames(static_cast<std::size_t>(fragments), withTable);
        const int brightness = mustRead(bytes, 1).pixel(3, 3);
        QVERIFY(std::abs(mustRead(bytes, 2).pixel(3, 3) - brightness / 2) < 8);
        QVERIFY(std::abs(mustRead(bytes, 3).pixel(3, 3) - brightness / 3) < 8);
    }

    void badOffsetTableIsRefused() {
        const auto file = [](const std::vector<std::uint32_t>& table) {
            ByteVector stream(64, 0);
            stream[0] = 1;
            stream[4] = 64;
            stream.insert(stream.end(), {0xFF, 7}); // a run of two
            RawDicom dicom(kRle);
            dicom.text(0x0028, 0x0008, "IS", "2").imagePixelModule(2, 1, 8);
            return dicom.fragments(table, {stream, stream}).bytes();
        };
        QCOMPARE(*mustRead(file({0, 74}), 2).pixels, (Pixels{7, 7}));
        for (const std::vector<std::uint32_t>& table :
             {std::vector<std::uint32_t>{0, 73}, {0, 0}, {0, 0xFFFFFFF0}, {0}, {74, 0}})
            QCOMPARE(refusal(file(table), 1).code, ErrorCode::Damaged);
    }

    void tenThousandFragmentsAreRead() {
        const ByteVector stream = makeJpeg(makePicture(256, 256), {.quality = 100});
        std::vector<ByteVector> parts;
        for (std::size_t i = 0; i < stream.size(); i += 4)
            parts.emplace_back(stream.begin() + static_cast<std::ptrdiff_t>(i),
                               stream.begin() + static_cast<std::ptrdiff_t>(std::min(i + 4, stream.size())));
        QVERIFY(parts.size() > 10'000);
        RawDicom file(kJpegBaseline);
        const ByteVector bytes = file.imagePixelModule(256, 256, 8).fragments({}, parts).bytes();
        QVERIFY(*mustRead(bytes).pixels == *mustRead(stream).pixels);
    }
};

QTEST_GUILESS_MAIN(TestDicomCodecs)
#include "TestDicomCodecs.moc"
