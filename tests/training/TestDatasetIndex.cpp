#include <QtTest/QtTest>

#include "tests/support/FilmFolder.h"
#include "training/DatasetIndex.h"
#include "training/FilmStore.h"

using namespace hilum;
using test::FilmFolder;

namespace {

Result<DatasetIndex> index(const FilmFolder& folder, const std::string& pattern = "") {
    return indexDataset(folder.root(), *PatientPattern::parse(pattern));
}

std::vector<std::string> filesOf(const DatasetIndex& index) {
    std::vector<std::string> files;
    for (const FilmEntry& film : index.films)
        files.push_back(film.file.generic_string());
    return files;
}

} // namespace

class TestDatasetIndex : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void labelsAndFilmsAreSorted() {
        const FilmFolder folder;
        folder.addFilm("b/2.png", 0, 1);
        folder.addFilm("b/10.png", 0, 2);
        folder.addFilm("a/deep/er/x.png", 0, 3);
        folder.addFilm("C/x.png", 0, 4);
        const auto found = index(folder);
        QVERIFY(found.has_value());
        QCOMPARE(found->labels, (std::vector<std::string>{"C", "a", "b"}));
        QCOMPARE(filesOf(*found),
                 (std::vector<std::string>{"C/x.png", "a/deep/er/x.png", "b/10.png", "b/2.png"}));
        QCOMPARE(found->countsByLabel(), (std::vector<long>{1, 1, 2}));
        QCOMPARE(found->countsText(), std::string("C 1, a 1, b 2"));
    }

    void whatIsNoFilmIsListed() {
        const FilmFolder folder;
        folder.addClasses(2);
        folder.addText("High/empty.png", "");
        folder.addText("High/notes.txt", "nothing to see");
        folder.addText("Low/.hidden.png", "x");
        folder.addText("top-level.txt", "x");
        const auto found = index(folder);
        QVERIFY(found.has_value());
        QCOMPARE(found->films.size(), std::size_t{4});
        QCOMPARE(found->skipped.size(), std::size_t{2});
        QCOMPARE(found->skipped[0].file.generic_string(), std::string("High/empty.png"));
        QVERIFY(found->skipped[0].kind == SkipKind::Unreadable);
        QVERIFY(found->skipped[1].kind == SkipKind::Foreign);
        QCOMPARE(found->unreadableCount(), 1L);
    }

    void damagedFilmIsLeftOutWhenItIsDecoded() {
        const FilmFolder folder;
        folder.addClasses(3);
        folder.addText("High/h1.png", "\x89PNG\r\n\x1a\n and then nothing");
        auto found = index(folder);
        QVERIFY(found.has_value());
        QCOMPARE(found->films.size(), std::size_t{6});
        const std::string before = found->fingerprint;
        const auto store = FilmStore::load(*found, {.inputSizePx = 16, .threads = 3}, [](long, long) {}, {});
        QVERIFY(store.has_value());
        QCOMPARE(store->size(), std::size_t{5});
        QCOMPARE(found->films.size(), std::size_t{5});
        QCOMPARE(found->skipped.size(), std::size_t{1});
        QCOMPARE(found->skipped[0].file.generic_string(), std::string("High/h1.png"));
        QVERIFY(found->fingerprint != before);
        for (std::size_t i = 0; i < store->size(); ++i)
            QCOMPARE(store->label(i), found->films[i].label);
    }

    void linksToFoldersAreNotFollowed() {
        const FilmFolder folder;
        folder.addClasses(2);
        std::filesystem::create_directory_symlink(folder.root(), folder.root() / "High" / "loop");
        const auto found = index(folder);
        QVERIFY(found.has_value());
        QCOMPARE(found->films.size(), std::size_t{4});
    }

    void masksBesideImagesAreNoFilms() {
        const FilmFolder folder;
        folder.addFilm("COVID/images/1.png", 0, 1);
        folder.addFilm("COVID/masks/1.png", 0, 2);
        folder.addFilm("Normal/masks/1.png", 0, 3); // no images beside it
        const auto found = index(folder);
        QVERIFY(found.has_value());
        QCOMPARE(filesOf(*found), (std::vector<std::string>{"COVID/images/1.png", "Normal/masks/1.png"}));
    }

    void foldersThatCannotBeClassesAreErrors() {
        const FilmFolder one;
        one.addFilm("only/1.png", 0, 1);
        QVERIFY(index(one).error().code == ErrorCode::InvalidArgument);

        const FilmFolder sets;
        sets.addFilm("train/A/1.png", 0, 1);
        sets.addFilm("Test/A/1.png", 0, 1);
        QVERIFY(index(sets).error().code == ErrorCode::InvalidArgument);

        const FilmFolder empty;
        empty.addFilm("A/1.png", 0, 1);
        empty.addText("B/readme", "x");
        const auto found = index(empty);
        QVERIFY(found.error().code == ErrorCode::InvalidArgument);
        QCOMPARE(found.error().context, std::string("B"));

        const FilmFolder none;
        QVERIFY(index(none).error().code == ErrorCode::NotFound);
    }

    void fingerprintTellsNamesAndContents() {
        const FilmFolder one, same, renamed, changed;
        one.addClasses(2);
        same.addClasses(2);
        renamed.addClasses(2);
        std::filesystem::rename(renamed.root() / "Low/l1.png", renamed.root() / "Low/l2.png");
        changed.addClasses(2);
        changed.addFilm("Low/l1.png", 1, 77);
        const std::string fingerprint = index(one)->fingerprint;
        QCOMPARE(fingerprint.size(), std::size_t{64});
        QCOMPARE(index(same)->fingerprint, fingerprint);
        QVERIFY(index(renamed)->fingerprint != fingerprint);
        QVERIFY(index(changed)->fingerprint != fingerprint);
    }

    void patientIsTakenFromTheName_data() {
        QTest::addColumn<QString>("pattern");
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("patient");
        QTest::newRow("none") << ""
                              << "Normal/a/00000061_012.png"
                              << "Normal/a/00000061_012";
        QTest::newRow("nih") << "nih"
                             << "Normal/00000061_012.png"
                             << "00000061";
        QTest::newRow("nih, other name") << "nih"
                                         << "COVID-19/123_4.jpg"
                                         << "COVID-19/123_4";
        QTest::newRow("own") << "^([a-z]+[0-9]+)-"
                             << "A/pat7-2.png"
                             << "pat7";
        QTest::newRow("empty group") << "^(x*)"
                                     << "A/pat7.png"
                                     << "A/pat7";
    }
    void patientIsTakenFromTheName() {
        QFETCH(QString, pattern);
        QFETCH(QString, file);
        QFETCH(QString, patient);
        const auto patients = PatientPattern::parse(pattern.toStdString());
        QVERIFY(patients.has_value());
        QCOMPARE(QString::fromStdString(patients->patientOf(file.toStdString())), patient);
    }

    void badPatternIsAnError() {
        QVERIFY(PatientPattern::parse("(").error().code == ErrorCode::InvalidArgument);
        QVERIFY(PatientPattern::parse("^[0-9]+").error().code == ErrorCode::InvalidArgument); // no group
    }

    void stopEndsTheWalk() {
        const FilmFolder folder;
        folder.addClasses(2);
        std::stop_source stop;
        stop.request_stop();
        const auto found = indexDataset(folder.root(), *PatientPattern::parse(""), 2, stop.get_token());
        QVERIFY(found.error().code == ErrorCode::Cancelled);
    }

    void realDataSetIsCounted() {
        const std::filesystem::path data = std::filesystem::path(HILUM_SHARED_DATA) / "darkcovidnet";
        if (!std::filesystem::exists(data))
            QSKIP("The shared data are not here.");
        const auto found = indexDataset(data, *PatientPattern::parse("nih"));
        QVERIFY(found.has_value());
        QCOMPARE(found->countsText(), std::string("COVID-19 124, Normal 500, Pneumonia 500"));
        QVERIFY(found->skipped.empty());
    }
};

QTEST_APPLESS_MAIN(TestDatasetIndex)
#include "TestDatasetIndex.moc"
