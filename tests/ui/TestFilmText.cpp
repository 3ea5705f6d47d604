#include <QLocale>
#include <QTest>

#include "UiFixtures.h"
#include "ui/QtConvert.h"
#include "ui/viewer/FilmText.h"

using namespace hilum;
using namespace hilum::test;

namespace {

const QString kThin = QStringLiteral("\u202F");

Radiograph makeNamedFilm() {
    Radiograph film = makeGradient(2430, 2000);
    film.header = {"PHANTOM^01", "P-01", "O", "054Y", "20260314", "091233", "CR", "CHEST", "PA", "", ""};
    film.source.file = "/somewhere/film.dcm";
    film.source.encoding = "JPEG Lossless";
    return film;
}

} // namespace

class TestFilmText : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English)); }

    void numbersAreGroupedInThrees_data() {
        QTest::addColumn<int>("number");
        QTest::addColumn<QString>("text");
        QTest::newRow("zero") << 0 << "0";
        QTest::newRow("three digits") << 999 << "999";
        QTest::newRow("four digits") << 2430 << "2" + kThin + "430";
        QTest::newRow("seven digits") << 1234567 << "1" + kThin + "234" + kThin + "567";
        QTest::newRow("negative") << -1024 << "−1" + kThin + "024";
    }
    void numbersAreGroupedInThrees() {
        QFETCH(int, number);
        QFETCH(QString, text);
        QCOMPARE(grouped(number), text);
    }

    void headerLinesSayWhatTheFileSays() {
        const Radiograph film = makeNamedFilm();
        QCOMPARE(patientLine(film.header), QStringLiteral("PHANTOM 01   P-01   O 54 y"));
        QCOMPARE(studyLine(film.header), QStringLiteral("2026-03-14 09:12   CR CHEST PA"));
        QCOMPARE(factsLine(film),
                 "film.dcm · 2" + kThin + "430 × 2" + kThin + "000 · 12 bit · JPEG Lossless");
    }

    void whatIsNotStatedIsLeftOut() {
        QVERIFY(patientLine({}).isEmpty());
        QVERIFY(studyLine({}).isEmpty());
        Radiograph film = makeGradient();
        film.source.file = "/somewhere/film.png";
        QCOMPARE(listTitle(film), QStringLiteral("film.png"));
    }

    void textOutOfAFileCannotTurnOrBreakALine() {
        FilmHeader header;
        header.patientName = "A\u202EB\nC\x01";
        const QString line = patientLine(header);
        QVERIFY(!line.contains(QChar(0x202E)));
        QVERIFY(!line.contains(QLatin1Char('\n')));
        QVERIFY(!line.contains(QChar(1)));
    }

    void oddDatesAndAgesStandAsTheyAre() {
        FilmHeader header;
        header.studyDate = "March";
        header.patientAge = "old";
        QCOMPARE(studyLine(header), QStringLiteral("March"));
        QCOMPARE(patientLine(header), QStringLiteral("old"));
    }

    void positionsHaveMillimetresOnlyWhereTheSpacingIsKnown() {
        Radiograph film = makeNamedFilm();
        QCOMPARE(positionLine(film, 10.7, 20.2), QStringLiteral("10, 20 px · 16"));
        film.spacing = PixelSpacing{0.2, 0.1, "PixelSpacing"};
        QCOMPARE(positionLine(film, 10.7, 20.2), QStringLiteral("10, 20 px · 1.0, 4.0 mm · 16"));
        QCOMPARE(spacingLine(film), QStringLiteral("0.200 × 0.100 mm/px  (PixelSpacing)"));
    }

    void positionsShowTheModalityValue() {
        Radiograph film = makeNamedFilm();
        film.polarity = Polarity::Inverted;
        film.rescaleSlope = 2;
        film.rescaleIntercept = -1000;
        film.rescaleType = "OD";
        // pixel 0 was stored as 4095
        QCOMPARE(positionLine(film, 0, 0), QStringLiteral("0, 0 px · 7190 OD"));
    }

    void thereIsNoPositionOutsideTheFilm() {
        const Radiograph film = makeNamedFilm();
        QVERIFY(positionLine(film, -0.1, 5).isEmpty());
        QVERIFY(positionLine(film, 5, 2000).isEmpty());
    }

    void accuracyStandsWithItsInterval() {
        ModelCard card;
        card.testAccuracy = {0.942, 0.915, 0.961, 113};
        card.testedOn = "113 held-out films, split by patient";
        QCOMPARE(accuracyLine(card),
                 QStringLiteral("accuracy 94.2\u00A0% (91.5–96.1), 113 held-out films, split by patient"));
        QCOMPARE(accuracyLine({}), QStringLiteral("accuracy not measured"));
    }

    void noFigureClaimsCertainty_data() {
        QTest::addColumn<double>("probability");
        QTest::addColumn<int>("decimals");
        QTest::addColumn<QString>("text");
        QTest::newRow("middling") << 0.913 << 1 << QStringLiteral("91.3\u00A0%");
        QTest::newRow("nearly one") << 0.9998 << 1 << QStringLiteral(">99.9\u00A0%");
        QTest::newRow("one") << 1.0 << 1 << QStringLiteral(">99.9\u00A0%");
        QTest::newRow("nearly nothing") << 0.0002 << 1 << QStringLiteral("<0.1\u00A0%");
        QTest::newRow("nothing") << 0.0 << 1 << QStringLiteral("<0.1\u00A0%");
        QTest::newRow("whole percents") << 0.998 << 0 << QStringLiteral(">99\u00A0%");
        QTest::newRow("still rounded") << 0.994 << 0 << QStringLiteral("99\u00A0%");
    }
    void noFigureClaimsCertainty() {
        QFETCH(double, probability);
        QFETCH(int, decimals);
        QFETCH(QString, text);
        QCOMPARE(probabilityText(probability, decimals), text);
    }

    void theLikeliestClassIsNamed() {
        const Reading reading = makeReading("m", makeGradient(), 0.914);
        QCOMPARE(findingLabel(reading.prediction), QStringLiteral("Opacity"));
        QCOMPARE(findingFigure(reading.prediction), QStringLiteral("91\u00A0%"));
    }
};

QTEST_GUILESS_MAIN(TestFilmText)
#include "TestFilmText.moc"
