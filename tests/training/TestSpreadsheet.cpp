// Tables of Excel: made part by part here, and by openpyxl where that is installed.

#include <fstream>

#include <zip.h>

#include "training/DatasetIndex.h"
#include "training/FilmTable.h"
#include "training/Spreadsheet.h"

#include "tests/interop/Peers.h"
#include "tests/support/FilmFolder.h"

#include <QProcess>
#include <QtTest>

using namespace hilum;
using test::FilmFolder;

namespace fs = std::filesystem;

namespace {

using Parts = std::vector<std::pair<std::string, std::string>>;

void writeArchive(const fs::path& file, const Parts& parts) {
    int code = 0;
    zip_t* archive = zip_open(file.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
    QVERIFY(archive != nullptr);
    for (const auto& [name, text] : parts) {
        zip_source_t* source = zip_source_buffer(archive, text.data(), text.size(), 0);
        QVERIFY(zip_file_add(archive, name.c_str(), source, ZIP_FL_OVERWRITE) >= 0);
    }
    QCOMPARE(zip_close(archive), 0);
}

std::string sheet(const std::string& rows) {
    return "<?xml version=\"1.0\"?><worksheet "
           "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>" +
           rows + "</sheetData></worksheet>";
}

std::string texts(std::initializer_list<const char*> all) {
    std::string xml =
        "<?xml version=\"1.0\"?><sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">";
    for (const char* text : all)
        xml += "<si><t>" + std::string(text) + "</t></si>";
    return xml + "</sst>";
}

// As the database's: names in capitals, four columns.
Parts metadata() {
    return {{"xl/worksheets/sheet1.xml", sheet("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" "
                                               "t=\"s\"><v>1</v></c><c r=\"D1\" t=\"s\"><v>2</v></c></row>"
                                               "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>3</v></c><c r=\"B2\" "
                                               "t=\"s\"><v>4</v></c><c r=\"D2\" t=\"s\"><v>5</v></c></row>")},
            {"xl/sharedStrings.xml",
             texts({"FILE NAME", "FORMAT", "URL", "NORMAL-1", "PNG", "https://example.org/a?b&amp;c"})}};
}

} // namespace

class TestSpreadsheet : public QObject {
    Q_OBJECT
private:
    QTemporaryDir m_folder;

    [[nodiscard]] fs::path path(const char* name) const {
        return fs::path(m_folder.path().toStdString()) / name;
    }

private Q_SLOTS:
    void cellsStandInTheirColumns() {
        const fs::path file = path("cells.xlsx");
        const std::string rows =
            "<row><c r=\"A1\" t=\"inlineStr\"><is><t>in</t><rPh><t>hint</t></rPh></is></c><c "
            "r=\"C1\"><v>2.5</v></c></row>"
            "<row/><row><c><v>1</v></c><c t=\"str\"><f>A1&amp;\"x\"</f><v>made</v></c><c r=\"AB3\" "
            "t=\"b\"><v>1</v></c></row>";
        // The sheet with the lowest number is the first, whatever the order in the file.
        writeArchive(file, {{"xl/worksheets/sheet10.xml", sheet("<row><c><v>10</v></c></row>")},
                            {"xl/worksheets/sheet2.xml", sheet(rows)}});
        QVERIFY(isSpreadsheet(file));
        const auto read = readSpreadsheet(file);
        QVERIFY2(read, read ? "" : read.error().message.c_str());
        QCOMPARE(read->size(), std::size_t{2});
        QCOMPARE(read->at(0).at(2), std::string("2.5"));
        QVERIFY(read->at(0).at(0).starts_with("in"));
        QCOMPARE(read->at(1).size(), std::size_t{28});
        QCOMPARE(read->at(1).at(1), std::string("made"));
        QCOMPARE(read->at(1).back(), std::string("1"));
    }

    // A formula without a result, as programs write it that do not calculate.
    void emptyValuesEndWhereTheyBegin() {
        const fs::path file = path("empty.xlsx");
        writeArchive(
            file, {{"xl/worksheets/sheet1.xml", sheet("<row><c r=\"A1\"><f>B1</f><v/></c><c r=\"B1\" "
                                                      "t=\"str\"><f>UPPER(C1)</f><v>COVID</v></c></row>")}});
        QCOMPARE(readSpreadsheet(file).value(), (TableRows{{"", "COVID"}}));
    }

