// Every sample of every DICOM file in the shared data against pydicom's (tests/interop/reference_pixels.py).

#include <QtTest>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include <QProcess>
#include <QTemporaryDir>

#include "core/image/DicomFrame.h"
#include "core/image/RadiographReader.h"

using namespace hilum;
namespace fs = std::filesystem;

namespace {

constexpr const char* kPython = "/usr/bin/python3"; // the system's, which has the packages

// pydicom gives pixels for these too. Hilum refuses them for what hostile input must be refused for.
const std::map<std::string, const char*> kBroken{
    {"JPEG2000-embedded-sequence-delimiter.dcm", "another picture size over the one in the JPEG 2000 header"},
    {"SC_rgb_jpeg.dcm", "implicit VR under an explicit transfer syntax"},
};

struct Reference {
    int frames = 0;
    int rows = 0;
    int columns = 0;
    int samples = 0;
    std::string colour; // grey, rgb, ybr
    int bits = 0;       // allocated
    fs::path file;
};

std::vector<std::int32_t> samplesOf(const Reference& reference) {
    std::vector<std::int32_t> samples(fs::file_size(reference.file) / 4);
    std::ifstream(reference.file, std::ios::binary)
        .read(reinterpret_cast<char*>(samples.data()), static_cast<std::streamsize>(samples.size() * 4));
    return samples;
}

// What pydicom read; nothing where it gave no pixels.
std::map<fs::path, std::optional<Reference>> readIndex(const fs::path& folder) {
    std::map<fs::path, std::optional<Reference>> index;
    std::ifstream stream(folder / "index.txt");
    for (std::string line; std::getline(stream, line);) {
        std::istringstream fields(line);
        std::string file;
        std::string shape;
        std::string name;
        std::getline(fields, file, '\t');
        std::getline(fields, shape, '\t');
        std::getline(fields, name, '\t');
        if (shape == "-") {
            index[file] = std::nullopt;
            continue;
        }
        Reference reference;
        std::istringstream(shape) >> reference.frames >> reference.rows >> reference.columns >>
            reference.samples >> reference.colour >> reference.bits;
        reference.file = folder / name;
        index[file] = reference;
    }
    return index;
}

std::vector<std::uint8_t> bytesOf(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

struct Decoded {
    std::vector<int> samples; // pixel by pixel
    std::string colour;
};

// All samples as stored, of the film where it is grey (the public way), else of its decoded frame.
Decoded decode(const fs::path& file, int frame) {
    const std::vector<std::uint8_t> bytes = bytesOf(file);
    const auto parts = takeDicomApart(bytes);
    const auto format = readPixelFormat(parts->dataset.attributes);
    Decoded decoded;
    if (format->isMonochrome()) {
        decoded.colour = "grey";
        const auto film = readRadiograph(file, {}, {frame});
        for (const std::uint16_t pixel : *film->pixels)
            decoded.samples.push_back(film->storedValue(pixel));
        return decoded;
    }
    const auto raw = decodeFrame(*parts, *format, static_cast<std::size_t>(frame) - 1, {});
    const auto samples = interleavedSamples(*raw, *format);
    decoded.samples.assign(samples.begin(), samples.end());
    decoded.colour = raw->colour == SampleColour::Grey  ? "grey" // a palette's indices
                     : raw->colour == SampleColour::Ycc ? "ybr"
                                                        : "rgb";
    return decoded;
}

} // namespace

class TestDicomPixels : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::map<fs::path, std::optional<Reference>> m_index;
    int m_equal = 0;
    int m_refused = 0;

private Q_SLOTS:
    void initTestCase() {
        const fs::path data = fs::path(HILUM_SHARED_DATA) / "dicom";
        if (!fs::exists(data))
            QSKIP("the shared data are not here");
        if (QProcess::execute(kPython, {"-c", "import pydicom, numpy, gdcm"}) != 0 ||
            QProcess::execute("dcmconv", {"--version"}) != 0)
            QSKIP("python3-pydicom, python3-numpy, python3-gdcm or dcmtk are not here");
        const int exitCode = QProcess::execute(
            kPython, {HILUM_SOURCE_DIR "/tests/interop/reference_pixels.py",
                      QString::fromStdString(fs::canonical(data).string()), m_folder.path()});
        QCOMPARE(exitCode, 0);
        m_index = readIndex(m_folder.path().toStdString());
        QVERIFY(m_index.size() > 150);
    }

    void pixelsAreThoseOfPydicom_data() {
        QTest::addColumn<QString>("file");
        for (const auto& [file, reference] : m_index)
            QTest::newRow(file.string().c_str()) << QString::fromStdString(file.string());
    }
    void pixelsAreThoseOfPydicom() {
        QFETCH(QString, file);
        const fs::path path = file.toStdString();
        const std::optional<Reference>& reference = m_index.at(path);
        const auto film = readRadiograph(path);
        if (!film) {
            ++m_refused;
            const ErrorCode code = film.error().code;
            const bool damaged = code == ErrorCode::Damaged || code == ErrorCode::TooLarge;
            QVERIFY2(damaged || code == ErrorCode::UnsupportedFormat, film.error().message.c_str());
            if (reference && code == ErrorCode::UnsupportedFormat)
                QVERIFY2(reference->bits == 1 || reference->bits == 32, film.error().message.c_str());
            else if (reference)
                QVERIFY2(kBroken.contains(path.filename().string()), film.error().message.c_str());
            return;
        }
        QVERIFY2(reference.has_value(), "pydicom gives no pixels");
        QCOMPARE(film->widthPx, reference->columns);
        QCOMPARE(film->heightPx, reference->rows);
        QCOMPARE(film->source.frameCount, reference->frames);
        const std::vector<std::int32_t> expected = samplesOf(*reference);
        const std::size_t perFrame = expected.size() / static_cast<std::size_t>(reference->frames);
        for (int frame = 1; frame <= reference->frames; ++frame) {
            const Decoded decoded = decode(path, frame);
            QCOMPARE(decoded.colour, reference->colour);
            QCOMPARE(decoded.samples.size(), perFrame);
            const auto first = expected.begin() + static_cast<std::ptrdiff_t>(perFrame) * (frame - 1);
            const auto [mine, theirs] = std::mismatch(decoded.samples.begin(), decoded.samples.end(), first);
            if (mine != decoded.samples.end())
                QFAIL(qPrintable(QString("frame %1, sample %2: %3 instead of %4")
                                     .arg(frame)
                                     .arg(mine - decoded.samples.begin())
                                     .arg(*mine)
                                     .arg(*theirs)));
        }
        ++m_equal;
    }

    void cleanupTestCase() {
        if (!m_index.empty())
            qInfo("%d files with equal pixels, %d refused with a typed error", m_equal, m_refused);
    }
};

QTEST_GUILESS_MAIN(TestDicomPixels)
#include "TestDicomPixels.moc"
