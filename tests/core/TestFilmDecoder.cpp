// Films read by helper processes, honest and hostile ones.

#include <QtTest>

#include <QTemporaryDir>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <thread>

#include <sys/stat.h>

#include "core/image/RadiographReader.h"
#include "core/sandbox/FilmDecoder.h"
#include "core/sandbox/FilmMessage.h"
#include "tests/support/DicomFiles.h"
#include "tests/support/Processes.h"

using namespace hilum;
using namespace hilum::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

using Pixels = std::vector<std::uint16_t>;
using Clock = std::chrono::steady_clock;

fs::path hostileDecoder() { return qEnvironmentVariable("HILUM_HOSTILE_DECODER").toStdString(); }

// A film that the PNG reader would refuse, and that tells the hostile decoder what to do.
ByteVector orderedFilm(const std::string& order) {
    const std::string text = "\x89PNG\r\n\x1a\nORDER " + order;
    return {text.begin(), text.end()};
}

ByteVector noisyPng(int widthPx, int heightPx, std::uint32_t seed) {
    std::mt19937 random(seed);
    ByteVector rows(static_cast<std::size_t>(2 * widthPx * heightPx));
    std::generate(rows.begin(), rows.end(), [&random] { return static_cast<std::uint8_t>(random()); });
    return makePng({.widthPx = widthPx, .heightPx = heightPx, .bitDepth = 16, .rows = rows});
}

// No member has the value that it has by itself.
Radiograph filmWithEveryField() {
    Radiograph film;
    film.widthPx = 3;
    film.heightPx = 2;
    film.pixels = std::make_shared<const Pixels>(Pixels{0, 1, 2, 4093, 4094, 4095});
    film.bitsStored = 12;
    film.storedMin = -2048;
    film.storedMax = 2047;
    film.polarity = Polarity::Inverted;
    film.rescaleSlope = -2.5;
    film.rescaleIntercept = 17.25;
    film.modalityTable = std::make_shared<const LookupTable>(LookupTable{-7, 12, {3, 2, 1}});
    film.rescaleType = "OD";
    film.windows = {{1, 2, VoiFunction::LinearExact, "first"}, {3, 4, VoiFunction::Sigmoid, "second"}};
    film.windows.push_back({5, 2, VoiFunction::Table, "third", film.modalityTable});
    film.padding = PixelPadding{-2048, -2000};
    film.overlays = {{"caliper", -1, 2, 3, 4, std::make_shared<const ByteVector>(ByteVector{0xA5, 0x0F})}};
    film.spacing = PixelSpacing{0.25, 0.5, "PixelSpacing"};
    film.header = {"A^B", "1", "F", "054Y", "20200102", "0304", "DX", "CHEST", "PA", "study", "series"};
    film.source = {{}, "DICOM", "RLE Lossless", "MONOCHROME1", 2, 3, {"one", "two"}};
    return film;
}

std::string failureOf(const Result<Radiograph>& film) { return film ? "" : film.error().message; }

} // namespace

class TestFilmDecoder : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path save(const std::string& name, const ByteVector& bytes) const {
        const fs::path file = fs::path(m_folder->path().toStdString()) / name;
        std::ofstream(file, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        return file;
    }

private Q_SLOTS:
    void initTestCase() {
        QVERIFY(fs::exists(decoderProgram()));
        QVERIFY(fs::exists(hostileDecoder()));
    }
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    // ---- the description ---------------------------------------------------------------------------------

