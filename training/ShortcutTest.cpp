#include "training/ShortcutTest.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <new>

#include "core/domain/ReadAhead.h"
#include "core/image/RadiographReader.h"
#include "core/image/Windowing.h"
#include "core/inference/Classifier.h"
#include "core/model/Preprocessor.h"
#include "training/DatasetIndex.h"
#include "training/HeatInRegion.h"
#include "training/RunFolder.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;

constexpr double kCentreSide = 0.75; // of the film's
constexpr double kSameShape = 0.02;  // by how much the aspect ratios of film and mask may differ
constexpr std::uint8_t kHalf = 128;

struct TestFilm {
    fs::path file; // relative to the data
    int truth = 0;
    fs::path lungMask;   // whole paths; empty: none
    fs::path lesionMask; // the same
};

// A film ready to be read.
struct PreparedFilm {
    Radiograph film;
    MaskImage region;  // in film pixels
    MaskImage lesions; // the same; empty: none
};

// A picture that needs no window and no fit.
Radiograph asFilm(const GreyImage& picture) {
    Radiograph film;
    film.widthPx = picture.widthPx;
    film.heightPx = picture.heightPx;
    film.pixels =
        std::make_shared<const std::vector<std::uint16_t>>(picture.values.begin(), picture.values.end());
    return film;
}

void binarise(MaskImage& mask) {
    for (std::uint8_t& value : mask.values)
        value = value >= kHalf ? 255 : 0;
}

// Inside is what is brighter than half of the brightest: masks are of 0 and 255, of 0 and 1, or JPEGs of
// these.
Result<MaskImage> maskOn(const Radiograph& film, const Radiograph& mask) {
    const double filmShape = static_cast<double>(film.widthPx) / film.heightPx;
    const double maskShape = static_cast<double>(mask.widthPx) / mask.heightPx;
    if (std::max(filmShape, maskShape) > (1 + kSameShape) * std::min(filmShape, maskShape))
        return fail(ErrorCode::InvalidArgument, "The mask has another shape than the film.");
    const std::uint16_t brightest = std::ranges::max(*mask.pixels);
    if (brightest == 0)
        return fail(ErrorCode::InvalidArgument, "The mask is empty.");
    MaskImage inside(mask.widthPx, mask.heightPx);
    std::ranges::transform(*mask.pixels, inside.values.begin(), [brightest](std::uint16_t pixel) {
        return 2 * pixel > brightest ? std::uint8_t{255} : std::uint8_t{0};
    });
    if (inside.widthPx != film.widthPx || inside.heightPx != film.heightPx)
        inside = resized(inside, film.widthPx, film.heightPx);
    binarise(inside);
    return inside;
}

// The figures of one region as they come in.
struct HeatSums {
    std::vector<double> inside;
    double area = 0;
    double byChance = 0;
    long hits = 0;

    void add(const FilmHeat& heat) {
        inside.push_back(heat.inside);
        area += heat.area;
        byChance += heat.hitByChance;
        hits += heat.hit ? 1 : 0;
    }
    [[nodiscard]] RegionHeat mean() const {
        const auto films = static_cast<double>(std::max<std::size_t>(1, inside.size()));
        return {meanShare(inside), area / films, wilson(hits, static_cast<long>(inside.size())),
                byChance / films};
    }
};

// Films that are named rightly.
struct Counts {
    long asTheyAre = 0;
    long regionBlack = 0;
    long onlyRegion = 0;
};

class Examination {
public:
    Examination(const FinishedRun& run, const ShortcutOptions& options, std::stop_token stop)
        : m_run(run), m_options(options), m_stop(std::move(stop)), m_byClass(run.report.labels.size()) {
        m_result.model = run.report.model;
        m_result.modelSha256 = run.report.modelSha256;
        m_result.labels = run.report.labels;
        m_result.films.resize(run.report.labels.size());
    }

    Result<ShortcutResult> run() {
        auto root = datasetRoot(m_options.data.empty() ? m_run.config.data : m_options.data);
        if (!root)
            return tl::unexpected(root.error());
        m_root = std::move(*root);
        m_total = static_cast<long>(m_run.predictions.size());
        m_result.region = region();
        if (auto examined = examineRuns(); !examined)
            return tl::unexpected(examined.error());
        if (m_result.region == ShortcutRegion::Lungs && m_result.withoutMask == m_total)
            return fail(ErrorCode::NotFound, "Not one of the test films has a lung mask.",
                        (m_options.masks.empty() ? m_root : m_options.masks).string());
        if (m_result.filmCount() == 0)
            return fail(ErrorCode::Damaged,
                        "Not one of the test films could be used: " + m_result.leftOut.front().reason,
                        m_result.leftOut.front().file.string());
        return finished();
    }

private:
    const FinishedRun& m_run;
    const ShortcutOptions& m_options;
    const std::stop_token m_stop;
    fs::path m_root; // of the data
    long m_total = 0;
    long m_done = 0;
    ShortcutResult m_result;
    Counts m_right;
    HeatSums m_inRegion;
    HeatSums m_inLesions;
    std::vector<HeatSums> m_byClass;

