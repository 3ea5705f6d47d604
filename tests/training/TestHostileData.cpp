// The rows "data sets" and "disk" of docs/hostile-input.md: what is wrong is counted and listed, or an error
// in words; nothing blocks, and an old file stays whole.

#include <csignal>
#include <fstream>

#include <sys/resource.h>
#include <sys/stat.h>

#include "core/network/ModelFile.h"
#include "core/storage/AtomicFile.h"
#include "tests/support/QuickTraining.h"
#include "training/CheckUp.h"
#include "training/FilmStore.h"
#include "training/FineTuner.h"
#include "training/FinishedRun.h"
#include "training/Text.h"

#include <QElapsedTimer>
#include <QtTest>

using namespace hilum;
using test::FilmFolder;
using test::quickTraining;

namespace fs = std::filesystem;

namespace {

constexpr qint64 kMostMs = 5'000;

Result<DatasetIndex> indexOf(const FilmFolder& folder) {
    return indexDataset(folder.root(), PatientPattern());
}

// Files that this process writes end there, as on a full disk.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &m_before);
        m_handler = std::signal(SIGXFSZ, SIG_IGN);
        const struct rlimit bound { bytes, m_before.rlim_max };
        ::setrlimit(RLIMIT_FSIZE, &bound);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &m_before);
        std::signal(SIGXFSZ, m_handler);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    struct rlimit m_before {};
    void (*m_handler)(int) = nullptr;
};

} // namespace

class TestHostileData : public QObject {
    Q_OBJECT
private:
    static void fourFilmsAreIndexedInTime(const FilmFolder& folder) {
        QElapsedTimer timer;
        timer.start();
        const auto index = indexOf(folder);
        QVERIFY(index);
        QCOMPARE(index->films.size(), std::size_t{4});
        QVERIFY(timer.elapsed() < kMostMs);
    }

private Q_SLOTS:
    // ---- data sets ---------------------------------------------------------------------------------------

    void symlinkLoops() {
        const FilmFolder folder;
        folder.addClasses(2);
        fs::create_directory_symlink(folder.root(), folder.root() / "High" / "up");
        fs::create_symlink("itself", folder.root() / "High" / "itself");
        fs::create_symlink("nowhere.png", folder.root() / "High" / "dangling.png");
        fourFilmsAreIndexedInTime(folder);
    }

