#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include <dcmtk/config/osconfig.h>
// After osconfig.h.
#include <dcmtk/dcmdata/dctk.h>

#include "core/image/Phantom.h"
#include "core/image/phantom/Film.h"

using namespace hilum;

namespace {

constexpr std::array kFindings{PhantomFinding::None, PhantomFinding::GroundGlass,
                               PhantomFinding::Interstitial};

PhantomSpec specOf(std::uint64_t seed, PhantomFinding finding, int widthPx = 256, int heightPx = 256) {
    return {.seed = seed, .finding = finding, .widthPx = widthPx, .heightPx = heightPx};
}

// Several tests look at the same few films.
const Phantom& phantomOf(std::uint64_t seed, PhantomFinding finding) {
    static std::map<std::pair<std::uint64_t, PhantomFinding>, Phantom> rendered;
    auto [place, isNew] = rendered.try_emplace({seed, finding});
    if (isNew) {
        place->second = renderPhantom(specOf(seed, finding));
    }
    return place->second;
}

double meanWhere(const Radiograph& film, const MaskImage& mask) {
    double sum = 0;
    double count = 0;
    for (std::size_t i = 0; i < film.pixels->size(); ++i) {
        if (mask.values[i] != 0) {
            sum += (*film.pixels)[i];
            count += 1;
        }
    }
    return sum / count;
}

double meanIn(const Radiograph& film, int left, int top, int widthPx, int heightPx) {
    double sum = 0;
    for (int y = top; y < top + heightPx; ++y) {
        for (int x = left; x < left + widthPx; ++x) {
            sum += film.pixel(x, y);
        }
    }
    return sum / (widthPx * heightPx);
}

std::size_t areaOf(const MaskImage& mask) {
    return static_cast<std::size_t>(
        std::count_if(mask.values.begin(), mask.values.end(), [](auto v) { return v != 0; }));
}

// First and last column of the mask in a row; {-1, -1} where there is none.
std::pair<int, int> extentInRow(const MaskImage& mask, int y, int from, int to) {
    std::pair<int, int> extent{-1, -1};
    for (int x = from; x < to; ++x) {
        if (mask.at(x, y) != 0) {
            extent = {extent.first < 0 ? x : extent.first, x};
        }
    }
    return extent;
}

std::string bytesOf(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::string textOf(DcmDataset& dataset, const DcmTagKey& tag) {
    OFString text;
    dataset.findAndGetOFStringArray(tag, text);
    return {text.c_str(), text.size()};
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
    const auto mean = [](const std::vector<double>& values) {
        double sum = 0;
        for (const double value : values) {
            sum += value;
        }
        return sum / static_cast<double>(values.size());
    };
    const double meanA = mean(a);
    const double meanB = mean(b);
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - meanA) * (b[i] - meanB);
        aa += (a[i] - meanA) * (a[i] - meanA);
        bb += (b[i] - meanB) * (b[i] - meanB);
    }
    return ab / std::sqrt(aa * bb);
}

} // namespace

