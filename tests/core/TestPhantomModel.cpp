// The shipped phantom model on phantoms that it has never seen: is the finding named, and does the heat map
// point at it? The seeds are far from those of the training set (docs/models.md).

#include <algorithm>
#include <cmath>

#include "core/image/Phantom.h"
#include "core/inference/Classifier.h"

#include <QtTest>

using namespace hilum;

namespace {

constexpr std::uint64_t kFirstSeed = 900'001;
constexpr int kFilmsPerFinding = 100;
constexpr double kMinPointing = 0.90; // share of maps whose maximum lies on the lesion
constexpr double kMinAccuracy = 0.90;

// Whether the mask has a pixel within one cell of the middle of the map's hottest cell.
bool pointsAtLesion(const FloatImage& map, const GridPlacement& placement, const MaskImage& mask) {
    const auto hottest = static_cast<int>(std::ranges::max_element(map.values) - map.values.begin());
    const double cellWidth = placement.widthPx / map.widthPx;
    const double cellHeight = placement.heightPx / map.heightPx;
    const double x = placement.leftPx + (hottest % map.widthPx + 0.5) * cellWidth;
    const double y = placement.topPx + (hottest / map.widthPx + 0.5) * cellHeight;
    const auto clampX = [&](double value) {
        return std::clamp(static_cast<int>(std::lround(value)), 0, mask.widthPx - 1);
    };
    const auto clampY = [&](double value) {
        return std::clamp(static_cast<int>(std::lround(value)), 0, mask.heightPx - 1);
    };
    for (int row = clampY(y - cellHeight); row <= clampY(y + cellHeight); ++row) {
        for (int column = clampX(x - cellWidth); column <= clampX(x + cellWidth); ++column) {
            if (mask.at(column, row) != 0)
                return true;
        }
    }
    return false;
}

} // namespace

class TestPhantomModel : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void namesAndPointsAtTheFinding() {
        prepareComputeBackend();
        auto model = Classifier::load(HILUM_SOURCE_DIR "/resources/models/phantom.safetensors");
        QVERIFY2(model, model ? "" : model.error().message.c_str());
        int films = 0, right = 0, pointing = 0;
        for (const PhantomFinding finding : {PhantomFinding::GroundGlass, PhantomFinding::Interstitial}) {
            const auto label = std::ranges::find(model->card().labels, toString(finding));
            QVERIFY(label != model->card().labels.end());
            const auto index = static_cast<std::size_t>(label - model->card().labels.begin());
            for (int i = 0; i < kFilmsPerFinding; ++i, ++films) {
                PhantomSpec spec;
                spec.seed = kFirstSeed + static_cast<std::uint64_t>(films);
                spec.finding = finding;
                const Phantom phantom = renderPhantom(spec);
                const auto reading = model->read(phantom.film);
                QVERIFY(reading);
                right += reading->prediction.best == index ? 1 : 0;
                const Explanation& explanation = reading->explanation;
                pointing += pointsAtLesion(explanation.maps[index], explanation.placement, phantom.lesionMask)
                                ? 1
                                : 0;
            }
        }
        qInfo("%d phantoms with a finding: %d named right, %d maps point at it", films, right, pointing);
        QVERIFY(right >= kMinAccuracy * films);
        QVERIFY(pointing >= kMinPointing * films);
    }

    // Without a finding, the model should say so; otherwise the figure above says little.
    void seesNothingWhereNothingIs() {
        auto model = Classifier::load(HILUM_SOURCE_DIR "/resources/models/phantom.safetensors");
        QVERIFY(model);
        int right = 0;
        for (int i = 0; i < kFilmsPerFinding; ++i) {
            PhantomSpec spec;
            spec.seed = kFirstSeed + 1'000 + static_cast<std::uint64_t>(i);
            const auto reading = model->read(renderPhantom(spec).film, Explain::No);
            QVERIFY(reading);
            right += model->card().labels[reading->prediction.best] == toString(PhantomFinding::None) ? 1 : 0;
        }
        qInfo("%d phantoms without a finding: %d named right", kFilmsPerFinding, right);
        QVERIFY(right >= kMinAccuracy * kFilmsPerFinding);
    }
};

QTEST_APPLESS_MAIN(TestPhantomModel)
#include "TestPhantomModel.moc"