    // From the folder to a finished run, its model and its tables.
    void namesThatAreNotUtf8() {
        const FilmFolder folder;
        folder.addClasses(8);
        fs::rename(folder.root() / "High", folder.root() / "H\xFFigh");
        const auto refused = indexOf(folder); // a class is named on every card and in every table
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InvalidArgument);
        QCOMPARE(refused.error().context, std::string("H\xFFigh"));
        fs::rename(folder.root() / "H\xFFigh", folder.root() / "High");
        fs::rename(folder.root() / "Low" / "l0.png", folder.root() / "Low" / "l\xC3\x28.png");
        const auto outcome = fineTune(quickTraining(folder), {}, {});
        QVERIFY2(outcome, outcome ? "" : outcome.error().message.c_str());
        const auto run = loadRun(quickTraining(folder).out);
        QVERIFY2(run, run ? "" : run.error().message.c_str());
        QCOMPARE(run->predictions.size(), static_cast<std::size_t>(outcome->test->accuracy.count));
        const auto model = loadModel(outcome->modelFile);
        QVERIFY2(model, model ? "" : model.error().message.c_str());
        QCOMPARE(model->card.labels, outcome->labels);
        QCOMPARE(outcome->labels.size(), std::size_t{2});
    }

    void emptyFiles() {
        const FilmFolder folder;
        folder.addClasses(2);
        folder.addText("High/empty.png", "");
        const auto index = indexOf(folder);
        QVERIFY(index);
        QCOMPARE(index->films.size(), std::size_t{4});
        QCOMPARE(index->skipped.size(), std::size_t{1});
        QCOMPARE(index->skipped[0].reason, std::string("The file is empty."));
    }

    // Opening one for reading would wait for a writer.
    void pipes() {
        const FilmFolder folder;
        folder.addClasses(2);
        QCOMPARE(::mkfifo((folder.root() / "High" / "pipe.png").c_str(), 0600), 0);
        fourFilmsAreIndexedInTime(folder);
    }

    void filesThatVanish() {
        const FilmFolder folder;
        folder.addClasses(3);
        auto index = indexOf(folder);
        QVERIFY(index);
        fs::remove(folder.root() / "Low" / "l1.png");
        const auto store = FilmStore::load(*index, {.inputSizePx = 16}, [](long, long) {}, {});
        QVERIFY(store);
        QCOMPARE(store->size(), std::size_t{5});
        QCOMPARE(index->skipped.size(), std::size_t{1});
        QCOMPARE(index->skipped[0].file.generic_string(), std::string("Low/l1.png"));
        QVERIFY(!index->skipped[0].reason.empty());
    }

    void oneClass() {
        const FilmFolder folder;
        folder.addFilm("Only/1.png", 0, 1);
        const auto index = indexOf(folder);
        QVERIFY(!index);
        QCOMPARE(index.error().code, ErrorCode::InvalidArgument);
        QVERIFY(index.error().message.find("at least 2 classes") != std::string::npos);
    }

    void theSameImageInTwoClasses() {
        const FilmFolder folder;
        folder.addClasses(6);
        fs::copy_file(folder.root() / "High" / "h0.png", folder.root() / "Low" / "copy.png");
        const auto index = indexOf(folder);
        QVERIFY(index);
        const auto found = checkUp(*index, {});
        QVERIFY(found);
        QCOMPARE(found->duplicateGroups(DuplicateKind::Exact), 1L);
        const auto& group = found->duplicates.front();
        QCOMPARE(group.films.size(), std::size_t{2});
        QVERIFY(index->films[group.films[0]].label != index->films[group.films[1]].label);
    }

    // ---- disk --------------------------------------------------------------------------------------------

    void readOnlyFolder() {
        const FilmFolder folder;
        folder.addClasses(6);
        TrainingConfig config = quickTraining(folder);
        config.out = "/proc/hilum-run"; // where not even root may write
        const auto outcome = fineTune(config, {}, {});
        QVERIFY(!outcome);
        QCOMPARE(outcome.error().code, ErrorCode::NotWritable);
        QVERIFY(outcome.error().context.find("hilum-run") != std::string::npos);
    }

    void fullDisk() {
        const FilmFolder folder;
        const fs::path file = folder.scratch() / "kept.txt";
        QVERIFY(writeFileAtomically(file, "the old one"));
        const FileSizeLimit limit(1'000);
        const auto written = writeFileAtomically(file, std::string(2'000, 'x'));
        QVERIFY(!written);
        QCOMPARE(written.error().code, ErrorCode::NotWritable);
        QVERIFY2(written.error().message.find("File too large") != std::string::npos,
                 written.error().message.c_str());
        QCOMPARE(*readTextFile(file), std::string("the old one"));
        for (const auto& entry : fs::directory_iterator(folder.scratch()))
            QVERIFY2(entry.path().filename() == "kept.txt", entry.path().c_str());
    }

    // Something else stands in the place of a folder that the run writes into.
    void folderRemoved() {
        const FilmFolder folder;
        folder.addClasses(8);
        TrainingConfig config = quickTraining(folder);
        config.epochs = 50;
        const RunFolder run(config.out);
        const fs::path checkpoints = run.lastCheckpoint().parent_path();
        bool isGone = false;
        const auto outcome =
            fineTune(config,
                     [&](const TrainingProgress& progress) {
                         if (isGone || !progress.finishedEpoch || !fs::exists(run.lastCheckpoint()))
                             return;
                         isGone = true;
                         fs::rename(checkpoints, config.out / "moved");
                         std::ofstream(checkpoints) << "in the way";
                     },
                     {});
        QVERIFY(isGone);
        QVERIFY(!outcome);
        QCOMPARE(outcome.error().code, ErrorCode::NotWritable);
        QVERIFY2(outcome.error().context.find("checkpoints") != std::string::npos,
                 outcome.error().context.c_str());
        QVERIFY(readSafeTensors(config.out / "moved" / "last.safetensors"));
        // Put back, the run goes on from there.
        fs::remove(checkpoints);
        fs::rename(config.out / "moved", checkpoints);
        const auto resumed = fineTune(config, {}, {}, ExistingRun::Resume);
        QVERIFY2(resumed, resumed ? "" : resumed.error().message.c_str());
        QCOMPARE(resumed->history.size(), std::size_t{50});
    }
};

QTEST_GUILESS_MAIN(TestHostileData)
#include "TestHostileData.moc"
