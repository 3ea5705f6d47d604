#include "tests/support/SampleFilms.h"

#include "tests/support/DicomFiles.h"

namespace hilum::test {

namespace {

constexpr int kWidthPx = 24;
constexpr int kHeightPx = 20;

DicomFile dicomFilm(int bits) {
    const auto picture = makePicture(kWidthPx, kHeightPx);
    DicomFile file;
    file.text(0x0028, 0x1050, "40\\600").text(0x0028, 0x1051, "400\\1500").text(0x0028, 0x0030, "0.2\\0.2");
    file.pixels(kWidthPx, kHeightPx, bits == 8 ? 8 : 16, bits,
                {picture.values.begin(), picture.values.end()});
    return file;
}

// Tables, padding, an overlay, two frames and their functional groups.
DicomFile richDicomFilm() {
    DicomFile file;
    file.text(0x0028, 0x0008, "2")
        .pixels(4, 2, 16, 12, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
    file.number(0x0028, 0x0120, 5).number(0x0028, 0x0121, 7).text(0x2050, 0x0020, "INVERSE");
    for (const std::uint16_t sequence : {std::uint16_t{0x3000}, std::uint16_t{0x3010}})
        file.enter(0x0028, sequence)
            .words(0x0028, 0x3002, {4, 2, 12})
            .words(0x0028, 0x3006, {1, 20, 300, 4000})
            .leave();
    file.number(0x6000, 0x0010, 2).number(0x6000, 0x0011, 3).shorts(0x6000, 0x0050, {1, 2});
    file.number(0x6000, 0x0100, 1).number(0x6000, 0x0102, 0).words(0x6000, 0x3000, {0x2D});
    file.number(0x6002, 0x0010, 2).number(0x6002, 0x0011, 4).shorts(0x6002, 0x0050, {1, 1});
    file.number(0x6002, 0x0100, 16).number(0x6002, 0x0102, 13);
    file.enter(0x5200, 0x9229).enter(0x0028, 0x9110).text(0x0028, 0x0030, "0.4\\0.3").leave();
    file.enter(0x5200, 0x9230)
        .enter(0x0028, 0x9132)
        .text(0x0028, 0x1050, "50")
        .text(0x0028, 0x1051, "60")
        .leave();
    return file;
}

ByteVector paletteDicom() {
    DicomFile file;
    file.text(0x0028, 0x0004, "PALETTE COLOR").pixels(4, 1, 8, 8, {0, 1, 2, 3});
    for (std::uint16_t i = 0; i < 3; ++i) {
        file.words(0x0028, static_cast<std::uint16_t>(0x1101 + i), {3, 1, 16});
        file.words(0x0028, static_cast<std::uint16_t>(0x1201 + i), {100, 5000, 60000});
    }
    return file.bytes();
}

ByteVector jpeg2000Dicom(const Jpeg2000Options& options) {
    Raster<int> image(kWidthPx, kHeightPx);
    for (std::size_t i = 0; i < image.values.size(); ++i)
        image.values[i] = static_cast<int>(i * 37 % 256);
    RawDicom file("1.2.840.10008.1.2.4.90");
    return file.imagePixelModule(kWidthPx, kHeightPx, options.bits)
        .fragments({}, {makeJpeg2000(image, options)})
        .bytes();
}

ByteVector tiff(int bits) {
    TiffSpec spec;
    spec.widthPx = kWidthPx;
    spec.heightPx = bits == 16 ? kHeightPx / 2 : kHeightPx;
    spec.bits = bits;
    spec.pages = 2;
    spec.pixels = makePicture(kWidthPx, kHeightPx).values;
    return makeTiff(spec);
}

void addDicom(std::vector<SampleFilm>& films) {
    const auto add = [&films](const char* name, ByteVector bytes) {
        films.push_back({name, FileKind::Dicom, std::move(bytes)});
    };
    add("dicom-implicit", dicomFilm(12).bytes(DicomWriting::ImplicitLittle));
    add("dicom-explicit", dicomFilm(12).bytes());
    add("dicom-big-endian", dicomFilm(16).bytes(DicomWriting::ExplicitBig));
    add("dicom-deflated", dicomFilm(12).bytes(DicomWriting::Deflated));
    add("dicom-rle", dicomFilm(12).bytes(DicomWriting::Rle));
    add("dicom-jpeg", dicomFilm(8).bytes(DicomWriting::JpegBaseline));
    add("dicom-jpeg-extended", dicomFilm(12).bytes(DicomWriting::JpegExtended));
    add("dicom-jpeg-lossless", dicomFilm(16).bytes(DicomWriting::JpegLossless));
    add("dicom-jpeg-ls", dicomFilm(12).bytes(DicomWriting::JpegLs));
    add("dicom-jpeg-ls-near", dicomFilm(8).bytes(DicomWriting::JpegLsNear));
    add("dicom-jpeg-2000", jpeg2000Dicom({.bits = 12}));
    add("dicom-jpeg-2000-lossy", jpeg2000Dicom({.lossless = false}));
    add("dicom-jpeg-2000-tiles", jpeg2000Dicom({.tilePx = 8, .boxes = true}));
    add("dicom-palette", paletteDicom());
    add("dicom-rich", richDicomFilm().bytes());
    add("dicom-rich-implicit", richDicomFilm().bytes(DicomWriting::ImplicitLittle));
    DicomFile colour;
    colour.colourPixels(4, 2, "YBR_FULL_422", false, ByteVector(16, 99));
    add("dicom-ybr", colour.bytes());
}

void addPictures(std::vector<SampleFilm>& films) {
    const auto grey = makePicture(kWidthPx, kHeightPx);
    const auto colour = makePicture(kWidthPx, kHeightPx, 3);
    const auto add = [&films](const char* name, FileKind kind, ByteVector bytes) {
        films.push_back({name, kind, std::move(bytes)});
    };
    add("png", FileKind::Png, makePng({.widthPx = kWidthPx, .heightPx = kHeightPx, .rows = grey.values}));
    add("png-palette", FileKind::Png,
        makePng({.widthPx = kWidthPx,
                 .heightPx = kHeightPx,
                 .colourType = 3,
                 .rows = grey.values,
                 .palette = ByteVector(768, 99),
                 .transparency = {1, 2, 3},
                 .exif = exifWithOrientation(6)}));
    add("jpeg", FileKind::Jpeg, withExifOrientation(makeJpeg(grey), 5));
    add("jpeg-progressive", FileKind::Jpeg, makeJpeg(colour, {.progressive = true}));
    add("jpeg-cmyk", FileKind::Jpeg, makeCmykJpeg(kWidthPx, kHeightPx));
    add("tiff-8", FileKind::Tiff, tiff(8));
    add("tiff-16", FileKind::Tiff, tiff(16));
    TiffSpec tiles;
    tiles.widthPx = tiles.heightPx = 18;
    tiles.tilePx = 16;
    tiles.pixels = ByteVector(1024, 77);
    add("tiff-tiles", FileKind::Tiff, makeTiff(tiles));
    ByteVector rows = colour.values; // 72 bytes a row: no padding
    add("bmp", FileKind::Bmp, makeBmp({.widthPx = kWidthPx, .heightPx = kHeightPx, .rows = rows}));
    add("bmp-palette", FileKind::Bmp,
        makeBmp({.widthPx = kWidthPx,
                 .heightPx = -kHeightPx,
                 .bitsPerPixel = 8,
                 .palette = ByteVector(1024, 55),
                 .rows = grey.values}));
    add("webp", FileKind::WebP, makeWebP(colour, false));
    add("webp-lossless", FileKind::WebP, makeWebP(colour, true));
}

} // namespace

std::vector<SampleFilm> sampleFilms() {
    std::vector<SampleFilm> films;
    addDicom(films);
    addPictures(films);
    return films;
}

} // namespace hilum::test
