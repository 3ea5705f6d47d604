#include "ui/jobs/HeatMapPictures.h"

#include <utility>

#include "core/image/HeatMap.h"
#include "core/model/Preprocessor.h"

namespace hilum {
namespace {

constexpr double kOpacity = 0.65;

// The network's own square of the film, with the map of the class that it was taken for.
QImage pictureOf(const Radiograph& film, const Preprocessing& preprocessing, const Reading* reading) {
    const int side = HeatMapPictures::kSidePx;
    const GreyImage square = fitToSquare(film, preprocessing.fit, side);
    if (!reading || reading->explanation.maps.empty())
        return QImage(square.values.data(), side, side, side, QImage::Format_Grayscale8).copy();
    const std::size_t label = reading->prediction.best;
    const GridPlacement whole{0, 0, static_cast<double>(side), static_cast<double>(side)};
    const FloatImage map = mapInFilmPixels(reading->explanation.maps[label], whole, side, side);
    const RgbImage overlay =
        overlayHeatMap(square, map, heatScale(reading->explanation, label).top, kOpacity);
    return QImage(overlay.values.data(), side, side, 3 * side, QImage::Format_RGB888).copy();
}

} // namespace

struct HeatMapPictures::Loaded {
    std::filesystem::path file;
    std::filesystem::file_time_type written{};
    std::unique_ptr<AnalysisModel> model;
};

HeatMapPictures::HeatMapPictures(AnalysisBackend backend, QObject* parent)
    : QObject(parent), m_backend(std::move(backend)), m_loaded(std::make_shared<Loaded>()),
      m_thread(QStringLiteral("Heat maps"), 1) {}

HeatMapPictures::~HeatMapPictures() = default;

void HeatMapPictures::ask(const std::filesystem::path& model, std::vector<std::filesystem::path> films) {
    const std::uint64_t id = ++m_newest;
    m_thread.post(0, [this, id, model, films = std::move(films)](const std::stop_token& stop) {
        std::error_code ignored;
        const auto written = std::filesystem::last_write_time(model, ignored); // a resumed run writes it anew
        if (m_loaded->file != model || m_loaded->written != written || !m_loaded->model) {
            m_loaded->file = model;
            m_loaded->written = written;
            m_loaded->model = nullptr;
            if (auto loaded = m_backend.loadModel(model))
                m_loaded->model = std::move(*loaded);
        }
        const Preprocessing preprocessing =
            m_loaded->model ? m_loaded->model->info().card.preprocessing : Preprocessing();
        for (std::size_t i = 0; i < films.size() && !stop.stop_requested(); ++i) {
            const auto film = m_backend.readFilm(films[i], stop);
            if (!film)
                continue;
            const auto reading = m_loaded->model
                                     ? m_loaded->model->read(*film, stop)
                                     : Result<Reading>(fail(ErrorCode::NotFound, "There is no model."));
            const QImage picture = pictureOf(*film, preprocessing, reading ? &*reading : nullptr);
            QMetaObject::invokeMethod(
                this,
                [this, id, i, picture] {
                    if (id == m_newest)
                        Q_EMIT made(static_cast<int>(i), picture);
                },
                Qt::QueuedConnection);
        }
    });
}

} // namespace hilum