    // The run's own model, or that of each fold.
    Result<void> examineRuns() {
        if (m_run.foldAccuracies.empty())
            return examine(m_run);
        for (int number = 1; number <= static_cast<int>(m_run.foldAccuracies.size()); ++number) {
            const auto fold = loadRun(RunFolder(m_run.folder).fold(number).root());
            if (!fold)
                return tl::unexpected(fold.error());
            if (auto examined = examine(*fold); !examined)
                return examined;
        }
        return {};
    }

    Result<void> examine(const FinishedRun& run) {
        const fs::path model = RunFolder(run.folder).model();
        auto classifier = Classifier::load(model, Precision::Fp32);
        if (!classifier)
            return tl::unexpected(classifier.error());
        if (classifier->card().labels != m_result.labels ||
            (!run.report.modelSha256.empty() && classifier->sha256() != run.report.modelSha256))
            return fail(ErrorCode::BadModelFile, "This is not the model whose figures the run holds.",
                        model.string());
        return readFilms(*classifier, filmsOf(run));
    }

    [[nodiscard]] ShortcutRegion region() const {
        if (m_options.region)
            return *m_options.region;
        const bool masked = !m_options.masks.empty() ||
                            std::ranges::any_of(m_run.predictions, [&](const FilmPrediction& film) {
                                return !lungMask(film.file).empty();
                            });
        return masked ? ShortcutRegion::Lungs : ShortcutRegion::Centre;
    }

    // With a mask, where the region is the lungs.
    std::vector<TestFilm> filmsOf(const FinishedRun& run) {
        std::vector<TestFilm> films;
        for (const FilmPrediction& one : run.predictions) {
            TestFilm film{one.file, one.truth, lungMask(one.file), lesionMaskOf(m_root, one.file)};
            if (!film.lesionMask.empty())
                film.lesionMask = m_root / film.lesionMask;
            if (m_result.region == ShortcutRegion::Lungs && film.lungMask.empty())
                ++m_result.withoutMask;
            else
                films.push_back(std::move(film));
        }
        m_done = m_result.withoutMask + static_cast<long>(m_result.leftOut.size()) + m_result.filmCount();
        return films;
    }

    [[nodiscard]] fs::path lungMask(const fs::path& film) const {
        if (m_options.masks.empty()) {
            const fs::path mask = lungMaskOf(m_root, film);
            return mask.empty() ? mask : m_root / mask;
        }
        std::error_code ignored;
        const fs::path same = m_options.masks / film;
        fs::path png = same;
        png.replace_extension(".png");
        return fs::is_regular_file(same, ignored)  ? same
               : fs::is_regular_file(png, ignored) ? png
                                                   : fs::path();
    }

    [[nodiscard]] Result<Radiograph> decode(const fs::path& file) const {
        return m_options.readFilm ? m_options.readFilm(file, m_stop) : readRadiograph(file, m_stop);
    }

    [[nodiscard]] Result<PreparedFilm> prepare(const TestFilm& file) const try {
        auto film = decode(m_root / file.file);
        if (!film)
            return tl::unexpected(film.error());
        auto region =
            m_result.region == ShortcutRegion::Centre
                ? Result<MaskImage>(centreOf(film->widthPx, film->heightPx))
                : decode(file.lungMask).and_then([&](const Radiograph& mask) { return maskOn(*film, mask); });
        if (!region)
            return tl::unexpected(region.error());
        PreparedFilm prepared{std::move(*film), std::move(*region), {}};
        if (!file.lesionMask.empty()) {
            // A film without lesions has an empty one.
            auto lesions = decode(file.lesionMask).and_then([&](const Radiograph& mask) {
                return maskOn(prepared.film, mask);
            });
            if (lesions)
                prepared.lesions = std::move(*lesions);
        }
        return prepared;
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to read the film.");
    }

