#include <algorithm>
#include <fstream>
#include <functional>
#include <set>

#include <QTemporaryDir>
#include <QtTest/QtTest>
#include <nlohmann/json.hpp>

#include "core/image/ImageWriter.h"
#include "core/image/Phantom.h"
#include "core/image/Windowing.h"
#include "tests/support/PictureFiles.h"
#include "training/CheckUp.h"
#include "training/DuplicateSearch.h"
#include "training/PropertyTree.h"
#include "training/Random.h"

using namespace hilum;
namespace fs = std::filesystem;

namespace {

constexpr int kSidePx = 160;

GreyImage phantom(std::uint64_t seed, int sidePx = kSidePx) {
    const Phantom rendered = renderPhantom({.seed = seed, .widthPx = sidePx, .heightPx = sidePx});
    return applyWindow(rendered.film, defaultWindow(rendered.film));
}

GreyImage mapped(GreyImage image, const std::function<double(double)>& grey) {
    for (std::uint8_t& value : image.values)
        value = static_cast<std::uint8_t>(std::clamp(grey(value), 0.0, 255.0));
    return image;
}

GreyImage withBorder(GreyImage image, int widthPx) {
    for (int y = 0; y < image.heightPx; ++y) {
        for (int x = 0; x < image.widthPx; ++x) {
            if (std::min({x, y, image.widthPx - 1 - x, image.heightPx - 1 - y}) < widthPx)
                image.at(x, y) = 0;
        }
    }
    return image;
}

// Folders A and B of phantoms, which have nothing to tell them apart.
class PhantomFolder {
public:
    PhantomFolder() : m_root(m_folder.path().toStdString()) {}

    [[nodiscard]] const fs::path& root() const { return m_root; }

    void addBytes(const std::string& file, const std::string& bytes) const {
        fs::create_directories((m_root / file).parent_path());
        std::ofstream(m_root / file, std::ios::binary) << bytes;
    }
    void addPng(const std::string& file, const GreyImage& image) const { addBytes(file, encodePng(image)); }
    void addJpeg(const std::string& file, const GreyImage& image, int quality) const {
        const test::ByteVector bytes = test::makeJpeg(image, {.quality = quality});
        addBytes(file, {bytes.begin(), bytes.end()});
    }
    void addDistinct(int perClass) const {
        for (int i = 0; i < perClass; ++i) {
            addPng("A/p" + std::to_string(i) + ".png", phantom(static_cast<std::uint64_t>(1000 + i)));
            addPng("B/p" + std::to_string(i) + ".png", phantom(static_cast<std::uint64_t>(2000 + i)));
        }
    }

private:
    QTemporaryDir m_folder;
    fs::path m_root;
};

struct Examined {
    DatasetIndex index;
    CheckUp checkUp;

    // Each group as sorted file names.
    [[nodiscard]] std::set<std::set<std::string>> groups(DuplicateKind kind, bool spansClasses) const {
        std::set<std::set<std::string>> result;
        for (const DuplicateGroup& group : checkUp.duplicates) {
            if (group.kind != kind || group.spansClasses != spansClasses)
                continue;
            std::set<std::string> files;
            for (const std::size_t film : group.films)
                files.insert(index.films[film].file.generic_string());
            result.insert(std::move(files));
        }
        return result;
    }
    [[nodiscard]] const ConfounderTest& property(const std::string& name) const {
        return *std::ranges::find(checkUp.confounders.tests, name, &ConfounderTest::property);
    }
};

Examined examined(const fs::path& root, const std::string& pattern = "") {
    Examined result;
    auto index = indexDataset(root, *PatientPattern::parse(pattern));
    if (!index)
        qFatal("%s", index.error().message.c_str());
    result.index = std::move(*index);
    CheckUpOptions options;
    options.threads = 2;
    auto found = checkUp(result.index, options);
    if (!found)
        qFatal("%s", found.error().message.c_str());
    result.checkUp = std::move(*found);
    return result;
}

using Groups = std::set<std::set<std::string>>;

// Films of two or three classes with facts drawn at random.
struct Drawn {
    DatasetIndex index;
    std::vector<std::optional<FilmFacts>> facts;
};
Drawn drawn(std::uint64_t seed, int films, int labels, double shift, int filmsPerPatient = 1) {
    Random random(seed);
    Drawn result;
    for (int label = 0; label < labels; ++label)
        result.index.labels.push_back(std::string(1, static_cast<char>('A' + label)));
    for (int i = 0; i < films; ++i) {
        const int patient = i / filmsPerPatient;
        const int label = patient % labels;
        result.index.films.push_back(
            {"f" + std::to_string(i), label, "p" + std::to_string(patient), std::to_string(i)});
        FilmFacts facts;
        facts.widthPx = 300 + static_cast<int>(random.below(200));
        facts.heightPx = 300 + static_cast<int>(random.below(200));
        facts.bitsStored = 8;
        facts.meanGrey = random.uniform() + (label == 0 ? shift : 0);
        facts.deviation = random.uniform();
        facts.borderGrey = random.uniform();
        result.facts.emplace_back(facts);
    }
    return result;
}

} // namespace