    void tabsSayWhichSheetIsFirst() {
        const fs::path file = path("tabs.xlsx");
        writeArchive(file,
                     {{"xl/worksheets/sheet1.xml", sheet("<row><c><v>1</v></c></row>")},
                      {"xl/worksheets/sheet2.xml", sheet("<row><c><v>2</v></c></row>")},
                      {"xl/workbook.xml",
                       "<workbook xmlns:r=\"r\"><sheets><sheet name=\"films\" sheetId=\"2\" r:id=\"rId2\"/>"
                       "<sheet name=\"notes\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"},
                      {"xl/_rels/workbook.xml.rels",
                       "<Relationships><Relationship Id=\"rId1\" Target=\"worksheets/sheet1.xml\"/>"
                       "<Relationship Id=\"rId2\" Target=\"/xl/worksheets/sheet2.xml\"/></Relationships>"}});
        QCOMPARE(readSpreadsheet(file).value(), (TableRows{{"2"}}));
    }

    // Cells at the end of their rows, a few bytes each, would make terabytes.
    void wideRowsAreNotFilledWithoutEnd() {
        const fs::path file = path("wide.xlsx");
        std::string rows;
        for (int i = 0; i < 2'000; ++i)
            rows += "<row><c r=\"XFD1\"><v>1</v></c></row>";
        writeArchive(file, {{"xl/worksheets/sheet1.xml", sheet(rows)}});
        QCOMPARE(readSpreadsheet(file).error().code, ErrorCode::TooLarge);
    }

    void runsOfATextAreJoined() {
        const fs::path file = path("runs.xlsx");
        writeArchive(file,
                     {{"xl/worksheets/sheet1.xml", sheet("<row><c t=\"s\"><v>0</v></c></row>")},
                      {"xl/sharedStrings.xml", "<sst><si><r><t>Viral </t></r><r><rPr/><t>Pneumonia</t></r>"
                                               "<rPh sb=\"0\" eb=\"1\"><t>hint</t></rPh></si></sst>"}});
        QCOMPARE(readSpreadsheet(file).value(), (TableRows{{"Viral Pneumonia"}}));
    }

    void metadataOfTheRadiographyDatabaseNameSources() {
        const FilmFolder folder;
        folder.addFilm("Normal/images/Normal-1.png", 0, 1);
        folder.addFilm("Normal/images/Normal-2.png", 0, 2);
        folder.addFilm("COVID/images/COVID-1.png", 1, 3);
        writeArchive(folder.root() / "Normal.metadata.xlsx", metadata());
        folder.addText("COVID.metadata.xlsx", "PK\x03\x04 and nothing more");
        const auto index = indexDataset(folder.root(), PatientPattern());
        QVERIFY2(index, index ? "" : index.error().message.c_str());
        QCOMPARE(index->films.size(), std::size_t{3});
        QCOMPARE(index->films[0].source, std::string());
        QCOMPARE(index->films[1].source, std::string("https://example.org/a?b&c"));
        QCOMPARE(index->films[2].source, std::string());
        QCOMPARE(index->skipped.size(), std::size_t{1}); // the damaged table is told, and costs no film
        QCOMPARE(index->skipped[0].file.generic_string(), std::string("COVID.metadata.xlsx"));
    }

    // hostile-input: what a library must not be left alone with
    void damagedSpreadsheetsAreRefused_data() {
        QTest::addColumn<QByteArray>("sheetXml");
        QTest::addColumn<QByteArray>("textsXml");
        const auto row = [](const char* name, const std::string& sheetXml, const std::string& textsXml) {
            QTest::newRow(name) << QByteArray::fromStdString(sheetXml) << QByteArray::fromStdString(textsXml);
        };
        row("a text that is not there", sheet("<row><c t=\"s\"><v>7</v></c></row>"), texts({"one"}));
        row("a text with a negative number", sheet("<row><c t=\"s\"><v>-1</v></c></row>"), texts({"one"}));
        row("a column beyond the last", sheet("<row><c r=\"ZZZZ1\"><v>1</v></c></row>"), texts({}));
        row("a sheet that breaks off", sheet("<row><c><v>1</v></c></row>").substr(0, 130), texts({}));
        row("texts that break off", sheet("<row><c><v>1</v></c></row>"), texts({"one"}).substr(0, 100));
        row("entities that grow",
            "<!DOCTYPE x [<!ENTITY a \"aaaaaaaa\"><!ENTITY b "
            "\"&a;&a;&a;&a;\">]><worksheet><sheetData><row><c "
            "t=\"str\"><v>&b;</v></c></row></sheetData></worksheet>",
            texts({}));
        row("a file from outside",
            "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><worksheet><sheetData><row><c "
            "t=\"str\"><v>&a;</v></c></row></sheetData></worksheet>",
            texts({}));
    }
    void damagedSpreadsheetsAreRefused() {
        QFETCH(QByteArray, sheetXml);
        QFETCH(QByteArray, textsXml);
        const fs::path file = path("damaged.xlsx");
        writeArchive(file, {{"xl/worksheets/sheet1.xml", sheetXml.toStdString()},
                            {"xl/sharedStrings.xml", textsXml.toStdString()}});
        const auto read = readSpreadsheet(file);
        QVERIFY(!read);
        QCOMPARE(read.error().code, ErrorCode::Damaged);
        QCOMPARE(read.error().context, file.string());
    }

    // Some 130 KB that unpack to more than 128 MB.
    void bombIsNotUnpacked() {
        const fs::path file = path("bomb.xlsx");
        writeArchive(file, {{"xl/worksheets/sheet1.xml", std::string((std::size_t{128} << 20) + 1, ' ')}});
        QVERIFY(fs::file_size(file) < 1'000'000);
        QCOMPARE(readSpreadsheet(file).error().code, ErrorCode::TooLarge);
    }

    // Every byte of the archive turned once: an error or rows, never a crash; a wrong checksum is always an
    // error.
    void turnedBytesAreSurvived() {
        const fs::path file = path("whole.xlsx"), turned = path("turned.xlsx");
        writeArchive(file, metadata());
        std::ifstream stream(file, std::ios::binary);
        const std::string bytes(std::istreambuf_iterator<char>(stream), {});
        const auto expected = readSpreadsheet(file).value();
        int refused = 0, equal = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            std::string other = bytes;
            other[i] = static_cast<char>(other[i] ^ 0x55);
            std::ofstream(turned, std::ios::binary) << other;
            const auto read = readSpreadsheet(turned);
            refused += read ? 0 : 1;
            equal += read && *read == expected ? 1 : 0;
        }
        qInfo("%zu bytes turned: %d refused, %d without effect", bytes.size(), refused, equal);
        QVERIFY(refused > 0);
        QCOMPARE(refused + equal, static_cast<int>(bytes.size()));
    }

