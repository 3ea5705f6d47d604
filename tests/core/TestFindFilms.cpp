// Which files are films, and how folders are walked.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <QTemporaryDir>
#include <QtTest>

#ifndef _WIN32
#include <sys/stat.h>
#include <unistd.h>
#endif

#include "core/image/RadiographReader.h"
#include "tests/support/DicomFiles.h"

using namespace hilum;
using namespace hilum::test;
namespace fs = std::filesystem;

namespace {

void save(const fs::path& file, const ByteVector& bytes) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

ByteVector smallPng() { return makePng({.widthPx = 2, .rows = {1, 2}}); }

ByteVector smallDicom() {
    DicomFile file;
    file.pixels(2, 1, 8, 8, {3, 4});
    return file.bytes();
}

// A DICOMDIR whose records list these files, with components joined by backslashes.
ByteVector mediaDirectory(const std::vector<std::string>& fileIds, const char* type = "IMAGE") {
    RawDicom meta("");
    meta.text(0x0002, 0x0002, "UI", "1.2.840.10008.1.3.10").text(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1");
    meta.text(0x0004, 0x1130, "CS", "SET").header(0x0004, 0x1220, "SQ", 0xFFFFFFFF);
    for (const std::string& fileId : fileIds) {
        meta.item(0xFFFFFFFF).number(0x0004, 0x1410, 0xFFFF).text(0x0004, 0x1430, "CS", type);
        meta.text(0x0004, 0x1500, "CS", fileId).itemEnd();
    }
    ByteVector bytes(132, 0); // the preamble, and the prefix
    std::ranges::copy(std::string_view("DICM"), bytes.begin() + 128);
    meta.sequenceEnd();
    bytes.insert(bytes.end(), meta.bytes().begin(), meta.bytes().end());
    return bytes;
}

} // namespace

class TestFindFilms : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path root() const { return m_folder->path().toStdString(); }

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void kindIsToldByContent_data() {
        QTest::addColumn<ByteVector>("content");
        QTest::addColumn<FileKind>("kind");
        TiffSpec tiff;
        tiff.pixels = {1};
        QTest::newRow("PNG") << smallPng() << FileKind::Png;
        QTest::newRow("JPEG") << makeJpeg(makePicture(8, 8)) << FileKind::Jpeg;
        QTest::newRow("TIFF") << makeTiff(tiff) << FileKind::Tiff;
        QTest::newRow("DICOM") << smallDicom() << FileKind::Dicom;
        QTest::newRow("BMP") << makeBmp({.rows = {1, 2, 3, 0}}) << FileKind::Bmp;
        QTest::newRow("WebP") << makeWebP(makePicture(8, 8, 3), true) << FileKind::WebP;
        ByteVector bare = smallDicom();
        bare.erase(bare.begin(), bare.begin() + 132);
        QTest::newRow("DICOM without preamble") << bare << FileKind::Dicom;
        ByteVector dual = smallDicom(); // PS3.10 7.1 lets the preamble hold a TIFF header
        std::copy_n("II*\0", 4, dual.begin());
        QTest::newRow("DICOM with a TIFF preamble") << dual << FileKind::Dicom;
        QTest::newRow("text") << ByteVector{'a', 'b', 'c'} << FileKind::Unknown;
        QTest::newRow("nothing") << ByteVector{} << FileKind::Unknown;
        ByteVector almost = smallPng();
        almost[3] = 'X';
        QTest::newRow("almost PNG") << almost << FileKind::Unknown;
    }
    void kindIsToldByContent() {
        QFETCH(ByteVector, content);
        QFETCH(FileKind, kind);
        save(root() / "film.txt", content);
        const auto sniffed = sniffFile(root() / "film.txt");
        QVERIFY(sniffed.has_value());
        QCOMPARE(*sniffed, kind);
        QCOMPARE(readRadiograph(root() / "film.txt").has_value(), kind != FileKind::Unknown);
    }

    void foldersAreWalkedInOrder() {
        save(root() / "b" / "2.png", smallPng());
        save(root() / "b" / "1", smallDicom());
        save(root() / "a" / "deep" / "x.jpg", makeJpeg(makePicture(8, 8)));
        save(root() / "a" / "notes.txt", {'h', 'i'});
        save(root() / "a" / "fake.png", {'h', 'i'});
        save(root() / ".hidden" / "y.png", smallPng());
        save(root() / "b" / ".z.png", smallPng());
        const auto films = findFilms({root()});
        QVERIFY(films.has_value());
        const std::vector<fs::path> expected{root() / "a" / "deep" / "x.jpg", root() / "b" / "1",
                                             root() / "b" / "2.png"};
        QVERIFY(*films == expected);
    }

    void filesStayAsGiven() {
        save(root() / "2.txt", {'h', 'i'});
        save(root() / "1.png", smallPng());
        const auto films = findFilms({root() / "2.txt", root() / "1.png"});
        const std::vector<fs::path> expected{root() / "2.txt", root() / "1.png"};
        QVERIFY(*films == expected);
    }

    void mediaDirectoryIsNoFilm() {
        save(root() / "DICOMDIR", mediaDirectory({"film"}));
        save(root() / "film", smallDicom());
        const auto films = findFilms({root()});
        QCOMPARE(films->size(), std::size_t{1});
    }

    void mediaDirectoryGivesItsImages() {
        save(root() / "DICOMDIR", mediaDirectory({"B\\2", "A\\1", "GONE"}));
        save(root() / "B" / "2", smallDicom());
        save(root() / "a" / "1", smallDicom()); // a disc mounted in lower case
        const auto films = findFilms({root() / "DICOMDIR"});
        QVERIFY(films.has_value());
        const std::vector<fs::path> expected{root() / "B" / "2", root() / "a" / "1", root() / "GONE"};
        QVERIFY(*films == expected);
        QVERIFY(readRadiograph(films->at(1)).has_value());
        QCOMPARE(readRadiograph(films->at(2)).error().code, ErrorCode::NotFound);
    }