    void everyFieldComesBack() {
        const Radiograph film = filmWithEveryField();
        const auto description = describeResult(film);
        const auto back = resultFrom(description, film.pixels);
        QVERIFY(back && *back);
        QCOMPARE(describeResult(*back), description);
        const Radiograph& read = **back;
        QCOMPARE(read.pixel(2, 1), film.pixel(2, 1));
        QCOMPARE(read.storedValue(7), film.storedValue(7));
        QCOMPARE(read.modalityValue(7), film.modalityValue(7));
        QCOMPARE(read.windows, film.windows);
        QCOMPARE(read.spacing->columnMm, 0.5);
        QCOMPARE(read.header.seriesDescription, std::string("series"));
        QCOMPARE(read.source.warnings, film.source.warnings);
        QCOMPARE(read.padding->storedHigh, -2000);
        QCOMPARE(read.overlays[0].covers(0, 2), film.overlays[0].covers(0, 2));
        QCOMPARE(read.source.frame, 2);
    }

    void errorsComeBack() {
        const Result<Radiograph> error = fail(ErrorCode::TooLarge, "too much", "tag");
        const auto back = resultFrom(describeResult(error), {});
        QVERIFY(back && !*back);
        QCOMPARE(back->error().code, ErrorCode::TooLarge);
        QCOMPARE(back->error().message, std::string("too much"));
        QCOMPARE(back->error().context, std::string("tag"));
    }

    void cutOrProlongedDescriptionsAreRefused() {
        const Radiograph film = filmWithEveryField();
        auto description = describeResult(film);
        for (std::size_t size = 0; size < description.size(); ++size)
            QVERIFY(!resultFrom({description.data(), size}, film.pixels));
        description.push_back(0);
        QVERIFY(!resultFrom(description, film.pixels));
    }

