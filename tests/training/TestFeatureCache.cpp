// torch before Qt: both know the word slots.
#include <ATen/ATen.h>

#include "training/FeatureCache.h"

#include <numeric>

#include <QTemporaryDir>
#include <QtTest/QtTest>

using namespace hilum;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kRows = 20;
constexpr std::size_t kRowBytes = 3 * 4 * 5 * sizeof(float);

class TestFeatureCache : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    [[nodiscard]] fs::path file() const { return fs::path(m_folder.path().toStdString()) / "features.tmp"; }

private Q_SLOTS:
    void rowsComeBackAsTheyWere_data() {
        QTest::addColumn<QList<int>>("shape");
        QTest::addColumn<int>("rowsInMemory");
        for (const int rows : {0, 7, 20, 1000}) {
            QTest::addRow("maps, %d in memory", rows) << QList<int>{3, 4, 5} << rows;
            QTest::addRow("vectors, %d in memory", rows) << QList<int>{60} << rows;
        }
    }
    void rowsComeBackAsTheyWere() {
        QFETCH(QList<int>, shape);
        QFETCH(int, rowsInMemory);
        std::vector<std::int64_t> sizes{static_cast<std::int64_t>(kRows)};
        sizes.insert(sizes.end(), shape.begin(), shape.end());
        const at::Tensor all = at::rand(sizes);
        {
            FeatureCache cache({kRows, static_cast<std::size_t>(rowsInMemory) * kRowBytes, file()});
            for (std::int64_t begin = 0; begin < all.size(0); begin += 6) // the last batch is smaller
                QVERIFY(cache.append(all.slice(0, begin, begin + 6)).has_value());
            QVERIFY(cache.finish().has_value());
            QCOMPARE(cache.bytes(), kRows * kRowBytes);
            QCOMPARE(cache.bytesOnDisk(), rowsInMemory < 20 ? (20 - rowsInMemory) * kRowBytes : 0);
            QCOMPARE(fs::exists(file()), rowsInMemory < 20);
            const std::vector<std::size_t> which{19, 0, 7, 6, 0, 12};
            const at::Tensor rows = cache.rows(which);
            for (std::size_t i = 0; i < which.size(); ++i)
                QVERIFY(rows[static_cast<std::int64_t>(i)].equal(all[static_cast<std::int64_t>(which[i])]));
            if (shape.size() == 3)
                QVERIFY(rows.is_contiguous(at::MemoryFormat::ChannelsLast));
        }
        QVERIFY(!fs::exists(file())); // removed at the end
    }

    void fullDiskIsToldBeforeAnythingIsWritten() {
        FeatureCache cache({std::size_t{1} << 40, 0, file()});
        const auto appended = cache.append(at::rand({2, 60}));
        QVERIFY(!appended);
        QVERIFY(appended.error().code == ErrorCode::NotWritable);
        QCOMPARE(appended.error().context, file().string());
        QVERIFY(!fs::exists(file()));
    }

    void fileThatCannotBeMadeIsAnError() {
        FeatureCache cache({kRows, 0, file() / "nowhere" / "features.tmp"});
        QVERIFY(cache.append(at::rand({2, 60})).error().code == ErrorCode::NotWritable);
    }
};

} // namespace

QTEST_APPLESS_MAIN(TestFeatureCache)
#include "TestFeatureCache.moc"