class TestCheckUp : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void distinctFilmsRaiseNoAlarm() {
        const PhantomFolder folder;
        folder.addDistinct(40);
        const Examined found = examined(folder.root());
        QVERIFY(found.checkUp.duplicates.empty());
        QVERIFY(found.checkUp.skipped.empty());
        QVERIFY(found.checkUp.patientsInClasses.empty());
        QCOMPARE(found.checkUp.counts, (std::vector<long>{40, 40}));
        QCOMPARE(found.checkUp.imbalance, 1.0);
        QVERIFY2(!found.checkUp.confounders.found(), found.checkUp.confounders.verdict.c_str());
        QVERIFY(found.checkUp.confounders.verdict.starts_with("No confounder found"));
    }

    void plantedFaultsAreFoundAndNothingElse() {
        const PhantomFolder folder;
        folder.addDistinct(12);
        const auto copy = [&](const std::string& from, const std::string& to) {
            fs::copy_file(folder.root() / from, folder.root() / to);
        };
        copy("A/p0.png", "A/copy.png");
        copy("A/p1.png", "B/copy.png");
        folder.addJpeg("A/recoded.jpg", phantom(1002), 40);
        folder.addJpeg("B/recoded.jpg", phantom(1003), 60);
        folder.addPng("B/small.png", resized(phantom(2004), 96, 96));
        folder.addJpeg("B/stretched.jpg", resized(phantom(2004), 224, 200), 80);
        folder.addPng("A/brighter.png", mapped(phantom(1005), [](double grey) { return grey + 35; }));
        folder.addPng("B/darker.png", mapped(phantom(1006), [](double grey) { return 0.8 * grey - 10; }));
        folder.addPng("A/of a copy.png", resized(phantom(1000), 120, 120));
        folder.addBytes("A/empty.png", "");
        folder.addBytes("A/notes.txt", "nothing to see");
        folder.addBytes("B/cut.png", encodePng(phantom(3000)).substr(0, 2000));
        folder.addBytes("B/header only.jpg", "\xFF\xD8\xFF");
        const Examined found = examined(folder.root());

        QCOMPARE(found.groups(DuplicateKind::Exact, false), (Groups{{"A/p0.png", "A/copy.png"}}));
        QCOMPARE(found.groups(DuplicateKind::Exact, true), (Groups{{"A/p1.png", "B/copy.png"}}));
        QCOMPARE(found.groups(DuplicateKind::Near, false),
                 (Groups{{"A/p2.png", "A/recoded.jpg"},
                         {"B/p4.png", "B/small.png", "B/stretched.jpg"},
                         {"A/p5.png", "A/brighter.png"},
                         {"A/p0.png", "A/copy.png", "A/of a copy.png"}}));
        QCOMPARE(found.groups(DuplicateKind::Near, true),
                 (Groups{{"A/p3.png", "B/recoded.jpg"}, {"A/p6.png", "B/darker.png"}}));
        std::set<std::string> unreadable, foreign;
        for (const SkippedFile& file : found.checkUp.skipped)
            (file.kind == SkipKind::Unreadable ? unreadable : foreign).insert(file.file.generic_string());
        QCOMPARE(unreadable, (std::set<std::string>{"A/empty.png", "B/cut.png", "B/header only.jpg"}));
        QCOMPARE(foreign, (std::set<std::string>{"A/notes.txt"}));
        QCOMPARE(found.checkUp.counts, (std::vector<long>{16, 17}));
    }

    void commonBorderMakesNoDuplicates() {
        const PhantomFolder folder;
        for (int i = 0; i < 30; ++i)
            folder.addPng((i % 2 == 0 ? "A/" : "B/") + std::to_string(i) + ".png",
                          withBorder(phantom(static_cast<std::uint64_t>(i)), 12));
        folder.addPng("A/black.png", GreyImage(64, 64)); // of one grey: like nothing
        folder.addPng("B/black.png", GreyImage(80, 80));
        const Examined found = examined(folder.root());
        QVERIFY2(found.checkUp.duplicates.empty(), checkUpToText(found.index, found.checkUp).c_str());
    }

    void plantedConfounderIsNamed_data() {
        QTest::addColumn<QString>("property");
        QTest::newRow("size") << "width";
        QTest::newRow("border") << "border";
        QTest::newRow("brightness") << "brightness";
    }
    void plantedConfounderIsNamed() {
        QFETCH(QString, property);
        const PhantomFolder folder;
        for (std::uint64_t i = 0; i < 60; ++i) {
            const bool planted = i % 2 == 0;
            GreyImage film = phantom(i, planted && property == "width" ? 176 : kSidePx);
            if (planted && property == "border")
                film = withBorder(film, 6);
            if (planted && property == "brightness")
                film = mapped(film, [](double grey) { return grey + 70; });
            folder.addPng((planted ? "A/" : "B/") + std::to_string(i) + ".png", film);
        }
        const Examined found = examined(folder.root());
        QVERIFY(found.property(property.toStdString()).tellsClasses);
        QVERIFY(found.property(property.toStdString()).balancedAccuracy.value > 0.9);
        QVERIFY(found.property(kAllProperties).tellsClasses);
        QVERIFY(!found.property("bit depth").tellsClasses);
        QCOMPARE(found.property("width").tellsClasses, property == "width");
        QVERIFY2(found.checkUp.confounders.verdict.starts_with("Strong confounding"),
                 found.checkUp.confounders.verdict.c_str());
        QVERIFY(found.checkUp.duplicates.empty());
    }

    // Alarms among sets whose properties are drawn without looking at the class: at most one in twenty.
    void chanceRaisesNoAlarm() {
        int alarms = 0;
        double balanced = 0;
        for (std::uint64_t seed = 1; seed <= 100; ++seed) {
            const int labels = seed % 2 == 0 ? 2 : 3;
            const Drawn set = drawn(seed, seed % 3 == 0 ? 60 : 240, labels, 0, seed % 5 == 0 ? 4 : 1);
            const Confounders found = findConfounders(set.index, set.facts);
            QVERIFY(!found.tests.empty());
            alarms += found.found() ? 1 : 0;
            balanced += found.tests.back().balancedAccuracy.value - found.balancedGuessing;
        }
        QVERIFY2(alarms <= 5, qPrintable(QString::number(alarms)));
        QVERIFY2(std::abs(balanced / 100) < 0.03, qPrintable(QString::number(balanced / 100)));
    }

    void shiftedPropertyIsSeen() {
        const Drawn set = drawn(1, 300, 3, 0.6);
        const Confounders found = findConfounders(set.index, set.facts);
        for (const ConfounderTest& test : found.tests)
            QCOMPARE(test.tellsClasses, test.property == "brightness" || test.property == kAllProperties);
        QVERIFY(found.verdict.find("Alone: brightness.") != std::string::npos);
    }

    void sourceIsAPropertyWhereItIsKnown() {
        Drawn set = drawn(1, 200, 2, 0);
        QVERIFY(std::ranges::none_of(findConfounders(set.index, set.facts).tests,
                                     [](const ConfounderTest& test) { return test.property == "source"; }));
        for (FilmEntry& film : set.index.films)
            film.source = film.label == 0 ? "Hospital 1" : "Hospital 2";
        const Confounders found = findConfounders(set.index, set.facts);
        const auto source = std::ranges::find(found.tests, "source", &ConfounderTest::property);
        QVERIFY(source != found.tests.end());
        QVERIFY(source->tellsClasses);
        QCOMPARE(source->balancedAccuracy.value, 1.0);
    }

    void tooFewPatientsAreNotTested() {
        const Drawn set = drawn(1, 40, 2, 0, 10);
        const Confounders found = findConfounders(set.index, set.facts);
        QVERIFY(found.tests.empty());
        QVERIFY2(found.verdict.starts_with("Not tested"), found.verdict.c_str());
    }

    // Against every pair.
    void searchFindsEveryNearHash() {
        Random random(3);
        std::vector<FilmPrint> prints;
        const FilmPrint one = measured(renderPhantom({.seed = 1, .widthPx = 96, .heightPx = 96}).film).print;
        for (int i = 0; i < 60; ++i) { // the same picture under hashes that are 0 … 20 bits apart
            prints.push_back(one);
            prints.back().hash = static_cast<std::uint64_t>(i) * 0x9E3779B97F4A7C15ULL;
            FilmPrint turned = prints.back();
            for (int bit = 0; bit < i % 21; ++bit)
                turned.hash ^= std::uint64_t{1} << random.below(64);
            prints.push_back(turned);
        }
        Unions wanted(prints.size());
        DuplicateSearch search(prints);
        for (std::size_t i = 0; i < prints.size(); ++i) {
            search.add(i);
            for (std::size_t j = 0; j < i; ++j) {
                if (hammingDistance(prints[i].hash, prints[j].hash) <= kNearHashBits)
                    wanted.unite(i, j);
            }
        }
        QVERIFY(wanted.groups().size() > 20);
        QCOMPARE(search.groups(), wanted.groups());
    }

    void binsAreEquallyFilledAndKeepTies() {
        std::vector<double> values;
        for (int i = 0; i < 1000; ++i)
            values.push_back(i < 300 ? 7 : i);
        const auto bins = binned(values);
        QVERIFY(std::ranges::all_of(bins.begin(), bins.begin() + 300,
                                    [&](std::uint8_t bin) { return bin == bins.front(); }));
        QVERIFY(std::ranges::is_sorted(bins));
        QVERIFY(bins.back() < kPropertyBins);
        QVERIFY(bins.back() > 40);
    }

    void stopEndsTheCheckUp() {
        const PhantomFolder folder;
        folder.addDistinct(5);
        const auto index = indexDataset(folder.root(), *PatientPattern::parse(""));
        std::stop_source stop;
        CheckUpOptions options;
        options.threads = 2;
        options.progress = [&stop](long done, long) {
            if (done == 2)
                stop.request_stop();
        };
        QVERIFY(checkUp(*index, options, stop.get_token()).error().code == ErrorCode::Cancelled);
    }

    void jsonAndTextSayWhatWasFound() {
        const PhantomFolder folder;
        folder.addDistinct(6);
        fs::copy_file(folder.root() / "A/p0.png", folder.root() / "B/copy.png");
        folder.addBytes("A/empty.png", "");
        const Examined found = examined(folder.root(), "^(p0)");
        const auto json = nlohmann::json::parse(checkUpToJson(found.index, found.checkUp));
        QCOMPARE(json["duplicates"].size(), std::size_t{1});
        QCOMPARE(json["duplicates"][0]["spansClasses"].get<bool>(), true);
        QCOMPARE(json["duplicates"][0]["films"][1]["file"].get<std::string>(), std::string("B/copy.png"));
        QCOMPARE(json["skipped"][0]["kind"].get<std::string>(), std::string("unreadable"));
        QCOMPARE(json["patientsInClasses"][0]["patient"].get<std::string>(), std::string("p0"));
        QCOMPARE(json["classes"][1]["films"].get<int>(), 7);
        const QString text = QString::fromStdString(checkUpToText(found.index, found.checkUp));
        for (const char* line :
             {"Films: A 6, B 7\n", "Cannot be read: 1 file\n", "Exact duplicates: 1 group, 1 across",
              "  across classes: A/p0.png, B/copy.png\n", "In more than one class: 1 patient\n",
              "  A/empty.png: The file is empty.\n", "Confounders: "})
            QVERIFY2(text.contains(line), line);
    }

    void realDataSetIsCheckedUp() {
        const fs::path data = fs::path(HILUM_SHARED_DATA) / "darkcovidnet";
        if (!fs::exists(data))
            QSKIP("The shared data are not here.");
        const Examined found = examined(data, "nih");
        QCOMPARE(found.checkUp.patientsInClasses.size(), std::size_t{21});
        QCOMPARE(found.groups(DuplicateKind::Exact, false),
                 (Groups{{"Normal/00002658_001.jpg", "Normal/00002658_002.jpg"}}));
        QCOMPARE(found.groups(DuplicateKind::Near, false),
                 (Groups{{"COVID-19/E63574A7-4188-4C8D-8D17-9D67A18A1AFA.jpg",
                          "COVID-19/F4341CE7-73C9-45C6-99C8-8567A5484B63.jpg"}}));
        QCOMPARE(found.checkUp.duplicates.size(), std::size_t{2});
        const ConfounderTest& all = found.property(kAllProperties);
        QVERIFY(all.tellsClasses);
        QVERIFY(all.balancedAccuracy.low > 0.7); // of three classes
        QVERIFY(all.accuracy.low > found.checkUp.confounders.guessing + 0.1);
        QVERIFY(found.property("aspect").tellsClasses);
    }
};

QTEST_APPLESS_MAIN(TestCheckUp)
#include "TestCheckUp.moc"
