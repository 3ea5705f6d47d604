// PNG, JPEG and TIFF with known pixels.

#include <algorithm>
#include <random>

#include <QtTest>

#include <opencv2/imgcodecs.hpp>

#include "core/image/PngRows.h"
#include "core/image/RadiographReader.h"
#include "tests/support/PictureFiles.h"

using namespace hilum;
using namespace hilum::test;

namespace {

using Pixels = std::vector<std::uint16_t>;

Pixels pixelsOf(const Radiograph& film) { return {film.pixels->begin(), film.pixels->end()}; }

Radiograph mustRead(const ByteVector& bytes) {
    auto film = decodeRadiograph(bytes);
    if (!film)
        qFatal("refused: %s", film.error().message.c_str());
    return std::move(*film);
}

ErrorCode refusal(const ByteVector& bytes) {
    const auto film = decodeRadiograph(bytes);
    return film ? ErrorCode::Internal : film.error().code;
}

ByteVector firstBytes(const ByteVector& bytes, std::size_t count) {
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count)};
}

// BT.601, to the nearest.
int luma(int red, int green, int blue) { return (299 * red + 587 * green + 114 * blue + 500) / 1000; }

std::size_t findMarker(const ByteVector& jpeg, std::uint8_t marker) {
    for (std::size_t i = 0; i + 1 < jpeg.size(); ++i)
        if (jpeg[i] == 0xFF && jpeg[i + 1] == marker)
            return i;
    return jpeg.size();
}

TiffSpec greyTiff(int widthPx, int heightPx, ByteVector pixels) {
    TiffSpec spec;
    spec.widthPx = widthPx;
    spec.heightPx = heightPx;
    spec.pixels = std::move(pixels);
    return spec;
}

} // namespace

