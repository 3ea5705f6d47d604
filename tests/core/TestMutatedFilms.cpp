// Small valid films, changed at random: each is read or refused, and nothing else happens.

#include <QtTest>

#include <random>

#include "tests/support/SampleFilms.h"

using namespace hilum;
using namespace hilum::test;

namespace {

constexpr int kMutations = 800; // of each film

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t limit) { return limit == 0 ? 0 : random() % limit; }

// One to four changes: bytes overwritten, bits flipped, lengths made extreme, parts cut out, doubled or cut
// off.
ByteVector mutated(const ByteVector& original, Random& random) {
    ByteVector bytes = original;
    for (std::size_t changes = 1 + below(random, 4); changes > 0 && bytes.size() > 8; --changes) {
        const std::size_t at = below(random, bytes.size());
        const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
        const std::size_t count = 1 + below(random, std::min<std::size_t>(bytes.size() - at, 64));
        const auto end = here + static_cast<std::ptrdiff_t>(count);
        switch (below(random, 7)) {
        case 0:
            *here = static_cast<std::uint8_t>(random());
            break;
        case 1:
            *here ^= static_cast<std::uint8_t>(1U << below(random, 8));
            break;
        case 2:
            std::fill(here, end, random() % 2 == 0 ? std::uint8_t{0xFF} : std::uint8_t{0});
            break;
        case 3:
            bytes.erase(here, end);
            break;
        case 4: {
            const ByteVector part(here, end);
            bytes.insert(here, part.begin(), part.end());
            break;
        }
        case 5:
            bytes.resize(at);
            break;
        default:
            for (auto byte = here; byte != end; ++byte)
                *byte = static_cast<std::uint8_t>(random());
        }
    }
    return bytes;
}

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
        Random random(20260314);
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