    void mediaDirectoryWithoutImagesIsAnError() {
        save(root() / "DICOMDIR", mediaDirectory({"film"}, "SR DOCUMENT"));
        QCOMPARE(findFilms({root() / "DICOMDIR"}).error().code, ErrorCode::NotFound);
    }

    void mediaDirectoryDoesNotLeadOutOfItsFolder_data() {
        QTest::addColumn<std::string>("fileId");
        for (const char* fileId :
             {"..\\secret", "A\\..\\..\\secret", "../secret", "/etc\\passwd", ".", "A\\\\B", "C:"})
            QTest::newRow(fileId) << std::string(fileId);
    }
    void mediaDirectoryDoesNotLeadOutOfItsFolder() {
        QFETCH(std::string, fileId);
        save(root() / "secret", smallDicom());
        save(root() / "disc" / "DICOMDIR", mediaDirectory({fileId}));
        const auto films = findFilms({root() / "disc" / "DICOMDIR"});
        QVERIFY(!films.has_value());
        QCOMPARE(films.error().code, ErrorCode::Damaged);
        QVERIFY(films.error().context.ends_with("DICOMDIR"));
    }

    void everySharedMediaDirectoryOpens_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<int>("images");
        QTest::addColumn<ErrorCode>("error"); // where there are none
        for (const char* name :
             {"DICOMDIR", "DICOMDIR-bigEnd", "DICOMDIR-implicit", "DICOMDIR-nopatient", "DICOMDIR-reordered"})
            QTest::newRow(name) << QString(name) << 31 << ErrorCode{};
        // Its last item states 24 bytes more than the file has.
        QTest::newRow("cut") << QString("DICOMDIR-nooffset") << 0 << ErrorCode::Damaged;
        QTest::newRow("TINY_ALPHA") << QString("TINY_ALPHA/DICOMDIR") << 50 << ErrorCode{};
        QTest::newRow("empty") << QString("DICOMDIR-empty.dcm") << 0 << ErrorCode::NotFound;
    }
    void everySharedMediaDirectoryOpens() {
        QFETCH(QString, file);
        QFETCH(int, images);
        QFETCH(ErrorCode, error);
        const fs::path folder = fs::path(HILUM_SHARED_DATA) / "dicom" / "pydicom" / "dicomdirtests";
        if (!fs::exists(folder))
            QSKIP("the shared data are not here");
        const auto films = findFilms({folder / file.toStdString()});
        if (images == 0) {
            QCOMPARE(films.error().code, error);
            return;
        }
        QVERIFY2(films.has_value(), films ? "" : films.error().message.c_str());
        QCOMPARE(static_cast<int>(films->size()), images);
        for (const fs::path& film : *films)
            QVERIFY2(fs::exists(film), film.c_str());
    }

    void missingPathIsAnError() {
        const auto films = findFilms({root() / "nowhere"});
        QCOMPARE(films.error().code, ErrorCode::NotFound);
        const auto film = readRadiograph(root() / "nowhere.png");
        QCOMPARE(film.error().code, ErrorCode::NotFound);
        QVERIFY(film.error().context.ends_with("nowhere.png"));
        QCOMPARE(sniffFile(root() / "nowhere.png").error().code, ErrorCode::NotFound);
    }

    void folderIsNoFilm() { QCOMPARE(readRadiograph(root()).error().code, ErrorCode::NotReadable); }

    void stopEndsTheWalk() {
        save(root() / "1.png", smallPng());
        std::stop_source source;
        source.request_stop();
        QCOMPARE(findFilms({root()}, source.get_token()).error().code, ErrorCode::Cancelled);
    }

#ifndef _WIN32
    void pipesAndDevicesAreNotOpened() {
        QCOMPARE(::mkfifo((root() / "pipe.png").c_str(), 0600), 0);
        save(root() / "1.png", smallPng());
        const auto films = findFilms({root()}); // opening the pipe would wait for ever
        QCOMPARE(films->size(), std::size_t{1});
        QCOMPARE(readRadiograph(root() / "pipe.png").error().code, ErrorCode::NotReadable);
        QCOMPARE(readRadiograph("/dev/zero").error().code, ErrorCode::NotReadable);
    }

    void mediaDirectoryDoesNotFollowLinksOutOfItsFolder() {
        save(root() / "secret", smallDicom());
        save(root() / "disc" / "DICOMDIR", mediaDirectory({"LINK"}));
        fs::create_symlink(root() / "secret", root() / "disc" / "LINK");
        QCOMPARE(findFilms({root() / "disc" / "DICOMDIR"}).error().code, ErrorCode::Damaged);
    }

    void linkedFoldersAreNotWalked() {
        save(root() / "a" / "1.png", smallPng());
        fs::create_directory_symlink(root(), root() / "a" / "loop");
        fs::create_symlink(root() / "a" / "1.png", root() / "a" / "2.png");
        fs::create_symlink(root() / "nowhere", root() / "a" / "3.png");
        QCOMPARE(findFilms({root()})->size(), std::size_t{2});
    }

    void unreadableFileIsSaid() {
        save(root() / "1.png", smallPng());
        fs::permissions(root() / "1.png", fs::perms::none);
        if (::geteuid() == 0)
            QSKIP("the superuser may read everything");
        QCOMPARE(readRadiograph(root() / "1.png").error().code, ErrorCode::NotReadable);
        QVERIFY(findFilms({root()})->empty());
    }
#endif
};

QTEST_GUILESS_MAIN(TestFindFilms)
#include "TestFindFilms.moc"