class TestRasterReader : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void pngGreyOfEveryDepth_data() {
        QTest::addColumn<int>("depth");
        QTest::addColumn<ByteVector>("row");
        QTest::addColumn<Pixels>("expected");
        QTest::newRow("1") << 1 << ByteVector{0b10110000} << Pixels{255, 0, 255, 255};
        QTest::newRow("2") << 2 << ByteVector{0b00011011} << Pixels{0, 85, 170, 255};
        QTest::newRow("4") << 4 << ByteVector{0x0F, 0x7A} << Pixels{0, 255, 119, 170};
        QTest::newRow("8") << 8 << ByteVector{0, 1, 128, 255} << Pixels{0, 1, 128, 255};
        QTest::newRow("16") << 16 << ByteVector{0, 1, 1, 0, 0x80, 0x01, 0xFF, 0xFF}
                            << Pixels{1, 256, 0x8001, 65535};
    }
    void pngGreyOfEveryDepth() {
        QFETCH(int, depth);
        QFETCH(ByteVector, row);
        QFETCH(Pixels, expected);
        const Radiograph film = mustRead(makePng({.widthPx = 4, .bitDepth = depth, .rows = row}));
        QCOMPARE(pixelsOf(film), expected);
        QCOMPARE(film.widthPx, 4);
        QCOMPARE(film.heightPx, 1);
        QCOMPARE(film.bitsStored, depth == 16 ? 16 : 8);
        QCOMPARE(film.storedMin, 0);
        QCOMPARE(film.storedMax, depth == 16 ? 65535 : 255);
        QCOMPARE(film.source.format, std::string("PNG"));
        QCOMPARE(film.source.encoding, std::to_string(depth) + "-bit grey");
        QVERIFY(!film.spacing);
        QVERIFY(film.source.warnings.empty());
    }

    void pngGreyInRgbIsTakenAsItIs() {
        const Radiograph film = mustRead(
            makePng({.widthPx = 3, .colourType = 2, .rows = {7, 7, 7, 200, 200, 200, 255, 255, 255}}));
        QCOMPARE(pixelsOf(film), (Pixels{7, 200, 255}));
        QVERIFY(film.source.warnings.empty());
        QCOMPARE(film.source.photometric, std::string("RGB"));
    }

    void pngColourBecomesLuma() {
        const Radiograph film =
            mustRead(makePng({.widthPx = 3, .colourType = 2, .rows = {255, 0, 0, 0, 255, 0, 10, 20, 30}}));
        QCOMPARE(pixelsOf(film), (Pixels{76, 150, static_cast<std::uint16_t>(luma(10, 20, 30))}));
        QCOMPARE(film.source.warnings.size(), std::size_t{1});
    }

    void png16BitColourBecomes16BitLuma() {
        const ByteVector row = bytesOf({60000, 1000, 1, 500, 500, 500}, ByteOrder::Big);
        const Radiograph film =
            mustRead(makePng({.widthPx = 2, .bitDepth = 16, .colourType = 2, .rows = row}));
        QCOMPARE(pixelsOf(film), (Pixels{static_cast<std::uint16_t>(luma(60000, 1000, 1)), 500}));
        QCOMPARE(film.bitsStored, 16);
    }

    void pngPaletteIsLookedUp() {
        const ByteVector palette{0, 0, 0, 90, 90, 90, 255, 0, 0, 255, 255, 255};
        const Radiograph film = mustRead(makePng(
            {.widthPx = 4, .bitDepth = 2, .colourType = 3, .rows = {0b11011000}, .palette = palette}));
        QCOMPARE(pixelsOf(film), (Pixels{255, 90, 76, 0}));
        QCOMPARE(film.source.photometric, std::string("palette"));
        QCOMPARE(film.source.warnings.size(), std::size_t{1});
    }

    void transparencyIsLaidOverBlack_data() {
        QTest::addColumn<ByteVector>("file");
        QTest::addColumn<Pixels>("expected");
        QTest::newRow("RGBA") << makePng({.widthPx = 2,
                                          .colourType = 6,
                                          .rows = {200, 200, 200, 128, 50, 50, 50, 255}})
                              << Pixels{100, 50};
        QTest::newRow("grey and alpha, 16 bit")
            << makePng({.widthPx = 2,
                        .bitDepth = 16,
                        .colourType = 4,
                        .rows = bytesOf({60000, 0, 1234, 65535}, ByteOrder::Big)})
            << Pixels{0, 1234};
        QTest::newRow("palette") << makePng({.widthPx = 2,
                                             .colourType = 3,
                                             .rows = {0, 1},
                                             .palette = {80, 80, 80, 90, 90, 90},
                                             .transparency = {51}})
                                 << Pixels{16, 90};
        QTest::newRow("one grey value")
            << makePng({.widthPx = 2, .rows = {17, 18}, .transparency = {0, 17}}) << Pixels{0, 18};
    }
    void transparencyIsLaidOverBlack() {
        QFETCH(ByteVector, file);
        QFETCH(Pixels, expected);
        const Radiograph film = mustRead(file);
        QCOMPARE(pixelsOf(film), expected);
        QCOMPARE(film.source.warnings.size(), std::size_t{1});
    }

    void opaqueAlphaIsDropped() {
        const Radiograph film =
            mustRead(makePng({.widthPx = 2, .colourType = 6, .rows = {200, 200, 200, 255, 50, 50, 50, 255}}));
        QCOMPARE(pixelsOf(film), (Pixels{200, 50}));
        QVERIFY(film.source.warnings.empty());
    }

    void pngFiltersAreUndone_data() {
        QTest::addColumn<int>("colourType");
        QTest::addColumn<int>("bitDepth");
        for (const int depth : {8, 16}) {
            QTest::addRow("grey, %d bit", depth) << 0 << depth;
            QTest::addRow("RGB, %d bit", depth) << 2 << depth;
            QTest::addRow("grey and alpha, %d bit", depth) << 4 << depth;
            QTest::addRow("RGBA, %d bit", depth) << 6 << depth;
        }
    }
    void pngFiltersAreUndone() {
        QFETCH(int, colourType);
        QFETCH(int, bitDepth);
        constexpr int kWidth = 13, kHeight = 17;
        const int channels = colourType == 0 ? 1 : colourType == 2 ? 3 : colourType == 4 ? 2 : 4;
        ByteVector rows(static_cast<std::size_t>(kWidth * kHeight * channels * bitDepth / 8));
        std::mt19937 random(7);
        std::ranges::generate(rows, [&] { return static_cast<std::uint8_t>(random() >> 24U); });
        PngSpec spec{.widthPx = kWidth,
                     .heightPx = kHeight,
                     .bitDepth = bitDepth,
                     .colourType = colourType,
                     .rows = rows};
        const Radiograph plain = mustRead(makePng(spec));
        if (colourType == 0) {
            for (std::size_t i = 0; i < plain.pixels->size(); ++i)
                QCOMPARE(int{(*plain.pixels)[i]},
                         bitDepth == 8 ? rows[i] : rows[2 * i] << 8 | rows[2 * i + 1]);
        }
        spec.filters = true;
        QCOMPARE(pixelsOf(mustRead(makePng(spec))), pixelsOf(plain));
        const ByteVector file = makePng(spec);
        // Behind the header's chunk.
        const Bytes data = Bytes(file).subspan(41, readU32(file, 33, ByteOrder::Big));
        const auto pixelBytes = static_cast<std::size_t>(channels * bitDepth / 8);
        const PngRows layout{kWidth * pixelBytes, pixelBytes, kHeight};
        const auto inflated = inflatedPng({data.first(20), data.subspan(20)}, layout);
        QVERIFY(inflated);
        ByteVector found;
        QVERIFY(forEachPngRow(*inflated, layout, [&](std::size_t, const std::uint8_t* bytes) {
            found.insert(found.end(), bytes, bytes + layout.rowBytes);
            return true;
        }));
        QCOMPARE(found, rows);
        spec.surplus = 3; // which libpng decodes
        QCOMPARE(pixelsOf(mustRead(makePng(spec))), pixelsOf(plain));
    }

    void unknownPngFilterOrCriticalChunkIsRefused() {
        const PngRows layout{2, 1, 1};
        QVERIFY(!forEachPngRow(ByteVector{5, 1, 2}, layout,
                               [](std::size_t, const std::uint8_t*) { return true; }));
        ByteVector chunk, file = makePng({.widthPx = 2, .rows = {1, 2}});
        appendPngChunk(chunk, "HLUM", {1});
        file.insert(file.begin() + 33, chunk.begin(), chunk.end());
        QCOMPARE(refusal(file), ErrorCode::Damaged);
    }

    void interlacedPngIsTheSamePicture() {
        // Adam7 of a 2 × 2 picture: the passes hold (0,0), then (1,0), then the row (0,1) (1,1).
        ByteVector file{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
        appendPngChunk(file, "IHDR", {0, 0, 0, 2, 0, 0, 0, 2, 8, 0, 0, 0, 1});
        // Stored deflate block: 7 bytes; Adler-32 of them below.
        const ByteVector raw{0, 10, 0, 20, 0, 30, 40};
        std::uint32_t a = 1, b = 0;
        for (const auto byte : raw) {
            a += byte;
            b += a;
        }
        ByteVector zlib{0x78, 1, 1, 7, 0, 0xF8, 0xFF};
        zlib.insert(zlib.end(), raw.begin(), raw.end());
        for (const auto word : {b, a}) {
            zlib.push_back(static_cast<std::uint8_t>(word >> 8U));
            zlib.push_back(static_cast<std::uint8_t>(word & 0xFFU));
        }
        appendPngChunk(file, "IDAT", zlib);
        appendPngChunk(file, "IEND", {});
        QCOMPARE(pixelsOf(mustRead(file)), (Pixels{10, 20, 30, 40}));
    }

    void statedResolutionIsNoSpacing() {
        ByteVector file = makePng({.widthPx = 2, .rows = {1, 2}});
        ByteVector resolution;
        appendPngChunk(resolution, "pHYs",
                       {0, 0, 0x0B, 0x13, 0, 0, 0x0B, 0x13, 1}); // 2835 a metre: a screen's
        file.insert(file.begin() + 33, resolution.begin(), resolution.end());
        QVERIFY(!mustRead(file).spacing);
    }

    void damagedPngIsRefused() {
        const auto picture = makePicture(40, 40);
        const ByteVector whole = makePng({.widthPx = 40, .heightPx = 40, .rows = picture.values});
        for (std::size_t cut = 8; cut < whole.size(); cut += 3)
            QCOMPARE(refusal(firstBytes(whole, cut)), ErrorCode::Damaged);
        ByteVector flipped = whole;
        flipped[whole.size() / 2] ^= 0x10; // inside IDAT: the checksum no longer fits
        QCOMPARE(refusal(flipped), ErrorCode::Damaged);
        ByteVector trailing = whole;
        trailing.insert(trailing.end(), 100, 0xAB);
        QVERIFY(decodeRadiograph(trailing).has_value());
    }

    void sizesAreCheckedBeforeDecoding() {
        ByteVector huge{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
        appendPngChunk(huge, "IHDR", {0, 1, 0, 0, 0, 1, 0, 0, 8, 0, 0, 0, 0});
        appendPngChunk(huge, "IDAT", {0x78, 1});
        appendPngChunk(huge, "IEND", {});
        QCOMPARE(refusal(huge), ErrorCode::TooLarge);
        ByteVector hollow{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
        appendPngChunk(hollow, "IHDR", {0, 0, 0x20, 0, 0, 0, 0x20, 0, 8, 0, 0, 0, 0});
        appendPngChunk(hollow, "IDAT", {0x78, 1});
        appendPngChunk(hollow, "IEND", {});
        QCOMPARE(refusal(hollow), ErrorCode::Damaged);
        TiffSpec tiff = greyTiff(100'000, 100'000, {1, 2, 3, 4});
        QCOMPARE(refusal(makeTiff(tiff)), ErrorCode::TooLarge);
        ByteVector jpeg = makeJpeg(makePicture(16, 16));
        const std::size_t header = findMarker(jpeg, 0xC0);
        for (std::size_t i = 5; i < 9; ++i)
            jpeg[header + i] = 0xFF;
        QCOMPARE(refusal(jpeg), ErrorCode::TooLarge);
    }

    void jpegGreyIsWhatTheReferenceDecoderGives_data() {
        QTest::addColumn<JpegOptions>("options");
        QTest::newRow("baseline") << JpegOptions{};
        QTest::newRow("progressive") << JpegOptions{.progressive = true};
        QTest::newRow("restart markers") << JpegOptions{.restartInterval = 2};
    }
    void jpegGreyIsWhatTheReferenceDecoderGives() {
        QFETCH(JpegOptions, options);
        const ByteVector file = makeJpeg(makePicture(61, 47), options);
        const Radiograph film = mustRead(file);
        const cv::Mat reference = cv::imdecode(file, cv::IMREAD_GRAYSCALE);
        QCOMPARE(film.widthPx, 61);
        QCOMPARE(film.heightPx, 47);
        QVERIFY(
            std::equal(reference.begin<std::uint8_t>(), reference.end<std::uint8_t>(), film.pixels->begin()));
        QCOMPARE(film.source.photometric, std::string("grey"));
        QVERIFY(film.source.warnings.empty());
    }

    void jpegColourGivesItsLuma() {
        auto picture = makePicture(48, 32, 3);
        const ByteVector file = makeJpeg(picture);
        const Radiograph film = mustRead(file);
        const cv::Mat reference = cv::imdecode(file, cv::IMREAD_GRAYSCALE); // libjpeg's own luma
        QVERIFY(
            std::equal(reference.begin<std::uint8_t>(), reference.end<std::uint8_t>(), film.pixels->begin()));
        QCOMPARE(film.source.warnings.size(), std::size_t{1});
        // Grey in a colour file: the same luma, and nothing to warn about.
        const auto grey = makePicture(48, 32);
        for (std::size_t i = 0; i < grey.values.size(); ++i)
            picture.values[3 * i] = picture.values[3 * i + 1] = picture.values[3 * i + 2] = grey.values[i];
        QVERIFY(mustRead(makeJpeg(picture)).source.warnings.empty());
    }

    void truncatedJpegIsRefused() {
        for (const bool progressive : {false, true}) {
            const ByteVector whole = makeJpeg(makePicture(64, 64), {.progressive = progressive});
            for (std::size_t cut = 3; cut < whole.size(); cut += 5)
                QCOMPARE(refusal(firstBytes(whole, cut)), ErrorCode::Damaged);
            ByteVector closed = firstBytes(whole, whole.size() * 3 / 4); // cut, and the end marker put back
            closed.insert(closed.end(), {0xFF, 0xD9});
            QCOMPARE(refusal(closed), ErrorCode::Damaged);
        }
    }

    void jpegWithAHoleIsRefused() {
        const ByteVector whole = makeJpeg(makePicture(200, 200));
        const auto scan = static_cast<std::ptrdiff_t>(findMarker(whole, 0xDA));
        ByteVector hole = whole;
        hole.erase(hole.begin() + scan + 2000, hole.begin() + scan + 2600);
        QCOMPARE(refusal(hole), ErrorCode::Damaged);
        ByteVector trailing = whole;
        trailing.insert(trailing.end(), 500, 0x11);
        QVERIFY(decodeRadiograph(trailing).has_value());
    }

    // The file says 128 of each ink, which libjpeg writes as Adobe does: what is left of the light.
    void cmykJpegIsPrintedInGrey() {
        const Radiograph film = mustRead(makeCmykJpeg(16, 16));
        QCOMPARE(film.source.photometric, std::string("CMYK"));
        QVERIFY(std::all_of(film.pixels->begin(), film.pixels->end(),
                            [](int pixel) { return pixel == 64; })); // 128 × 128 / 255
        QVERIFY(film.source.warnings.empty());
    }

    void jpegWithoutEndOfScansIsRefused() {
        ByteVector jpeg = makeJpeg(makePicture(16, 16), {.progressive = true});
        const auto scan = static_cast<std::ptrdiff_t>(findMarker(jpeg, 0xDA));
        const ByteVector one(jpeg.begin() + scan, jpeg.end() - 2);
        for (int i = 0; i < 200; ++i)
            jpeg.insert(jpeg.end() - 2, one.begin(), one.end());
        QCOMPARE(refusal(jpeg), ErrorCode::TooLarge);
    }

    // The corner with the 0 of a 2 × 3 picture 0 1 / 2 3 / 4 5 goes where EXIF says.
    void exifOrientationIsApplied_data() {
        QTest::addColumn<int>("orientation");
        QTest::addColumn<int>("widthPx");
        QTest::addColumn<Pixels>("expected");
        QTest::newRow("1") << 1 << 2 << Pixels{0, 1, 2, 3, 4, 5};
        QTest::newRow("2, mirrored") << 2 << 2 << Pixels{1, 0, 3, 2, 5, 4};
        QTest::newRow("3, turned by 180°") << 3 << 2 << Pixels{5, 4, 3, 2, 1, 0};
        QTest::newRow("4, upside down") << 4 << 2 << Pixels{4, 5, 2, 3, 0, 1};
        QTest::newRow("5, transposed") << 5 << 3 << Pixels{0, 2, 4, 1, 3, 5};
        QTest::newRow("6, turned clockwise") << 6 << 3 << Pixels{4, 2, 0, 5, 3, 1};
        QTest::newRow("7, transverse") << 7 << 3 << Pixels{5, 3, 1, 4, 2, 0};
        QTest::newRow("8, turned anticlockwise") << 8 << 3 << Pixels{1, 3, 5, 0, 2, 4};
        QTest::newRow("nonsense") << 9 << 2 << Pixels{0, 1, 2, 3, 4, 5};
    }
    void exifOrientationIsApplied() {
        QFETCH(int, orientation);
        QFETCH(int, widthPx);
        QFETCH(Pixels, expected);
        const ByteVector pixels{0, 1, 2, 3, 4, 5};
        TiffSpec tiff = greyTiff(2, 3, pixels);
        tiff.orientation = orientation;
        const ByteVector png =
            makePng({.widthPx = 2, .heightPx = 3, .rows = pixels, .exif = exifWithOrientation(orientation)});
        for (const Radiograph& film : {mustRead(makeTiff(tiff)), mustRead(png)}) {
            QCOMPARE(film.widthPx, widthPx);
            QCOMPARE(film.heightPx, 6 / widthPx);
            QCOMPARE(pixelsOf(film), expected);
        }
    }

    void exifOrientationOfJpegIsApplied() {
        const auto picture = makePicture(40, 24);
        const ByteVector plain = makeJpeg(picture);
        const Radiograph upright = mustRead(plain);
        const Radiograph turned = mustRead(withExifOrientation(plain, 6));
        QCOMPARE(turned.widthPx, 24);
        QCOMPARE(turned.heightPx, 40);
        for (int y = 0; y < 24; ++y)
            for (int x = 0; x < 40; ++x)
                QCOMPARE(turned.pixel(23 - y, x), upright.pixel(x, y));
    }

    void tiffGrey_data() {
        QTest::addColumn<int>("bits");
        QTest::addColumn<bool>("big");
        QTest::addColumn<ByteVector>("pixels");
        QTest::addColumn<Pixels>("expected");
        QTest::newRow("1") << 1 << false << ByteVector{0b10100000} << Pixels{255, 0, 255, 0};
        QTest::newRow("4") << 4 << true << ByteVector{0x0F, 0x7A} << Pixels{0, 255, 119, 170};
        QTest::newRow("8") << 8 << false << ByteVector{1, 2, 254, 255} << Pixels{1, 2, 254, 255};
        for (const bool big : {false, true})
            QTest::newRow(big ? "16, big endian" : "16, little endian")
                << 16 << big << bytesOf({1, 256, 40000, 65535}, big ? ByteOrder::Big : ByteOrder::Little)
                << Pixels{1, 256, 40000, 65535};
    }
    void tiffGrey() {
        QFETCH(int, bits);
        QFETCH(bool, big);
        QFETCH(ByteVector, pixels);
        QFETCH(Pixels, expected);
        TiffSpec spec = greyTiff(4, 1, pixels);
        spec.bits = bits;
        spec.order = big ? ByteOrder::Big : ByteOrder::Little;
        const Radiograph film = mustRead(makeTiff(spec));
        QCOMPARE(pixelsOf(film), expected);
        QCOMPARE(film.polarity, Polarity::AsStored);
        QCOMPARE(film.bitsStored, bits == 16 ? 16 : 8);
        QVERIFY(!film.spacing);
    }

    void tiffWithZeroAsWhiteIsTurnedRound() {
        TiffSpec spec = greyTiff(3, 1, {0, 100, 255});
        spec.photometric = 0;
        const Radiograph film = mustRead(makeTiff(spec));
        QCOMPARE(pixelsOf(film), (Pixels{255, 155, 0}));
        QCOMPARE(film.polarity, Polarity::Inverted);
        QCOMPARE(film.storedValue(film.pixel(1, 0)), 100);
        spec.bits = 16;
        spec.pixels = bytesOf({0, 100, 65535}, spec.order);
        const Radiograph deep = mustRead(makeTiff(spec));
        QCOMPARE(pixelsOf(deep), (Pixels{65535, 65435, 0}));
        QCOMPARE(deep.storedValue(deep.pixel(1, 0)), 100);
    }

    void tiffColour_data() {
        QTest::addColumn<int>("planar");
        QTest::addColumn<ByteVector>("pixels");
        QTest::newRow("interleaved") << 1 << ByteVector{255, 0, 0, 9, 9, 9};
        QTest::newRow("one plane after the other") << 2 << ByteVector{255, 9, 0, 9, 0, 9};
    }
    void tiffColour() {
        QFETCH(int, planar);
        QFETCH(ByteVector, pixels);
        TiffSpec spec = greyTiff(2, 1, pixels);
        spec.samples = 3;
        spec.photometric = 2;
        spec.planar = planar;
        const Radiograph film = mustRead(makeTiff(spec));
        QCOMPARE(pixelsOf(film), (Pixels{76, 9}));
        QCOMPARE(film.source.warnings.size(), std::size_t{1});
    }

    void tiffAlphaIsLaidOverBlack() {
        TiffSpec spec = greyTiff(2, 1, {200, 128, 50, 255});
        spec.samples = 2;
        spec.extraSamples = {2};
        QCOMPARE(pixelsOf(mustRead(makeTiff(spec))), (Pixels{100, 50}));
        spec.extraSamples = {1}; // premultiplied: already over black
        QCOMPARE(pixelsOf(mustRead(makeTiff(spec))), (Pixels{200, 50}));
        spec.extraSamples = {0}; // of no stated meaning
        QVERIFY(mustRead(makeTiff(spec)).source.warnings.empty());
    }

    void tiffPaletteIsLookedUp() {
        TiffSpec spec = greyTiff(4, 1, {0x01, 0x23});
        spec.bits = 4;
        spec.photometric = 3;
        spec.colourMap.assign(48, 0);
        const std::array<int, 4> reds{0, 90, 255, 255}, greens{0, 90, 0, 255}, blues{0, 90, 0, 255};
        for (std::size_t i = 0; i < 4; ++i) {
            spec.colourMap[i] = static_cast<std::uint16_t>(reds[i] * 257);
            spec.colourMap[16 + i] = static_cast<std::uint16_t>(greens[i] * 257);
            spec.colourMap[32 + i] = static_cast<std::uint16_t>(blues[i] * 257);
        }
        QCOMPARE(pixelsOf(mustRead(makeTiff(spec))), (Pixels{0, 90, 76, 255}));
    }

    void tiffTilesArePutTogether() {
        TiffSpec spec = greyTiff(20, 18, {});
        spec.tilePx = 16;
        Pixels expected(20 * 18);
        for (int i = 0; i < 20 * 18; ++i)
            expected[static_cast<std::size_t>(i)] = static_cast<std::uint16_t>(i % 251);
        for (int top : {0, 16})
            for (int left : {0, 16})
                for (int y = top; y < top + 16; ++y)
                    for (int x = left; x < left + 16; ++x)
                        spec.pixels.push_back(x < 20 && y < 18 ? static_cast<std::uint8_t>((y * 20 + x) % 251)
                                                               : std::uint8_t{0});
        QCOMPARE(pixelsOf(mustRead(makeTiff(spec))), expected);
    }

    void tiffPageIsChosen() {
        TiffSpec spec = greyTiff(2, 1, {3, 4});
        spec.pages = 2;
        for (const ByteOrder order : {ByteOrder::Little, ByteOrder::Big}) {
            spec.order = order;
            for (int page : {1, 2}) {
                const auto film = decodeRadiograph(makeTiff(spec), {}, {page});
                QVERIFY(film.has_value());
                QCOMPARE(pixelsOf(*film), (Pixels{3, 4}));
                QCOMPARE(film->source.frame, page);
                QCOMPARE(film->source.frameCount, 2);
                QCOMPARE(film->source.warnings.size(), std::size_t{1});
            }
            for (int page : {-1, 0, 3})
                QCOMPARE(decodeRadiograph(makeTiff(spec), {}, {page}).error().code,
                         ErrorCode::InvalidArgument);
        }
    }

    void otherFormatsHaveOneFrame() {
        const ByteVector png = makePng({.widthPx = 2, .rows = {1, 2}});
        QVERIFY(decodeRadiograph(png, {}, {1}).has_value());
        QCOMPARE(decodeRadiograph(png, {}, {2}).error().code, ErrorCode::InvalidArgument);
    }

    void compressedTiff_data() {
        QTest::addColumn<int>("compression");
        QTest::newRow("none") << 1;
        QTest::newRow("LZW") << 5;
        QTest::newRow("Deflate") << 8;
        QTest::newRow("PackBits") << 32773;
    }
    void compressedTiff() {
        QFETCH(int, compression);
        const auto picture = makePicture(90, 70);
        cv::Mat mat(70, 90, CV_16UC1);
        for (int i = 0; i < 90 * 70; ++i)
            mat.at<std::uint16_t>(i / 90, i % 90) =
                static_cast<std::uint16_t>(picture.values[static_cast<std::size_t>(i)] * 257 + i % 7);
        cv::Mat small;
        mat.convertTo(small, CV_8U, 1.0 / 257);
        for (const cv::Mat& stored : {mat, small}) {
            ByteVector file;
            cv::imencode(".tiff", stored, file, {cv::IMWRITE_TIFF_COMPRESSION, compression});
            const Radiograph film = mustRead(file);
            for (int i = 0; i < 90 * 70; ++i)
                QCOMPARE(int{(*film.pixels)[static_cast<std::size_t>(i)]},
                         stored.depth() == CV_16U ? int{stored.at<std::uint16_t>(i / 90, i % 90)}
                                                  : int{stored.at<std::uint8_t>(i / 90, i % 90)});
            for (std::size_t cut = 8; cut < file.size(); cut += 97)
                QCOMPARE(refusal(firstBytes(file, cut)), ErrorCode::Damaged);
        }
    }

    void corruptTiffIsRefused() {
        const auto picture = makePicture(90, 70);
        const cv::Mat mat(70, 90, CV_8UC1, const_cast<std::uint8_t*>(picture.values.data()));
        ByteVector file;
        cv::imencode(".tiff", mat, file, {cv::IMWRITE_TIFF_COMPRESSION, 8});
        for (std::size_t i = 100; i < 140; ++i)
            file[i] = 0xFF;
        QCOMPARE(refusal(file), ErrorCode::Damaged);
    }

    void unsupportedTiffIsNamed_data() {
        QTest::addColumn<TiffSpec>("spec");
        TiffSpec cmyk = greyTiff(1, 1, {1, 2, 3, 4});
        cmyk.samples = 4;
        cmyk.photometric = 5;
        QTest::newRow("CMYK") << cmyk;
        TiffSpec real = greyTiff(1, 1, {0, 0, 0, 0});
        real.bits = 32;
        real.sampleFormat = 3;
        QTest::newRow("floating point") << real;
        TiffSpec fax = greyTiff(8, 1, {0});
        fax.bits = 1;
        fax.compression = 4;
        QTest::newRow("fax") << fax;
    }
    void unsupportedTiffIsNamed() {
        QFETCH(TiffSpec, spec);
        QCOMPARE(refusal(makeTiff(spec)), ErrorCode::UnsupportedFormat);
    }

    void bmpOfEveryDepth_data() {
        QTest::addColumn<BmpSpec>("spec");
        QTest::addColumn<Pixels>("expected");
        const ByteVector greys{10, 10, 10, 0, 200, 200, 200, 0};
        QTest::newRow("1") << BmpSpec{3, 1, 1, 0, greys, {}, {0b01000000, 0, 0, 0}} << Pixels{10, 200, 10};
        QTest::newRow("4") << BmpSpec{3, 1, 4, 0, greys, {}, {0x10, 0x10, 0, 0}} << Pixels{200, 10, 200};
        QTest::newRow("8, colour") << BmpSpec{2, 1, 8, 0, {0, 0, 255, 0, 9, 9, 9, 0}, {}, {0, 1, 0, 0}}
                                   << Pixels{76, 9};
        QTest::newRow("16") << BmpSpec{2, 1, 16, 0, {}, {}, {0xFF, 0x7F, 0, 0}} << Pixels{255, 0};
        QTest::newRow("16, bit masks")
            << BmpSpec{2, 1, 16, 3, {}, {0xF800, 0x07E0, 0x001F}, {0xFF, 0xFF, 0x00, 0xF8}}
            << Pixels{255, 76};
        QTest::newRow("24") << BmpSpec{1, 1, 24, 0, {}, {}, {30, 20, 10, 0}}
                            << Pixels{static_cast<std::uint16_t>(luma(10, 20, 30))};
        QTest::newRow("32") << BmpSpec{1, 1, 32, 0, {}, {}, {5, 5, 5, 0}} << Pixels{5};
        QTest::newRow("bottom up") << BmpSpec{1, 2, 24, 0, {}, {}, {1, 1, 1, 0, 2, 2, 2, 0}} << Pixels{2, 1};
        QTest::newRow("top down") << BmpSpec{1, -2, 24, 0, {}, {}, {1, 1, 1, 0, 2, 2, 2, 0}} << Pixels{1, 2};
    }
    void bmpOfEveryDepth() {
        QFETCH(BmpSpec, spec);
        QFETCH(Pixels, expected);
        const ByteVector file = makeBmp(spec);
        const Radiograph film = mustRead(file);
        QCOMPARE(pixelsOf(film), expected);
        QCOMPARE(film.source.format, std::string("BMP"));
        for (std::size_t cut = 18; cut < file.size(); ++cut)
            QCOMPARE(refusal(firstBytes(file, cut)), ErrorCode::Damaged);
    }

    void bmpIsWhatTheReferenceDecoderGives() {
        const auto picture = makePicture(61, 47, 3);
        const cv::Mat mat(47, 61, CV_8UC3, const_cast<std::uint8_t*>(picture.values.data()));
        ByteVector file;
        cv::imencode(".bmp", mat, file);
        const Radiograph film = mustRead(file);
        for (std::size_t i = 0; i < film.pixels->size(); ++i)
            QCOMPARE(int{(*film.pixels)[i]},
                     luma(picture.values[3 * i + 2], picture.values[3 * i + 1], picture.values[3 * i]));
    }

    void webPIsRead() {
        auto picture = makePicture(61, 47, 3);
        const Radiograph exact = mustRead(makeWebP(picture, true));
        const Radiograph lossy = mustRead(makeWebP(picture, false));
        QCOMPARE(exact.source.format, std::string("WebP"));
        QCOMPARE(exact.widthPx, 61);
        for (std::size_t i = 0; i < exact.pixels->size(); ++i) {
            const std::uint8_t* rgb = &picture.values[3 * i];
            QCOMPARE(int{(*exact.pixels)[i]}, luma(rgb[0], rgb[1], rgb[2]));
            QVERIFY(std::abs((*lossy.pixels)[i] - (*exact.pixels)[i]) < 40);
        }
        Raster<std::uint8_t> clear(2, 1, 4);
        clear.values = {200, 200, 200, 255, 200, 200, 200, 51};
        QCOMPARE(pixelsOf(mustRead(makeWebP(clear, true))), (Pixels{200, 40}));
    }

    void exifOrientationOfWebPIsApplied() {
        const auto picture = makePicture(40, 24, 3);
        ByteVector file = makeWebP(picture, true);
        const Radiograph upright = mustRead(file);
        // To the extended format: a VP8X chunk in front (with the EXIF flag and the size), EXIF at the end.
        const ByteVector extended{'V', 'P', '8', 'X', 10, 0, 0, 0, 8, 0, 0, 0, 39, 0, 0, 23, 0, 0};
        file.insert(file.begin() + 12, extended.begin(), extended.end());
        const ByteVector exif = exifWithOrientation(6);
        file.insert(file.end(), {'E', 'X', 'I', 'F', static_cast<std::uint8_t>(exif.size()), 0, 0, 0});
        file.insert(file.end(), exif.begin(), exif.end());
        const auto size = static_cast<std::uint32_t>(file.size() - 8);
        for (std::size_t i = 0; i < 4; ++i)
            file[4 + i] = static_cast<std::uint8_t>(size >> (8 * i));
        const Radiograph turned = mustRead(file);
        QCOMPARE(turned.widthPx, 24);
        for (int y = 0; y < 24; ++y)
            for (int x = 0; x < 40; ++x)
                QCOMPARE(turned.pixel(23 - y, x), upright.pixel(x, y));
    }

    void otherFilesAreNoFilms_data() {
        QTest::addColumn<ByteVector>("file");
        QTest::newRow("empty") << ByteVector{};
        QTest::newRow("text") << ByteVector{'h', 'e', 'l', 'l', 'o', ' ', 'w', 'o', 'r', 'l', 'd'};
        QTest::newRow("BMP") << ByteVector{'B', 'M', 1, 0, 0, 0, 0, 0, 0, 0};
        QTest::newRow("zeros") << ByteVector(4096, 0);
        QTest::newRow("ones") << ByteVector(4096, 0xFF);
    }
    void otherFilesAreNoFilms() {
        QFETCH(ByteVector, file);
        QCOMPARE(refusal(file), ErrorCode::UnsupportedFormat);
    }

    void everyPublishedOriginalOpens() {
        const std::filesystem::path folder = std::filesystem::path(HILUM_SHARED_DATA) / "originals";
        if (!std::filesystem::exists(folder))
            QSKIP("the shared data are not here");
        const auto films = findFilms({folder});
        QCOMPARE(films->size(), std::size_t{7});
        for (const auto& file : *films) {
            const auto film = readRadiograph(file);
            QVERIFY2(film.has_value(), film ? "" : film.error().message.c_str());
            QCOMPARE(film->pixels->size(),
                     static_cast<std::size_t>(film->widthPx) * static_cast<std::size_t>(film->heightPx));
            QCOMPARE(film->source.file, file);
            const cv::Mat reference =
                cv::imread(file.string(), cv::IMREAD_GRAYSCALE | cv::IMREAD_IGNORE_ORIENTATION);
            QCOMPARE(reference.cols, film->widthPx);
            int furthest = 0;
            for (std::size_t i = 0; i < film->pixels->size(); ++i)
                furthest = std::max(furthest, std::abs(reference.data[i] - int{(*film->pixels)[i]}));
            QVERIFY(furthest <= 1); // OpenCV rounds the luma of colour PNGs differently
        }
    }
};

QTEST_GUILESS_MAIN(TestRasterReader)
#include "TestRasterReader.moc"