    Result<void> readFilms(Classifier& classifier, const std::vector<TestFilm>& files) {
        const auto threads = static_cast<std::size_t>(std::max(1, m_options.threads));
        ReadAhead<Result<PreparedFilm>> films(files.size(), static_cast<int>(threads), threads + 1,
                                              [&](std::size_t i) { return prepare(files[i]); });
        for (const TestFilm& file : files) {
            const Result<PreparedFilm> film = *films.next();
            const Result<void> read =
                film ? readFilm(classifier, file, *film) : Result<void>(tl::unexpected(film.error()));
            if (m_stop.stop_requested())
                return fail(ErrorCode::Cancelled, "The shortcut test was stopped.", m_run.folder.string());
            if (!read && read.error().code == ErrorCode::OutOfMemory)
                return read;
            if (!read)
                m_result.leftOut.push_back({file.file, read.error().message});
            if (m_options.progress)
                m_options.progress(++m_done, m_total);
        }
        return {};
    }

    // Nothing is counted where one of the readings fails.
    Result<void> readFilm(Classifier& classifier, const TestFilm& file, const PreparedFilm& prepared) {
        const Preprocessing& preprocessing = classifier.card().preprocessing;
        const auto fitted = [&](const Radiograph& film) {
            return fitToSquare(film, preprocessing.fit, preprocessing.inputSizePx);
        };
        const GreyImage square = fitted(prepared.film);
        MaskImage region = fitted(asFilm(prepared.region));
        binarise(region);
        const auto whole = classifier.read(prepared.film, Explain::EveryClass, m_stop);
        const auto without =
            classifier.read(asFilm(blackedOut(square, region, Blacked::Region)), Explain::No, m_stop);
        const auto only =
            classifier.read(asFilm(blackedOut(square, region, Blacked::AllButRegion)), Explain::No, m_stop);
        for (const Result<Reading>* reading : {&whole, &without, &only}) {
            if (!*reading)
                return tl::unexpected(reading->error());
        }
        const auto truth = static_cast<std::size_t>(file.truth);
        const auto right = [truth](const Reading& reading) {
            return reading.prediction.best == truth ? 1 : 0;
        };
        ++m_result.films[truth];
        m_right.asTheyAre += right(*whole);
        m_right.regionBlack += right(*without);
        m_right.onlyRegion += right(*only);
        addHeat(*whole, truth, prepared);
        return {};
    }

    void addHeat(const Reading& reading, std::size_t truth, const PreparedFilm& prepared) {
        const FloatImage& map = reading.explanation.maps[reading.prediction.best];
        if (const auto heat = heatInRegion(map, reading.explanation.placement, prepared.region)) {
            m_inRegion.add(*heat);
            m_byClass[truth].add(*heat);
        }
        if (prepared.lesions.empty())
            return;
        if (const auto heat = heatInRegion(map, reading.explanation.placement, prepared.lesions))
            m_inLesions.add(*heat);
    }

    ShortcutResult finished() {
        const long films = m_result.filmCount();
        m_result.asTheyAre = wilson(m_right.asTheyAre, films);
        m_result.regionBlack = wilson(m_right.regionBlack, films);
        m_result.onlyRegion = wilson(m_right.onlyRegion, films);
        m_result.heat = m_inRegion.mean();
        for (const HeatSums& one : m_byClass)
            m_result.heatByClass.push_back(one.mean());
        if (!m_inLesions.inside.empty())
            m_result.lesions = m_inLesions.mean();
        return std::move(m_result);
    }
};

} // namespace

GreyImage blackedOut(GreyImage square, const MaskImage& region, Blacked what) {
    assert(square.values.size() == region.values.size());
    const bool inside = what == Blacked::Region;
    for (std::size_t i = 0; i < square.values.size(); ++i) {
        if ((region.values[i] != 0) == inside)
            square.values[i] = 0;
    }
    return square;
}

MaskImage centreOf(int widthPx, int heightPx) {
    const auto inside = [](int index, int count) {
        return std::abs(index + 0.5 - count / 2.0) < kCentreSide / 2 * count;
    };
    MaskImage mask(widthPx, heightPx);
    for (int y = 0; y < heightPx; ++y) {
        for (int x = 0; x < widthPx; ++x)
            mask.at(x, y) = inside(y, heightPx) && inside(x, widthPx) ? 255 : 0;
    }
    return mask;
}

Result<ShortcutResult> shortcutTest(const FinishedRun& run, const ShortcutOptions& options,
                                    std::stop_token stop) try {
    return Examination(run, options, std::move(stop)).run();
} catch (const std::bad_alloc&) {
    return fail(ErrorCode::OutOfMemory, "There is not enough memory for the shortcut test.",
                run.folder.string());
}

} // namespace hilum