    void changedDescriptionsAreSoundOrRefused() {
        const Radiograph film = filmWithEveryField();
        const auto description = describeResult(film);
        std::mt19937 random(20260401);
        int refused = 0;
        for (int i = 0; i < 200'000; ++i) {
            auto changed = description;
            for (std::size_t changes = 1 + random() % 3; changes > 0; --changes)
                changed[random() % changed.size()] =
                    static_cast<std::uint8_t>(random() % 4 == 0 ? 0xFF : random());
            const auto back = resultFrom(changed, film.pixels);
            refused += back ? 0 : 1;
            if (!back || !*back)
                continue;
            const Radiograph& read = **back;
            QCOMPARE(read.widthPx * read.heightPx, 6);
            QVERIFY(read.storedMax - read.storedMin >= 4095 && read.storedMax - read.storedMin <= 65535);
            QVERIFY(std::isfinite(read.rescaleSlope) && read.rescaleSlope != 0);
            for (const Window& window : read.windows)
                QVERIFY(std::isfinite(window.center) && window.width > 0);
        }
        QVERIFY(refused > 20'000);
    }

    void unsoundFilmsAreRefused_data() {
        QTest::addColumn<std::function<void(Radiograph&)>>("spoil");
        const auto row = [](const char* name, std::function<void(Radiograph&)> spoil) {
            QTest::newRow(name) << std::move(spoil);
        };
        const double infinite = std::numeric_limits<double>::infinity();
        row("no width", [](Radiograph& film) { film.widthPx = 0; });
        row("negative sides", [](Radiograph& film) { film.widthPx = -3, film.heightPx = -2; });
        row("more pixels than there are", [](Radiograph& film) { film.heightPx = 3; });
        row("sides whose product overflows",
            [](Radiograph& film) { film.widthPx = film.heightPx = 1 << 30; });
        row("fewer bits than the pixels have", [](Radiograph& film) { film.bitsStored = 11; });
        row("a range that is not that of the bits", [](Radiograph& film) { film.storedMax = 4095; });
        row("a smallest value of its own",
            [](Radiograph& film) { film.storedMin = -2000, film.storedMax = 2095; });
        row("no bits", [](Radiograph& film) { film.bitsStored = 0; });
        row("too many bits", [](Radiograph& film) { film.bitsStored = 17; });
        row("slope 0", [](Radiograph& film) { film.rescaleSlope = 0; });
        row("slope infinite", [=](Radiograph& film) { film.rescaleSlope = infinite; });
        row("intercept not a number", [=](Radiograph& film) { film.rescaleIntercept = infinite - infinite; });
        row("window without width", [](Radiograph& film) { film.windows[1].width = 0; });
        row("window anywhere", [=](Radiograph& film) { film.windows[0].center = infinite; });
        row("table without entries", [](Radiograph& film) {
            film.modalityTable = std::make_shared<const LookupTable>(LookupTable{0, 16, {}});
        });
        row("VOI table missing", [](Radiograph& film) { film.windows[2].table = nullptr; });
        row("padding upside down", [](Radiograph& film) { film.padding->storedLow = 7; });
        row("overlay larger than its bits", [](Radiograph& film) { film.overlays[0].heightPx = 6; });
        row("overlay out of reach", [](Radiograph& film) { film.overlays[0].topPx = -2'000'000'000; });
        row("frame beyond the last", [](Radiograph& film) { film.source.frame = 4; });
        row("spacing 0", [](Radiograph& film) { film.spacing->rowMm = 0; });
        row("spacing negative", [](Radiograph& film) { film.spacing->columnMm = -1; });
    }
    void unsoundFilmsAreRefused() {
        QFETCH(std::function<void(Radiograph&)>, spoil);
        Radiograph film = filmWithEveryField();
        QVERIFY(resultFrom(describeResult(film), film.pixels));
        spoil(film);
        QVERIFY(!resultFrom(describeResult(film), film.pixels));
    }

    void textsAreCleaned() {
        Radiograph film = filmWithEveryField();
        film.header.patientName = "A\xE2\x80\xAE^B\x1B[2J"; // right-to-left override, escape
        const auto back = resultFrom(describeResult(film), film.pixels);
        QCOMPARE((*back)->header.patientName, std::string("A^B[2J"));
    }

    // ---- the honest helper -------------------------------------------------------------------------------

    void chosenFrameIsRead() {
        DicomFile dicom;
        dicom.text(0x0028, 0x0008, "2").pixels(2, 1, 8, 8, {1, 2, 3, 4});
        const fs::path file = save("film", dicom.bytes());
        QCOMPARE(int{m_decoder.read(file, {}, {2})->pixel(0, 0)}, 3);
        QCOMPARE(m_decoder.read(file, {}, {3}).error().code, ErrorCode::InvalidArgument);
    }

    void readsAsInProcess_data() {
        QTest::addColumn<ByteVector>("bytes");
        const auto picture = makePicture(61, 47);
        QTest::newRow("PNG") << noisyPng(61, 47, 1);
        QTest::newRow("large PNG") << noisyPng(2100, 2100, 1);
        QTest::newRow("JPEG") << makeJpeg(picture);
        TiffSpec tiff;
        tiff.widthPx = 61;
        tiff.heightPx = 47;
        tiff.pixels = picture.values;
        QTest::newRow("TIFF") << makeTiff(tiff);
        DicomFile dicom;
        dicom.pixels(61, 47, 16, 12, Pixels(picture.values.begin(), picture.values.end()));
        for (const auto writing : {DicomWriting::ImplicitLittle, DicomWriting::ExplicitBig, DicomWriting::Rle,
                                   DicomWriting::JpegExtended, DicomWriting::JpegLossless})
            QTest::addRow("DICOM %d", static_cast<int>(writing)) << dicom.bytes(writing);
        // Conversions are files of the C library, and the helper opens none.
        for (const auto& [charset, name] :
             {std::pair("ISO_IR 100", "M\xFCller^J\xF6rg"), std::pair("ISO_IR 144", "\xBB\xEE\xDA^\xB0"),
              std::pair("ISO_IR 192", "M\xC3\xBCller"), std::pair("GB18030", "\xCD\xF5^\xD0\xA1"),
              std::pair("\\ISO 2022 IR 87", "A=\x1B$B;3ED\x1B(B"),
              std::pair("\\ISO 2022 IR 149", "A=\x1B$)C\xFB\xF3"), std::pair("ISO_IR 166", "\xCA\xC1"),
              std::pair("ISO_IR 13", "\xD4\xCF\xC0\xDE")}) {
            DicomFile file;
            file.pixels(2, 1, 8, 8, {3, 4});
            file.text(0x0008, 0x0005, charset).text(0x0010, 0x0010, name);
            QTest::addRow("patient's name in %s", charset) << file.bytes();
        }
        ByteVector cut = makeJpeg(picture);
        cut.resize(500);
        QTest::newRow("cut off") << cut;
        QTest::newRow("empty") << ByteVector();
        QTest::newRow("no film") << ByteVector(1000, 'x');
    }
    void readsAsInProcess() {
        QFETCH(ByteVector, bytes);
        compareWithInProcess(save("film", bytes));
    }

    void readsTheSharedFilmsAsInProcess() {
        const fs::path folder = fs::path(HILUM_SHARED_DATA) / "dicom";
        if (!fs::exists(folder))
            QSKIP("the shared data are not here");
        int read = 0, refused = 0;
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            if (!entry.is_regular_file())
                continue;
            const bool isRead = compareWithInProcess(entry.path());
            if (QTest::currentTestFailed())
                return;
            ++(isRead ? read : refused);
        }
        qInfo("%d films the same in both, %d refused for the same reason", read, refused);
        QVERIFY(read > 0 && refused > 0);
    }

    void whatIsNoFileIsRefusedAsInProcess() {
        const fs::path folder = m_folder->path().toStdString();
        QCOMPARE(::mkfifo((folder / "pipe").c_str(), 0600), 0);
        fs::create_symlink(folder / "nowhere", folder / "dangling");
        const fs::path large = save("large", {});
        fs::resize_file(large, static_cast<std::uintmax_t>(kMaxFileBytes) + 1);
        for (const fs::path& file : {folder, folder / "pipe", folder / "missing", folder / "dangling", large,
                                     fs::path("/dev/zero"), fs::path()})
            compareWithInProcess(file);
        QCOMPARE(m_decoder.read(large).error().code, ErrorCode::TooLarge);
    }

    // Whatever size the ones before and after it had.
    void everyFilmIsItsOwn() {
        const auto sides = {2100, 40, 300, 41, 2100, 40};
        const auto file = [this](int sidePx) {
            return save("film", noisyPng(sidePx, sidePx, static_cast<std::uint32_t>(sidePx)));
        };
        FilmDecoder decoder;
        std::vector<Result<Radiograph>> films;
        for (const int sidePx : sides)
            films.push_back(decoder.read(file(sidePx)));
        auto film = films.begin();
        for (const int sidePx : sides) {
            const auto expected = readRadiograph(file(sidePx));
            QVERIFY2(film->has_value(), failureOf(*film).c_str());
            QVERIFY(*(*film)->pixels == *expected->pixels);
            QVERIFY(describeResult(*film++) == describeResult(expected));
        }
    }

    void stoppedReadingIsCancelled() {
        std::stop_source source;
        source.request_stop();
        QCOMPARE(m_decoder.read(save("film", noisyPng(8, 8, 1)), source.get_token()).error().code,
                 ErrorCode::Cancelled);
    }

    void overlappingCallsReadTheirOwnFilms() {
        std::vector<fs::path> files;
        for (int i = 0; i < 8; ++i)
            files.push_back(save(std::to_string(i), noisyPng(20 + i, 30, static_cast<std::uint32_t>(i))));
        std::atomic<int> right = 0;
        {
            std::vector<std::jthread> threads;
            for (int thread = 0; thread < 4; ++thread)
                threads.emplace_back([&] {
                    for (int i = 0; i < 80; ++i) {
                        const auto film = m_decoder.read(files[static_cast<std::size_t>(i % 8)]);
                        right += film && film->widthPx == 20 + i % 8 ? 1 : 0;
                    }
                });
        }
        QCOMPARE(right.load(), 320);
    }

    void nothingIsLeftOpen() {
        const fs::path good = save("good", noisyPng(64, 64, 1));
        const fs::path bad = save("bad", ByteVector(100, 'x'));
        QVERIFY(m_decoder.read(good));
        const auto openFiles = [] {
            return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
        };
        const auto before = openFiles();
        const auto helpers = childProcesses();
        for (int i = 0; i < 100; ++i) {
            QVERIFY(m_decoder.read(good));
            QVERIFY(!m_decoder.read(bad));
        }
        QCOMPARE(openFiles(), before);
        QCOMPARE(childProcesses(), helpers); // kept from film to film
    }

    void helpersTakeLargePages_data() {
        QTest::addColumn<QByteArray>("own");
        QTest::addColumn<QByteArray>("expected");
        QTest::newRow("by default") << QByteArray() << QByteArray("glibc.malloc.hugetlb=1");
        QTest::newRow("beside others") << QByteArray("glibc.malloc.perturb=7")
                                       << QByteArray("glibc.malloc.perturb=7:glibc.malloc.hugetlb=1");
        QTest::newRow("not if told so")
            << QByteArray("glibc.malloc.hugetlb=0") << QByteArray("glibc.malloc.hugetlb=0:");
    }
    void helpersTakeLargePages() {
        QFETCH(QByteArray, own);
        QFETCH(QByteArray, expected);
        const auto before = childProcesses();
        const QByteArray variable = "GLIBC_TUNABLES", whole = qgetenv(variable);
        own.isEmpty() ? qunsetenv(variable) : qputenv(variable, own);
        FilmDecoder decoder;
        const bool isRead = decoder.read(save("film", noisyPng(8, 8, 1))).has_value();
        whole.isNull() ? qunsetenv(variable) : qputenv(variable, whole);
        QVERIFY(isRead);
        std::size_t found = 0;
        for (const auto process : childProcesses()) {
            if (std::ranges::find(before, process) != before.end())
                continue;
            QFile environment("/proc/" + QString::number(process) + "/environ");
            QVERIFY(environment.open(QIODevice::ReadOnly));
            // The C library has put an end behind each tunable.
            QVERIFY(environment.readAll().replace('\0', ':').contains(variable + "=" + expected));
            ++found;
        }
        QVERIFY(found > 0);
    }

    void pixelsOutliveTheirHelper() {
        std::optional<Result<Radiograph>> film;
        {
            FilmDecoder decoder;
            film = decoder.read(save("film", noisyPng(300, 200, 5)));
        }
        QVERIFY(film->has_value());
        const auto expected = readRadiograph(save("film", noisyPng(300, 200, 5)));
        QVERIFY(*(*film)->pixels == *expected->pixels);
    }

    // ---- hostile helpers ---------------------------------------------------------------------------------

    void whateverHappensIsAnErrorAndTheNextFilmOpens_data() {
        QTest::addColumn<QString>("reason");
#ifndef __SANITIZE_ADDRESS__ // such a build keeps its memory, and reports crashes before it ends
        QTest::newRow("allocate") << "memory limit";
        QTest::newRow("allocate blindly") << "crash, SIGSEGV";
        QTest::newRow("recurse") << "crash, SIGSEGV";
        QTest::newRow("crash") << "crash, SIGSEGV";
#endif
        QTest::newRow("spin") << "time limit of 1 s";
        QTest::newRow("wait") << "time limit of 1 s";
        QTest::newRow("abort") << "crash, SIGABRT";
        QTest::newRow("throw") << "crash, SIGABRT";
        QTest::newRow("end") << "it ended by itself";
        QTest::newRow("hang up") << "it does not answer";
        for (const char* lie :
             {"no memory", "another file", "longer", "shorter", "shorter, not sealed", "pixels beyond",
              "pixels beyond, not sealed", "pixels without end", "no pixels", "stopped",
              "pixel above the range", "pixel above the range, not sealed", "short message"})
            QTest::addRow("lie: %s", lie)
                << (std::string_view(lie) == "short message" ? "it does not answer"
                                                             : "its answer makes no sense");
    }
    void whateverHappensIsAnErrorAndTheNextFilmOpens() {
        QFETCH(QString, reason);
        const auto timeLimit = reason.contains("time") || reason.contains("answer") ? 1s : 120s;
        FilmDecoder decoder({.program = hostileDecoder(), .timeLimit = timeLimit});
        const fs::path bad = save("bad", orderedFilm(QTest::currentDataTag()));
        const fs::path good = save("good", noisyPng(40, 30, 3));
        for (int round = 0; round < 2; ++round) { // with a fresh helper, and with one that has read a film
            const auto begin = Clock::now();
            const auto film = decoder.read(bad);
            QVERIFY(!film);
            QCOMPARE(film.error().code, ErrorCode::DecoderStopped);
            QCOMPARE(QString::fromStdString(film.error().message),
                     QStringLiteral("The file made the decoder stop (%1).").arg(reason));
            QCOMPARE(film.error().context, bad.string());
            QVERIFY(Clock::now() - begin < 60s);
            const auto next = decoder.read(good);
            QVERIFY2(next.has_value(), failureOf(next).c_str());
            QCOMPARE(next->widthPx, 40);
        }
    }

    void whatMayChangeIsCopied() {
        for (const char* memory : {"not sealed, and changed later", "may shrink"}) {
            FilmDecoder decoder({.program = hostileDecoder()});
            const auto film = decoder.read(save("film", orderedFilm(memory)));
            QVERIFY2(film.has_value(), failureOf(film).c_str());
            std::this_thread::sleep_for(400ms);
            QVERIFY(std::ranges::all_of(*film->pixels, [](int pixel) { return pixel == 1; }));
        }
    }

    void theHelperMayDoNothingElse() {
#ifdef __SANITIZE_ADDRESS__
        QSKIP("A build with sanitizers keeps its rights.");
#endif
        FilmDecoder decoder({.program = hostileDecoder()});
        QCOMPARE(QString::fromStdString(decoder.read(save("film", orderedFilm("rights"))).error().message),
                 QStringLiteral("It may: ."));
    }

    void largeFilesAreGivenMoreTime() {
        FilmDecoder decoder({.program = hostileDecoder(), .timeLimit = 100ms, .timePerMegabyte = 1s});
        ByteVector bytes(2U << 20U, 'x');
        const ByteVector order = orderedFilm("spin");
        bytes.insert(bytes.end(), order.begin(), order.end());
        QCOMPARE(failureOf(decoder.read(save("film", bytes))),
                 std::string("The file made the decoder stop (time limit of 2 s)."));
    }

    void aStopDoesNotWaitForTheDecoder() {
        FilmDecoder decoder({.program = hostileDecoder()});
        QVERIFY(decoder.problem().empty());
        std::stop_source source;
        Clock::time_point stopped;
        const std::jthread stopper([&] {
            std::this_thread::sleep_for(100ms);
            stopped = Clock::now();
            source.request_stop();
        });
        const auto film = decoder.read(save("film", orderedFilm("spin")), source.get_token());
        const auto late = std::chrono::duration<double, std::milli>(Clock::now() - stopped).count();
        QCOMPARE(film.error().code, ErrorCode::Cancelled);
        qInfo("returned %.1f ms after the stop", late);
        QVERIFY(late < 1000); // the machine may be busy; the decoder would spin for 5 s
        QVERIFY(decoder.read(save("next", orderedFilm("honest"))));
    }

    void aHelperEndsWithItsParent() {
        const fs::path film = save("film.png", orderedFilm("spin"));
        QProcess reader;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("HILUM_DECODER", QString::fromStdString(hostileDecoder().string()));
        reader.setProcessEnvironment(environment);
        reader.start(QCoreApplication::applicationFilePath(),
                     {"--read", QString::fromStdString(film.string())});
        QVERIFY(reader.waitForStarted());
        std::vector<int> helpers;
        QTRY_VERIFY_WITH_TIMEOUT(!(helpers = childProcesses(static_cast<int>(reader.processId()))).empty(),
                                 20'000);
        QTest::qWait(500); // until it spins
        reader.kill();
        QVERIFY(reader.waitForFinished());
        QTRY_VERIFY_WITH_TIMEOUT(!isRunning(helpers.front()), 20'000);
    }

    // ---- no helper ---------------------------------------------------------------------------------------

    void withoutAHelperFilmsAreReadInProcess_data() {
        QTest::addColumn<QString>("program");
        QTest::newRow("missing") << "/nowhere/hilum-decoder";
        QTest::newRow("not a program") << "/etc/passwd";
        QTest::newRow("another program") << "/bin/true";
    }
    void withoutAHelperFilmsAreReadInProcess() {
        QFETCH(QString, program);
        FilmDecoder decoder({.program = program.toStdString()});
        const auto film = decoder.read(save("film", noisyPng(40, 30, 3)));
        QVERIFY2(film.has_value(), failureOf(film).c_str());
        QCOMPARE(film->widthPx, 40);
        const std::string problem = decoder.problem();
        QVERIFY2(problem.starts_with("The film decoder cannot be started: ") &&
                     problem.ends_with(" Films are read within this program."),
                 problem.c_str());
        QVERIFY(m_decoder.problem().empty());
    }

    // ---- killed helpers ----------------------------------------------------------------------------------

    // HILUM_DECODER_KILLS=1000 for the long run.
    void killedAtAnyMomentTheNextFilmOpens() {
        const int wanted = qEnvironmentVariableIsSet("HILUM_DECODER_KILLS")
                               ? qEnvironmentVariableIntValue("HILUM_DECODER_KILLS")
                               : 60;
        const fs::path film = save("film", noisyPng(700, 700, 7));
        const auto begin = Clock::now();
        QVERIFY(FilmDecoder().read(film)); // a start and a film
        HelperKiller killer(wanted, Clock::now() - begin);
        int read = 0, refused = 0;
        while (!killer.isDone()) {
            const auto result = m_decoder.read(film);
            ++(result ? read : refused);
            QVERIFY(result ? result->widthPx == 700 : result.error().context == film.string());
        }
        qInfo("%d helpers killed; %d films read, %d refused", killer.killed(), read, refused);
        const auto next = m_decoder.read(film);
        QVERIFY2(next.has_value(), failureOf(next).c_str());
        QVERIFY(read > 0);
        QVERIFY(m_decoder.problem().empty());
    }

private:
    // The same film or the same error; whether it is a film.
    bool compareWithInProcess(const fs::path& file) {
        const auto expected = readRadiograph(file);
        const auto film = m_decoder.read(file);
        const auto check = [&] {
            QCOMPARE(film.has_value(), expected.has_value());
            QVERIFY2(describeResult(film) == describeResult(expected), file.c_str());
            if (film) {
                QVERIFY(*film->pixels == *expected->pixels);
                QCOMPARE(film->source.file, file);
            }
        };
        check();
        return film.has_value();
    }

    FilmDecoder m_decoder;
};

int main(int argc, char** argv) {
    qputenv("QTEST_FUNCTION_TIMEOUT", "3600000"); // a thousand kills take their time
    QCoreApplication application(argc, argv);
    // The program that aHelperEndsWithItsParent() starts.
    if (argc == 3 && std::string_view(argv[1]) == "--read")
        return FilmDecoder().read(argv[2]) ? 0 : 1;
    TestFilmDecoder test;
    return QTest::qExec(&test, argc, argv);
}

#include "TestFilmDecoder.moc"