    void tableOfFilmsMayBeASpreadsheet() {
        QProcess python;
        const fs::path file = path("films.xlsx");
        python.start(
            test::kPython,
            {"-c",
             "import sys, openpyxl\n"
             "book = openpyxl.Workbook()\n"
             "sheet = book.active\n"
             "for row in [('File', 'Finding', 'Patient'), ('a.png', 'Nörmal', 17), (None, None, None), "
             "('b.png', 'COVID <19>', 'x')]: sheet.append(row)\n"
             "book.create_sheet('other').append(['not', 'this'])\n"
             "book.save(sys.argv[1])\n",
             QString::fromStdString(file.string())});
        if (!python.waitForFinished() || python.exitCode() != 0)
            QSKIP("python3-openpyxl is not installed");
        const auto table = readFilmTable(file);
        QVERIFY2(table, table ? "" : table.error().message.c_str());
        QCOMPARE(table->rows.size(), std::size_t{2});
        QCOMPARE(table->rows[0].label, std::string("Nörmal"));
        QCOMPARE(table->rows[0].patient, std::string("17"));
        QCOMPARE(table->rows[1].label, std::string("COVID <19>"));
    }
};

QTEST_APPLESS_MAIN(TestSpreadsheet)
#include "TestSpreadsheet.moc"
