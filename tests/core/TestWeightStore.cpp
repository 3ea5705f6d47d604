// Published weights come from a folder, a cache or the net, and are what they claim to be.

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

#include "core/network/WeightStore.h"
#include "core/storage/AtomicFile.h"
#include "tests/support/FileServer.h"

using namespace hilum;
using namespace hilum::test;

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kBytes = 3'000'000;

std::string content() {
    std::string bytes(kBytes, '\0');
    std::uint32_t state = 1;
    for (char& byte : bytes) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<char>(state >> 24U);
    }
    return bytes;
}

void write(const fs::path& file, const std::string& bytes) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
}

} // namespace

class TestWeightStore : public QObject {
    Q_OBJECT
private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::string m_content = content();
    std::string m_sha256 = sha256Of(m_content);
    std::string m_name = "net-" + m_sha256.substr(0, 8) + ".pth";
    WeightPlaces m_places;

    Result<PublishedWeights> fetch(
        FileServer& server, const DownloadProgress& progress = [](auto, auto) {},
        const std::stop_token& stop = {}) {
        m_places.address = server.address();
        return publishedWeights(m_name, m_places, progress, stop);
    }

    // Everything in the cache, by name.
    QStringList cached() const {
        return QDir(QString::fromStdString(m_places.cache.string())).entryList(QDir::Files, QDir::Name);
    }

private Q_SLOTS:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        const fs::path root = m_folder->path().toStdString();
        m_places = {root / "own", root / "torch", root / "cache" / "weights", {}};
    }

    void fileIsDownloadedOnce() {
        FileServer server(m_content, {{}});
        std::uint64_t done = 0;
        std::uint64_t total = 0;
        const auto weights = fetch(server, [&](std::uint64_t some, std::uint64_t all) {
            QVERIFY(some >= done);
            done = some;
            total = all;
        });
        QVERIFY2(weights, weights ? "" : weights.error().message.c_str());
        QCOMPARE(weights->sha256, m_sha256);
        QCOMPARE(weights->file, m_places.cache / m_name);
        QCOMPARE(sha256OfFile(weights->file).value(), m_sha256);
        QCOMPARE(done, kBytes);
        QCOMPARE(total, kBytes);
        QVERIFY(fetch(server));
        QCOMPARE(server.ranges().size(), std::size_t{1});
        QCOMPARE(cached(), QStringList{QString::fromStdString(m_name)});
    }

    void cutConnectionIsTakenUpWhereItBroke() {
        FileServer server(m_content, {{.cutAfter = 1'000'000}, {.status = 503}, {.cutAfter = 500'000}, {}});
        const auto weights = fetch(server);
        QVERIFY2(weights, weights ? "" : weights.error().message.c_str());
        QCOMPARE(weights->sha256, m_sha256);
        const std::vector<std::string> ranges = server.ranges();
        QCOMPARE(ranges.size(), std::size_t{4});
        QCOMPARE(ranges[0], std::string());
        QCOMPARE(ranges[1], std::string("bytes=1000000-"));
        QCOMPARE(ranges[2], std::string("bytes=1000000-"));
        QCOMPARE(ranges[3], std::string("bytes=1500000-"));
    }

    void serverWithoutRangesSendsItAllAgain() {
        FileServer server(m_content, {{.cutAfter = 1'000'000}, {.knowsRanges = false}});
        QVERIFY(fetch(server));
        QCOMPARE(sha256OfFile(m_places.cache / m_name).value(), m_sha256);
    }

    void nextCallTakesUpWhatTheLastOneLeft() {
        write(m_places.cache / (m_name + ".part"), m_content.substr(0, 2'000'000));
        FileServer server(m_content, {{}});
        QVERIFY(fetch(server));
        QCOMPARE(server.ranges(), std::vector<std::string>{"bytes=2000000-"});
    }

    void wholePartIsNotFetchedAgain() {
        write(m_places.cache / (m_name + ".part"), m_content);
        FileServer server(m_content, {{}});
        QVERIFY(fetch(server));
        QCOMPARE(cached(), QStringList{QString::fromStdString(m_name)});
    }

    void partOfAnotherFileIsReplaced() {
        write(m_places.cache / (m_name + ".part"), std::string(1000, 'x'));
        FileServer server(m_content, {{}});
        QVERIFY(fetch(server));
        QCOMPARE(server.ranges(), (std::vector<std::string>{"bytes=1000-", ""}));
        QCOMPARE(sha256OfFile(m_places.cache / m_name).value(), m_sha256);
    }

    void wrongHashIsRefusedAndNothingStays() {
        std::string other = m_content;
        other[kBytes / 2] ^= 1;
        FileServer server(other, {{}});
        const auto weights = fetch(server);
        QVERIFY(!weights);
        QCOMPARE(weights.error().code, ErrorCode::Damaged);
        QVERIFY(QString::fromStdString(weights.error().message)
                    .contains(QString::fromStdString(m_sha256.substr(0, 8))));
        QCOMPARE(cached(), QStringList());
    }

    void cancelEndsAStalledDownload() {
        FileServer server(m_content, {{.stallAfter = 1'000'000}});
        std::stop_source stop;
        const auto start = std::chrono::steady_clock::now();
        const auto weights = fetch(
            server,
            [&](std::uint64_t done, std::uint64_t) {
                done >= 1'000'000 ? (void)stop.request_stop() : (void)0;
            },
            stop.get_token());
        QVERIFY(!weights);
        QCOMPARE(weights.error().code, ErrorCode::Cancelled);
        QVERIFY(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
        QCOMPARE(cached(), QStringList{QString::fromStdString(m_name + ".part")}); // to be taken up later
    }

    void serverErrorsAreToldWithAWayOut_data() {
        QTest::addColumn<int>("status");
        QTest::addColumn<int>("requests");
        QTest::newRow("not there") << 404 << 1;
        QTest::newRow("overloaded, again and again") << 503 << 4;
    }
    void serverErrorsAreToldWithAWayOut() {
        QFETCH(int, status);
        QFETCH(int, requests);
        FileServer server(m_content, {{.status = status}});
        const auto weights = fetch(server);
        QVERIFY(!weights);
        QCOMPARE(weights.error().code, ErrorCode::NotReachable);
        const QString message = QString::fromStdString(weights.error().message);
        QVERIFY2(message.contains(QString::number(status)) && message.contains("--weights-dir"),
                 qPrintable(message));
        QCOMPARE(static_cast<int>(server.ranges().size()), requests);
        QVERIFY(!fs::exists(m_places.cache / m_name));
    }

    void onlyHttpsIsUsedBeyondThisMachine() {
        m_places.address = "http://example.org/";
        const auto weights = publishedWeights(m_name, m_places, [](auto, auto) {}, {});
        QCOMPARE(weights.error().code, ErrorCode::InvalidArgument);
    }

    void foldersComeBeforeTheNet() {
        FileServer server(m_content, {{.status = 404}});
        write(m_places.torchCache / m_name, m_content);
        QCOMPARE(fetch(server)->file, m_places.torchCache / m_name);
        write(m_places.folder / m_name, m_content);
        QCOMPARE(fetch(server)->file, m_places.folder / m_name);
        QVERIFY(server.ranges().empty());
    }

    void damagedFileOfTheUserIsAnErrorAndOneOfTheCacheIsFetchedAgain() {
        FileServer server(m_content, {{}});
        write(m_places.cache / m_name, "damaged");
        QVERIFY(fetch(server));
        QCOMPARE(sha256OfFile(m_places.cache / m_name).value(), m_sha256);
        write(m_places.folder / m_name, "damaged");
        const auto weights = fetch(server);
        QVERIFY(!weights);
        QCOMPARE(weights.error().code, ErrorCode::Damaged);
        QCOMPARE(weights.error().context, (m_places.folder / m_name).string());
    }

    void placesComeFromTheEnvironment() {
        qputenv("HILUM_WEIGHTS_DIR", "/some/where");
        qputenv("HILUM_WEIGHTS_URL", "http://127.0.0.1:1");
        qputenv("XDG_CACHE_HOME", "/a/cache");
        qunsetenv("TORCH_HOME");
        const WeightPlaces places = weightPlaces();
        QCOMPARE(places.folder, fs::path("/some/where"));
        QCOMPARE(places.address, std::string("http://127.0.0.1:1/"));
        QCOMPARE(weightPlaces("/else").folder, fs::path("/else"));
#ifdef Q_OS_LINUX
        QCOMPARE(places.cache, fs::path("/a/cache/hilum/weights"));
        QCOMPARE(places.torchCache, fs::path("/a/cache/torch/hub/checkpoints"));
#endif
    }
};

QTEST_GUILESS_MAIN(TestWeightStore)
#include "TestWeightStore.moc"