class TestPhantom : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void sameSpecGivesSamePixels() {
        for (const PhantomFinding finding : kFindings) {
            const Phantom again = renderPhantom(specOf(3, finding));
            QVERIFY(*again.film.pixels == *phantomOf(3, finding).film.pixels);
            QVERIFY(again.lesionMask.values == phantomOf(3, finding).lesionMask.values);
        }
    }

    void seedsGiveDifferentFilms() {
        QVERIFY(*phantomOf(1, PhantomFinding::None).film.pixels !=
                *phantomOf(2, PhantomFinding::None).film.pixels);
        QVERIFY(phantomOf(1, PhantomFinding::None).lungMask.values !=
                phantomOf(2, PhantomFinding::None).lungMask.values);
    }

    void findingChangesNothingButItself_data() { films(); }
    void findingChangesNothingButItself() {
        QFETCH(int, seed);
        QFETCH(int, finding);
        const auto number = static_cast<std::uint64_t>(seed);
        const Phantom& healthy = phantomOf(number, PhantomFinding::None);
        const Phantom& ill = phantomOf(number, static_cast<PhantomFinding>(finding));
        QVERIFY(healthy.lungMask.values == ill.lungMask.values);
        for (std::size_t i = 0; i < healthy.film.pixels->size(); ++i) {
            if (healthy.lungMask.values[i] == 0) { // marker, noise, collimation and heart among them
                QCOMPARE((*ill.film.pixels)[i], (*healthy.film.pixels)[i]);
            }
        }
        QVERIFY(ill.film.windows == healthy.film.windows);
        QCOMPARE(ill.film.spacing->rowMm, healthy.film.spacing->rowMm);
        QCOMPARE(ill.film.header.patientName, healthy.film.header.patientName);
        QCOMPARE(ill.film.header.patientAge, healthy.film.header.patientAge);
        QCOMPARE(ill.film.header.patientSex, healthy.film.header.patientSex);
        QCOMPARE(ill.patientBirthDate, healthy.patientBirthDate);
    }

    void findingAddsDensityWhereItsMaskSays_data() { films(); }
    void findingAddsDensityWhereItsMaskSays() {
        QFETCH(int, seed);
        QFETCH(int, finding);
        const auto number = static_cast<std::uint64_t>(seed);
        const Phantom& healthy = phantomOf(number, PhantomFinding::None);
        const Phantom& ill = phantomOf(number, static_cast<PhantomFinding>(finding));
        const double inside = meanWhere(ill.film, ill.lesionMask) - meanWhere(healthy.film, ill.lesionMask);
        MaskImage around = ill.lungMask;
        for (std::size_t i = 0; i < around.values.size(); ++i) {
            around.values[i] = ill.lesionMask.values[i] != 0 ? std::uint8_t{0} : around.values[i];
        }
        const double outside = meanWhere(ill.film, around) - meanWhere(healthy.film, around);
        QVERIFY2(inside > 20.0, qPrintable(QString::number(inside)));
        QVERIFY2(inside > 3.0 * outside, qPrintable(QString::number(outside)));
        QVERIFY(outside >= 0.0);
    }

    void lesionLiesInsideLungs_data() { films(); }
    void lesionLiesInsideLungs() {
        QFETCH(int, seed);
        QFETCH(int, finding);
        const Phantom& phantom =
            phantomOf(static_cast<std::uint64_t>(seed), static_cast<PhantomFinding>(finding));
        for (std::size_t i = 0; i < phantom.lesionMask.values.size(); ++i) {
            QVERIFY(phantom.lesionMask.values[i] == 0 || phantom.lungMask.values[i] == 255);
        }
        const double share =
            static_cast<double>(areaOf(phantom.lesionMask)) / static_cast<double>(areaOf(phantom.lungMask));
        const bool patchy = phantom.spec.finding == PhantomFinding::GroundGlass;
        QVERIFY2(share > (patchy ? 0.02 : 0.25) && share < (patchy ? 0.6 : 0.95),
                 qPrintable(QString::number(share)));
    }

    void groundGlassIsOnBothSides() {
        for (std::uint64_t seed = 1; seed <= 6; ++seed) {
            const MaskImage& mask = phantomOf(seed, PhantomFinding::GroundGlass).lesionMask;
            std::set<bool> sides;
            for (int y = 0; y < mask.heightPx; ++y) {
                for (int x = 0; x < mask.widthPx; ++x) {
                    if (mask.at(x, y) != 0) {
                        sides.insert(x < mask.widthPx / 2);
                    }
                }
            }
            QCOMPARE(sides.size(), std::size_t{2});
        }
    }

    void noFindingHasNoLesion() {
        QCOMPARE(areaOf(phantomOf(1, PhantomFinding::None).lesionMask), std::size_t{0});
    }

    void largerIsDenser_data() { seeds(); }
    void largerIsDenser() {
        QFETCH(int, seed);
        const Phantom& phantom = phantomOf(static_cast<std::uint64_t>(seed), PhantomFinding::None);
        const int size = phantom.film.widthPx;
        const double lungs = meanWhere(phantom.film, phantom.lungMask);
        // Between the lungs, half way down: heart and spine.
        const auto [rightFirst, rightLast] = extentInRow(phantom.lungMask, size / 2, 0, size / 2);
        const auto [leftFirst, leftLast] = extentInRow(phantom.lungMask, size / 2, size / 2, size);
        QVERIFY(rightFirst >= 0 && leftLast > leftFirst);
        const double heart = meanIn(phantom.film, rightLast + 2, size / 2 - 5, leftFirst - rightLast - 3, 10);
        const int corner = size / 16; // above the shoulders
        const double air = std::min(meanIn(phantom.film, 0, 0, corner, corner),
                                    meanIn(phantom.film, size - corner, 0, corner, corner));
        QVERIFY2(heart > lungs + 300.0, qPrintable(QString("heart %1 lungs %2").arg(heart).arg(lungs)));
        QVERIFY2(lungs > air + 300.0, qPrintable(QString("lungs %1 air %2").arg(lungs).arg(air)));
    }

    void heartPointsToThePatientsLeft_data() { seeds(); }
    void heartPointsToThePatientsLeft() {
        QFETCH(int, seed);
        const MaskImage& mask = phantomOf(static_cast<std::uint64_t>(seed), PhantomFinding::None).lungMask;
        const int middle = mask.widthPx / 2;
        double right = 0; // pixels of lung on the film's left half, that is the patient's right
        double left = 0;
        for (int y = 0; y < mask.heightPx; ++y) {
            for (int x = 0; x < mask.widthPx; ++x) {
                (x < middle ? right : left) += mask.at(x, y) != 0 ? 1.0 : 0.0;
            }
        }
        QVERIFY(right > 0.07 * static_cast<double>(mask.values.size()));
        QVERIFY(left > 0.07 * static_cast<double>(mask.values.size()));
        // Where the heart is broadest it reaches farther to the film's right.
        const int row = mask.heightPx * 6 / 10;
        const auto [rightFirst, rightLast] = extentInRow(mask, row, 0, middle);
        const auto [leftFirst, leftLast] = extentInRow(mask, row, middle, mask.widthPx);
        QVERIFY(rightLast - rightFirst > leftLast - leftFirst);
    }

    void lungsMeasureAsInPeople_data() { seeds(); }
    void lungsMeasureAsInPeople() {
        QFETCH(int, seed);
        const Phantom& phantom = phantomOf(static_cast<std::uint64_t>(seed), PhantomFinding::None);
        int widest = 0;
        for (int y = 0; y < phantom.film.heightPx; ++y) {
            const auto [first, last] = extentInRow(phantom.lungMask, y, 0, phantom.film.widthPx);
            widest = std::max(widest, last - first);
        }
        const double widthMm = widest * phantom.film.spacing->columnMm;
        QVERIFY2(widthMm > 210.0 && widthMm < 340.0, qPrintable(QString::number(widthMm)));
    }

    void nothingSaturates_data() { seeds(); }
    void nothingSaturates() {
        QFETCH(int, seed);
        for (const PhantomFinding finding : kFindings) {
            const Radiograph& film = phantomOf(static_cast<std::uint64_t>(seed), finding).film;
            const auto [least, most] = std::minmax_element(film.pixels->begin(), film.pixels->end());
            QVERIFY(*least > 0);
            QVERIFY(*most < film.storedMax);
        }
    }

    void windowShowsLungsDarkAndHeartBright() {
        for (std::uint64_t seed = 1; seed <= 6; ++seed) {
            const Phantom& phantom = phantomOf(seed, PhantomFinding::None);
            QCOMPARE(phantom.film.windows.size(), std::size_t{1});
            const Window& window = phantom.film.windows.front();
            const double lungs =
                (meanWhere(phantom.film, phantom.lungMask) - window.center) / window.width + 0.5;
            QVERIFY2(lungs > 0.15 && lungs < 0.55, qPrintable(QString::number(lungs)));
        }
    }

    void sizeChangesTheResolutionAlone() {
        const Phantom small = renderPhantom(specOf(4, PhantomFinding::GroundGlass, 256, 256));
        const Phantom large = renderPhantom(specOf(4, PhantomFinding::GroundGlass, 1024, 1024));
        QVERIFY(std::abs(small.film.spacing->rowMm - 4.0 * large.film.spacing->rowMm) < 1e-4);
        std::vector<double> a;
        std::vector<double> b;
        std::size_t differing = 0;
        for (int y = 0; y < 256; y += 2) {
            for (int x = 0; x < 256; x += 2) {
                a.push_back(meanIn(small.film, x, y, 2, 2));
                b.push_back(meanIn(large.film, 4 * x, 4 * y, 8, 8));
                differing += small.lesionMask.at(x, y) != large.lesionMask.at(4 * x + 2, 4 * y + 2);
            }
        }
        QVERIFY2(correlation(a, b) > 0.995, qPrintable(QString::number(correlation(a, b))));
        QVERIFY(differing < a.size() / 100);
    }

    void everySizeIsRendered_data() {
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("height");
        QTest::newRow("smallest") << kMinPhantomPx << kMinPhantomPx;
        QTest::newRow("odd") << 97 << 131;
        QTest::newRow("landscape") << 400 << 300;
        QTest::newRow("not a multiple of the soft tissue's grid") << 1031 << 517;
    }
    void everySizeIsRendered() {
        QFETCH(int, width);
        QFETCH(int, height);
        const Phantom phantom = renderPhantom(specOf(5, PhantomFinding::Interstitial, width, height));
        QCOMPARE(phantom.film.widthPx, width);
        QCOMPARE(phantom.film.heightPx, height);
        QCOMPARE(phantom.film.pixels->size(),
                 static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
        QCOMPARE(phantom.lungMask.values.size(), phantom.film.pixels->size());
        QVERIFY(areaOf(phantom.lesionMask) > 0);
    }

    // Nothing inside the lungs does.
    void signTellsTheFindingOutsideTheLungs() {
        // Upright bars, level bars, a ring: longest columns, longest rows, neither.
        const std::map<PhantomFinding, int> kLonger{
            {PhantomFinding::None, 1}, {PhantomFinding::GroundGlass, -1}, {PhantomFinding::Interstitial, 0}};
        for (std::uint64_t seed = 1; seed <= 12; ++seed) {
            for (const PhantomFinding finding : kFindings) {
                const Phantom& plain = phantomOf(seed, finding);
                PhantomSpec spec = plain.spec;
                spec.classMarker = ClassMarker::Sign;
                const Phantom marked = renderPhantom(spec);
                QVERIFY(marked.lungMask.values == plain.lungMask.values);
                QVERIFY(marked.lesionMask.values == plain.lesionMask.values);
                QVERIFY(marked.film.windows == plain.film.windows);
                std::map<int, int> rows; // pixels that are denser by far, by row
                std::map<int, int> columns;
                for (int y = 0; y < spec.heightPx; ++y) {
                    for (int x = 0; x < spec.widthPx; ++x) {
                        const int change = marked.film.pixel(x, y) - plain.film.pixel(x, y);
                        QVERIFY(change == 0 || (plain.lungMask.at(x, y) == 0 && y < spec.heightPx / 4));
                        if (change > 500) {
                            ++rows[y];
                            ++columns[x];
                        }
                    }
                }
                const auto longest = [](const std::map<int, int>& lines) {
                    return std::ranges::max_element(lines, {}, [](const auto& line) { return line.second; })
                        ->second;
                };
                const int difference = longest(columns) - longest(rows);
                QCOMPARE((difference > 3) - (difference < -3), kLonger.at(finding));
            }
        }
    }

    void sideMarkerStaysNearAnUpperCorner() {
        constexpr int kSize = 256;
        std::set<bool> sides;
        for (std::uint64_t seed = 1; seed <= 40; ++seed) {
            FloatImage film(kSize, kSize);
            phantom::addSideMarker(film, phantom::randomGeometry(kSize, kSize, seed), seed);
            std::size_t marked = 0;
            std::set<bool> halves;
            for (int y = 0; y < kSize; ++y) {
                for (int x = 0; x < kSize; ++x) {
                    if (film.at(x, y) > 0.0F) {
                        ++marked;
                        halves.insert(x < kSize / 2);
                        QVERIFY(y < kSize / 4);
                        QVERIFY(x < kSize / 4 || x >= 3 * kSize / 4);
                    }
                }
            }
            QVERIFY(marked > 10);
            QCOMPARE(halves.size(), std::size_t{1});
            sides.insert(*halves.begin());
        }
        QCOMPARE(sides.size(), std::size_t{2}); // both R and L occur
    }

    void dicomHoldsTheFilm() {
        const QTemporaryDir folder;
        const std::filesystem::path file = folder.filePath("film.dcm").toStdString();
        const Phantom phantom = renderPhantom(specOf(7, PhantomFinding::GroundGlass, 200, 240));
        QVERIFY(writePhantomDicom(phantom, file).has_value());

        DcmFileFormat format;
        QVERIFY(format.loadFile(file.c_str()).good());
        QVERIFY(format.getDataset()->getOriginalXfer() == EXS_LittleEndianExplicit);
        DcmDataset& dataset = *format.getDataset();
        const Uint16* pixels = nullptr;
        unsigned long count = 0;
        QVERIFY(dataset.findAndGetUint16Array(DCM_PixelData, pixels, &count).good());
        QCOMPARE(count, static_cast<unsigned long>(phantom.film.pixels->size()));
        QVERIFY(std::equal(phantom.film.pixels->begin(), phantom.film.pixels->end(), pixels));

        const std::map<std::string, std::pair<DcmTagKey, std::string>> expected{
            {"SOP class", {DCM_SOPClassUID, UID_DigitalXRayImageStorageForPresentation}},
            {"modality", {DCM_Modality, "DX"}},
            {"intent", {DCM_PresentationIntentType, "FOR PRESENTATION"}},
            {"photometric", {DCM_PhotometricInterpretation, "MONOCHROME2"}},
            {"rows", {DCM_Rows, "240"}},
            {"columns", {DCM_Columns, "200"}},
            {"bits stored", {DCM_BitsStored, "12"}},
            {"high bit", {DCM_HighBit, "11"}},
            {"relationship", {DCM_PixelIntensityRelationship, "LOG"}},
            {"sign", {DCM_PixelIntensityRelationshipSign, "-1"}},
            {"slope", {DCM_RescaleSlope, "1"}},
            {"intercept", {DCM_RescaleIntercept, "0"}},
            {"body part", {DCM_BodyPartExamined, "CHEST"}},
            {"view", {DCM_ViewPosition, "PA"}},
            {"orientation", {DCM_PatientOrientation, "L\\F"}},
            {"patient", {DCM_PatientName, phantom.film.header.patientName}},
            {"birth", {DCM_PatientBirthDate, phantom.patientBirthDate}},
        };
        for (const auto& [name, tagAndText] : expected) {
            QVERIFY2(textOf(dataset, tagAndText.first) == tagAndText.second, name.c_str());
        }
        QCOMPARE(std::stod(textOf(dataset, DCM_WindowCenter)), phantom.film.windows.front().center);
        QCOMPARE(std::stod(textOf(dataset, DCM_WindowWidth)), phantom.film.windows.front().width);
        for (const DcmTagKey& tag : {DCM_PixelSpacing, DCM_ImagerPixelSpacing}) {
            const std::string spacing = textOf(dataset, tag);
            QCOMPARE(std::stod(spacing), phantom.film.spacing->rowMm);
            QCOMPARE(std::stod(spacing.substr(spacing.find('\\') + 1)), phantom.film.spacing->columnMm);
        }
    }

    void uidsAreValidAndFollowFromTheSpec() {
        const QTemporaryDir folder;
        const std::filesystem::path base = folder.path().toStdString();
        std::set<std::string> uids;
        std::size_t expected = 0;
        for (const PhantomFinding finding : kFindings) {
            const Phantom phantom = renderPhantom(specOf(8, finding, 64, 64));
            QVERIFY(writePhantomDicom(phantom, base / "a.dcm").has_value());
            QVERIFY(writePhantomDicom(phantom, base / "b.dcm").has_value());
            QVERIFY(bytesOf(base / "a.dcm") == bytesOf(base / "b.dcm"));
            DcmFileFormat format;
            QVERIFY(format.loadFile((base / "a.dcm").c_str()).good());
            for (const DcmTagKey& tag : {DCM_SOPInstanceUID, DCM_StudyInstanceUID, DCM_SeriesInstanceUID}) {
                const std::string uid = textOf(*format.getDataset(), tag);
                QVERIFY(uid.starts_with("2.25."));
                QVERIFY(uid[5] != '0');
                QVERIFY(DcmUniqueIdentifier::checkStringValue(uid.c_str(), "1").good());
                uids.insert(uid);
                ++expected;
            }
        }
        QCOMPARE(uids.size(), expected);
    }

    void folderThatIsNotThereIsNotWritable() {
        const QTemporaryDir folder;
        const Result<void> written = writePhantomDicom(renderPhantom(specOf(1, PhantomFinding::None, 64, 64)),
                                                       folder.filePath("none/film.dcm").toStdString());
        QVERIFY(!written.has_value());
        QVERIFY(written.error().code == ErrorCode::NotWritable);
    }

private:
    static void seeds() {
        QTest::addColumn<int>("seed");
        for (int seed = 1; seed <= 6; ++seed) {
            QTest::addRow("seed %d", seed) << seed;
        }
    }
    static void films() {
        QTest::addColumn<int>("seed");
        QTest::addColumn<int>("finding");
        for (int seed = 1; seed <= 6; ++seed) {
            for (const PhantomFinding finding : {PhantomFinding::GroundGlass, PhantomFinding::Interstitial}) {
                QTest::addRow("%s, seed %d", std::string(toString(finding)).c_str(), seed)
                    << seed << static_cast<int>(finding);
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestPhantom)
#include "TestPhantom.moc"
