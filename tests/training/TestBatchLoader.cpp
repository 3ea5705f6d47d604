// torch before Qt: both know the word slots.
#include <ATen/ATen.h>

#include "core/model/Preprocessor.h"
#include "training/BatchLoader.h"

#include <QtTest/QtTest>

#include "tests/support/FilmFolder.h"

using namespace hilum;
using test::FilmFolder;

namespace {

constexpr int kSide = 24;

Preprocessing preprocessing() { return {kSide, FitMode::Stretch, {0.5F, 0.4F, 0.3F}, {0.2F, 0.3F, 0.4F}}; }

FilmStore storeOf(const FilmFolder& folder, std::size_t memoryLimitBytes = 1 << 20) {
    auto index = indexDataset(folder.root(), *PatientPattern::parse(""));
    return *FilmStore::load(*index,
                            {.inputSizePx = kSide, .memoryLimitBytes = memoryLimitBytes, .threads = 2},
                            [](long, long) {}, {});
}

std::vector<Batch> allBatches(const FilmStore& store, const std::vector<std::size_t>& films, int threads,
                              std::optional<AugmentationConfig> augmentation, int epoch = 1,
                              int batchSize = 4) {
    BatchLoader loader(store, preprocessing(),
                       {.batchSize = batchSize, .threads = threads, .seed = 5, .augmentation = augmentation});
    loader.start(films, epoch);
    std::vector<Batch> batches;
    while (auto batch = loader.next())
        batches.push_back(**batch);
    return batches;
}

bool equal(const std::vector<Batch>& a, const std::vector<Batch>& b) {
    bool same = a.size() == b.size();
    for (std::size_t i = 0; same && i < a.size(); ++i)
        same = a[i].images.equal(b[i].images) && a[i].labels.equal(b[i].labels);
    return same;
}

at::Tensor asNetworkSees(const GreyImage& square) {
    return at::tensor(normalise(square, preprocessing())).view({3, kSide, kSide});
}

const std::vector<std::size_t> kFilms{3, 0, 11, 7, 7, 2, 5, 9, 1, 4, 10};

} // namespace

class TestBatchLoader : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void batchHoldsFilmsAsTheNetworkSeesThem() {
        const FilmFolder folder;
        folder.addClasses(6);
        const FilmStore store = storeOf(folder);
        const auto batches = allBatches(store, kFilms, 2, {});
        QCOMPARE(batches.size(), std::size_t{3});
        QCOMPARE(batches[2].images.size(0), std::int64_t{3});
        for (std::size_t i = 0; i < kFilms.size(); ++i) {
            const Batch& batch = batches[i / 4];
            const auto row = static_cast<std::int64_t>(i % 4);
            QVERIFY(batch.images[row].equal(asNetworkSees(**store.square(kFilms[i]))));
            QCOMPARE(batch.labels[row].item<std::int64_t>(), std::int64_t{kFilms[i] < 6 ? 0 : 1});
        }
    }

    void threadsChangeNothing() {
        const FilmFolder folder;
        folder.addClasses(6);
        const FilmStore store = storeOf(folder);
        const AugmentationConfig augmentation{.erasing = 0.5};
        const auto one = allBatches(store, kFilms, 1, augmentation);
        for (const int threads : {2, 3, 8})
            QVERIFY(equal(one, allBatches(store, kFilms, threads, augmentation)));
    }

    void memoryLimitChangesNothing() {
        const FilmFolder folder;
        folder.addClasses(6);
        const FilmStore whole = storeOf(folder), some = storeOf(folder, 5 * kSide * kSide + 1),
                        none = storeOf(folder, 0);
        QCOMPARE(whole.inMemory(), std::size_t{12});
        QCOMPARE(some.inMemory(), std::size_t{5});
        QCOMPARE(none.inMemory(), std::size_t{0});
        const auto batches = allBatches(whole, kFilms, 2, AugmentationConfig{});
        QVERIFY(equal(batches, allBatches(some, kFilms, 2, AugmentationConfig{})));
        QVERIFY(equal(batches, allBatches(none, kFilms, 2, AugmentationConfig{})));
    }

    void everyEpochAndPlaceIsDrawnAnew() {
        const FilmFolder folder;
        folder.addClasses(6);
        const FilmStore store = storeOf(folder);
        const auto first = allBatches(store, kFilms, 2, AugmentationConfig{}, 1);
        QVERIFY(!equal(first, allBatches(store, kFilms, 2, AugmentationConfig{}, 2)));
        QVERIFY(!first[0].images[3].equal(first[1].images[0])); // film 7 twice in a row
    }

    void startAgainDropsWhatWasLeft() {
        const FilmFolder folder;
        folder.addClasses(6);
        const FilmStore store = storeOf(folder);
        BatchLoader loader(store, preprocessing(),
                           {.batchSize = 2, .threads = 3, .seed = 5, .augmentation = {}});
        loader.start(kFilms);
        QVERIFY(loader.next().has_value());
        loader.start({8});
        const auto batch = loader.next();
        QVERIFY(batch.has_value());
        QVERIFY((**batch).images[0].equal(asNetworkSees(**store.square(8))));
        QVERIFY(!loader.next().has_value());
        QVERIFY(!loader.next().has_value());
    }

    void vanishedFilmIsAnError() {
        const FilmFolder folder;
        folder.addClasses(6);
        const FilmStore store = storeOf(folder, 0);
        std::filesystem::remove_all(folder.root());
        BatchLoader loader(store, preprocessing(), {.batchSize = 2, .threads = 2, .augmentation = {}});
        loader.start(kFilms);
        const auto batch = loader.next();
        QVERIFY(batch.has_value());
        QVERIFY(!*batch);
        QVERIFY(batch->error().code == ErrorCode::NotFound);
    }
};

QTEST_APPLESS_MAIN(TestBatchLoader)
#include "TestBatchLoader.moc"
