#include <QtTest/QtTest>

#include "core/image/Phantom.h"
#include "tests/support/FilmFolder.h"
#include "training/DatasetIndex.h"
#include "training/FilmTable.h"

using namespace hilum;
using test::FilmFolder;
namespace fs = std::filesystem;

namespace {

const FilmEntry* filmNamed(const DatasetIndex& index, const std::string& file) {
    const auto found = std::ranges::find(index.films, fs::path(file), &FilmEntry::file);
    return found == index.films.end() ? nullptr : &*found;
}

// films/a.png … d.png, and the table beside them.
FilmFolder fourFilms(const std::string& table) {
    FilmFolder folder;
    for (const char* name : {"a", "b", "c", "d"})
        folder.addFilm(std::string(name) + ".png", 0, static_cast<std::uint64_t>(*name));
    folder.addText("films.csv", table);
    return folder;
}

Result<DatasetIndex> indexed(const fs::path& data, const IndexOptions& options = {}) {
    return indexDataset(data, options);
}

} // namespace

class TestDataSources : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tableNamesFilmsAndWhatBelongsToThem() {
        const FilmFolder folder;
        for (const char* name : {"x/a", "x/b", "c", "d"})
            folder.addFilm(std::string(name) + ".png", 0, 1);
        folder.addText("films.csv", "Patient_ID,Path,note,Label,Split,Source\r\n"
                                    "7,x/a.png,,Low,train,\"Hospital, one\"\r\n"
                                    "7,x/b.png,,High,val,Two\r\n"
                                    "8,./c.png,,Low,Test,\r\n"
                                    ",d.png,,High,training,Two\r\n"
                                    "9,gone.png,,High,test,Two\r\n");
        const auto index = indexed(folder.root() / "films.csv");
        QVERIFY2(index.has_value(), index ? "" : index.error().message.c_str());
        QCOMPARE(index->labels, (std::vector<std::string>{"High", "Low"}));
        QCOMPARE(index->countsByLabel(), (std::vector<long>{2, 2}));
        QVERIFY(index->root == folder.root());
        const FilmEntry* a = filmNamed(*index, "x/a.png");
        QVERIFY(a != nullptr);
        QCOMPARE(a->label, 1);
        QCOMPARE(a->patient, std::string("7"));
        QCOMPARE(a->source, std::string("Hospital, one"));
        QVERIFY(a->set == FilmSet::Train);
        QVERIFY(filmNamed(*index, "x/b.png")->set == FilmSet::Validation);
        QVERIFY(filmNamed(*index, "c.png")->set == FilmSet::Test);
        QCOMPARE(filmNamed(*index, "d.png")->patient, std::string("d")); // of its own
        QVERIFY(index->patientsKnown);
        QVERIFY(index->hasGivenSets());
        QCOMPARE(index->sources(), (std::vector<std::string>{"Hospital, one", "Two"}));
        QCOMPARE(index->skipped.size(), std::size_t{1});
        QCOMPARE(index->skipped[0].file.generic_string(), std::string("gone.png"));
        QVERIFY(index->skipped[0].kind == SkipKind::Unreadable);
    }

    void columnsCanBeNamed() {
        const FilmFolder folder = fourFilms("\xEF\xBB\xBF"
                                            "label;file;truth;picture\n"
                                            "x;x;A;a.png\nx;x;B;b.png\nx;x;A;c.png\n");
        IndexOptions options;
        options.columns.file = "picture";
        options.columns.label = "truth";
        const auto index = indexed(folder.root() / "films.csv", options);
        QVERIFY(index.has_value());
        QCOMPARE(index->countsText(), std::string("A 2, B 1"));
        QVERIFY(!index->patientsKnown);
        QVERIFY(!index->hasGivenSets());
        options.columns.patient = "nobody";
        const auto missing = indexed(folder.root() / "films.csv", options);
        QVERIFY(missing.error().code == ErrorCode::InvalidArgument);
        QCOMPARE(missing.error().context, std::string("nobody"));
    }

    void patientColumnCanBeSetAside() {
        const FilmFolder folder = fourFilms("file,label,patient\na.png,A,1\nb.png,B,1\n");
        IndexOptions options;
        options.patientFrom = PatientFrom::Name;
        QCOMPARE(indexed(folder.root() / "films.csv", options)->films[0].patient, std::string("a"));
        options.patientFrom = PatientFrom::Column;
        QCOMPARE(indexed(folder.root() / "films.csv", options)->films[0].patient, std::string("1"));
    }

    void badTableIsAnError_data() {
        QTest::addColumn<QByteArray>("table");
        QTest::addColumn<int>("code");
        QTest::newRow("empty") << QByteArray() << static_cast<int>(ErrorCode::Damaged);
        QTest::newRow("no files") << QByteArray("label,x\nA,1\n") << static_cast<int>(ErrorCode::Damaged);
        QTest::newRow("open quote") << QByteArray("file,label\n\"a,A\n")
                                    << static_cast<int>(ErrorCode::Damaged);
        QTest::newRow("no class") << QByteArray("file,label\na.png,A\nb.png,\n")
                                  << static_cast<int>(ErrorCode::InvalidArgument);
        QTest::newRow("two classes") << QByteArray("file,label\na.png,A\nb.png,B\n./a.png,B\n")
                                     << static_cast<int>(ErrorCode::InvalidArgument);
        QTest::newRow("odd set") << QByteArray("file,label,set\na.png,A,1\nb.png,B,2\n")
                                 << static_cast<int>(ErrorCode::InvalidArgument);
        QTest::newRow("sets for some") << QByteArray("file,label,set\na.png,A,train\nb.png,B,\n")
                                       << static_cast<int>(ErrorCode::InvalidArgument);
        QTest::newRow("one class") << QByteArray("file,label\na.png,A\nb.png,A\n")
                                   << static_cast<int>(ErrorCode::InvalidArgument);
        QTest::newRow("nothing there")
            << QByteArray("file,label\na.png,A\nx.png,B\n") << static_cast<int>(ErrorCode::InvalidArgument);
    }
    void badTableIsAnError() {
        QFETCH(QByteArray, table);
        QFETCH(int, code);
        const FilmFolder folder = fourFilms(table.toStdString());
        const auto index = indexed(folder.root() / "films.csv");
        QVERIFY(!index.has_value());
        QCOMPARE(static_cast<int>(index.error().code), code);
    }

    void setFoldersAreHonoured() {
        const FilmFolder folder;
        folder.addFilm("train/A/1.png", 0, 1);
        folder.addFilm("train/B/1.png", 0, 2);
        folder.addFilm("Val/A/2.png", 0, 3);
        folder.addFilm("test/B/sub/1.png", 0, 4);
        const auto index = indexed(folder.root());
        QVERIFY(index.has_value());
        QCOMPARE(index->labels, (std::vector<std::string>{"A", "B"}));
        QCOMPARE(index->countsByLabel(), (std::vector<long>{2, 2}));
        QVERIFY(index->hasGivenSets());
        QVERIFY(filmNamed(*index, "train/A/1.png")->set == FilmSet::Train);
        QVERIFY(filmNamed(*index, "Val/A/2.png")->set == FilmSet::Validation);
        QVERIFY(filmNamed(*index, "test/B/sub/1.png")->set == FilmSet::Test);
        QCOMPARE(filmNamed(*index, "test/B/sub/1.png")->label, 1);
    }

    // Its tables: TestSpreadsheet.
    void radiographyDatabaseComesWithItsMasks() {
        const FilmFolder folder;
        for (const char* label : {"COVID", "Normal"}) {
            folder.addFilm(std::string(label) + "/images/" + label + "-1.png", 0, 1);
            folder.addFilm(std::string(label) + "/images/" + label + "-2.png", 0, 2);
            folder.addFilm(std::string(label) + "/masks/" + label + "-1.png", 0, 3);
        }
        folder.addText("README.md.txt", "x");
        const auto index = indexed(folder.root());
        QVERIFY(index.has_value());
        QCOMPARE(index->countsText(), std::string("COVID 2, Normal 2"));
        QVERIFY(index->skipped.empty());
        QCOMPARE(filmNamed(*index, "COVID/images/COVID-1.png")->mask.generic_string(),
                 std::string("COVID/masks/COVID-1.png"));
        QVERIFY(filmNamed(*index, "COVID/images/COVID-2.png")->mask.empty());
    }

    void phantomsComeWithTheirMasks() {
        const FilmFolder folder;
        for (const char* label : {"A", "B"}) {
            folder.addFilm("films/" + std::string(label) + "/1.png", 0, 1);
            folder.addFilm("lung-masks/" + std::string(label) + "/1.png", 0, 2);
            folder.addFilm("lesion-masks/" + std::string(label) + "/1.png", 0, 3);
        }
        for (const fs::path& data : {folder.root(), folder.root() / "films"}) {
            const auto index = indexed(data);
            QVERIFY(index.has_value());
            QCOMPARE(index->countsText(), std::string("A 1, B 1"));
            QVERIFY(index->root == folder.root() / "films");
            QCOMPARE(index->films[0].mask.generic_string(), std::string("../lung-masks/A/1.png"));
            QVERIFY(fs::exists(index->root / index->films[0].mask));
        }
    }

    void dicomTagTellsPatientsApart() {
        const FilmFolder folder;
        const auto addDicom = [&](const std::string& file, std::uint64_t seed) {
            fs::create_directories((folder.root() / file).parent_path());
            Phantom phantom = renderPhantom({.seed = seed, .widthPx = 64, .heightPx = 64});
            QVERIFY(writePhantomDicom(phantom, folder.root() / file).has_value());
        };
        addDicom("A/1.dcm", 5);
        addDicom("A/2.dcm", 6);
        addDicom("B/1.dcm", 5);
        folder.addFilm("B/plain.png", 0, 1);
        IndexOptions options;
        options.patientFrom = PatientFrom::DicomTag;
        options.threads = 2;
        const auto index = indexed(folder.root(), options);
        QVERIFY(index.has_value());
        QVERIFY(index->patientsKnown);
        const std::string patient = filmNamed(*index, "A/1.dcm")->patient;
        QCOMPARE(filmNamed(*index, "B/1.dcm")->patient, patient);
        QVERIFY(filmNamed(*index, "A/2.dcm")->patient != patient);
        QCOMPARE(filmNamed(*index, "B/plain.png")->patient, std::string("B/plain"));
        const Phantom phantom = renderPhantom({.seed = 5, .widthPx = 64, .heightPx = 64});
        QVERIFY(!phantom.film.header.patientId.empty());
        QVERIFY(patient.find(phantom.film.header.patientId) == std::string::npos); // a digest
    }

    void configurationSaysHowToIndex() {
        TrainingConfig config;
        config.split.patientPattern = "nih";
        config.split.patientFrom = PatientFrom::DicomTag;
        config.columns.label = "truth";
        const auto options = indexOptionsOf(config);
        QVERIFY(options.has_value());
        QVERIFY(options->patientFrom == PatientFrom::DicomTag);
        QCOMPARE(options->columns.label, std::string("truth"));
        QCOMPARE(options->patients.patientOf("00000061_012.png"), std::string("00000061"));
        config.split.patientPattern = "(";
        QVERIFY(indexOptionsOf(config).error().code == ErrorCode::InvalidArgument);
    }
};

QTEST_APPLESS_MAIN(TestDataSources)
#include "TestDataSources.moc"
