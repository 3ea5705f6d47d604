// Small valid films, changed at random: each is read or refused, and nothing else happens.

#include <QtTest>

#include "tests/support/Mutation.h"
#include "tests/support/SampleFilms.h"

using namespace hilum;
using namespace hilum::test;

namespace {

constexpr int kMutations = 800; // of each film

} // namespace

class TestMutatedFilms : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyMutationIsReadOrRefused_data() {
        QTest::addColumn<ByteVector>("original");
        for (const SampleFilm& film : sampleFilms())
            QTest::newRow(film.name.c_str()) << film.bytes;
    }
    void everyMutationIsReadOrRefused() {
        QFETCH(ByteVector, original);
        QVERIFY(decodeRadiograph(original).has_value());
        std::mt19937 random(20260314);
        int refused = 0;
        for (int i = 0; i < kMutations; ++i) {
            const auto film = decodeRadiograph(mutated(original, random));
            if (!film) {
                ++refused;
                QVERIFY(!film.error().message.empty());
                QVERIFY(film.error().code != ErrorCode::Internal);
                continue;
            }
            QCOMPARE(film->pixels->size(),
                     static_cast<std::size_t>(film->widthPx) * static_cast<std::size_t>(film->heightPx));
            QVERIFY(film->rescaleSlope != 0);
            const int range = film->storedMax - film->storedMin;
            QVERIFY(range >= 1 && range <= 65535);
            QVERIFY(std::all_of(film->pixels->begin(), film->pixels->end(),
                                [range](int p) { return p <= range; }));
        }
        QVERIFY(refused > kMutations / 20);
    }
};

QTEST_GUILESS_MAIN(TestMutatedFilms)
#include "TestMutatedFilms.moc"
