#include "ui/viewer/FilmRenderer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/image/HeatMap.h"
#include "core/image/Windowing.h"

namespace hilum {
namespace {

constexpr QRgb kOpaque = 0xFF000000U;
constexpr QRgb kOverlayColour = 0xFFFFE08AU; // no grey, and none of the heat map's colours

// Where the pixels of rect look along one axis of a plane that has planeStep film pixels per pixel.
AxisMap axisMap(double filmStart, double filmStep, double planeStep) {
    return {filmStep / planeStep, (filmStart + filmStep / 2) / planeStep - 0.5};
}

// work(line, values, width) for every line of the image and of the values that belong to it. A drag of the
// window spends its time in there: no call to Qt for a pixel.
template <class Work>
void forEachLine(QImage& image, const Raster<std::uint16_t>& values, const Work& work) {
    const int width = image.width();
    const std::uint16_t* row = values.values.data();
    for (int y = 0; y < image.height(); ++y, row += width)
        work(reinterpret_cast<QRgb*>(image.scanLine(y)), row, width);
}

} // namespace

void FilmRenderer::setFilm(DecodedFilmPtr film) {
    m_film = std::move(film);
    m_filmPlacement = {};
    m_heatPlacement = {};
    m_overlayPlacement = {};
    m_composed = false;
}

void FilmRenderer::setOverlaysVisible(bool visible) {
    m_composed = m_composed && visible == m_overlaysVisible;
    m_overlaysVisible = visible;
}

bool FilmRenderer::showsOverlays() const { return m_overlaysVisible && m_film->overlays.levels() > 0; }

void FilmRenderer::setWindow(const Window& window, Polarity display) {
    const std::vector<float> table = windowTable(m_film->film, window, display);
    m_grey.resize(table.size());
    std::transform(table.begin(), table.end(), m_grey.begin(),
                   [](float grey) { return static_cast<std::uint8_t>(std::lround(grey * 255.0F)); });
    m_composed = false;
}

void FilmRenderer::setHeatmap(std::shared_ptr<const HeatmapLayer> layer, double opacity) {
    if (layer == m_heatmap && opacity == m_opacity)
        return;
    if (layer != m_heatmap)
        m_heatPlacement = {};
    m_heatmap = std::move(layer);
    m_opacity = opacity;
    m_composed = false;
    for (std::size_t i = 0; i < m_blend.size(); ++i) {
        const double alpha = opacity * static_cast<double>(heatAlpha(static_cast<float>(i) / 255.0F));
        m_blend[i].keep = static_cast<std::uint32_t>(std::lround(256.0 * (1 - alpha)));
        for (std::size_t channel = 0; channel < 3; ++channel)
            m_blend[i].add[channel] = heatColours()[i][channel] * (256 - m_blend[i].keep);
    }
}

QRect FilmRenderer::visibleRect(const ViewGeometry& geometry, QSize viewPx) {
    // A device pixel belongs to the film when its centre does.
    const QRectF film = geometry.filmRect();
    const QPoint first(static_cast<int>(std::lround(std::max(film.left(), 0.0))),
                       static_cast<int>(std::lround(std::max(film.top(), 0.0))));
    const QPoint end(
        static_cast<int>(std::lround(std::min(film.right(), static_cast<double>(viewPx.width())))),
        static_cast<int>(std::lround(std::min(film.bottom(), static_cast<double>(viewPx.height())))));
    return {first, QSize(std::max(0, end.x() - first.x()), std::max(0, end.y() - first.y()))};
}

const QImage& FilmRenderer::render(const ViewGeometry& geometry, QSize viewPx) {
    const QRect rect = visibleRect(geometry, viewPx);
    if (!m_film || rect.isEmpty()) {
        m_image = {};
        return m_image;
    }
    const Placement placement{rect, geometry.scale(), geometry.toFilm(rect.topLeft())};
    if (placement != m_filmPlacement) {
        resamplePyramid(m_film->pyramid, geometry, rect, m_filmValues);
        m_filmPlacement = placement;
        m_composed = false;
    }
    if (m_heatmap && placement != m_heatPlacement) {
        resampleHeat(geometry, rect);
        m_heatPlacement = placement;
        m_composed = false;
    }
    if (showsOverlays() && placement != m_overlayPlacement) {
        resamplePyramid(m_film->overlays, geometry, rect, m_overlayValues);
        m_overlayPlacement = placement;
        m_composed = false;
    }
    if (!m_composed) {
        if (m_image.size() != rect.size())
            m_image = QImage(rect.size(), QImage::Format_RGB32);
        if (m_heatmap)
            composeWithHeat();
        else
            compose();
        if (showsOverlays())
            composeOverlays();
        m_composed = true;
    }
    return m_image;
}

void FilmRenderer::resamplePyramid(const PlanePyramid& pyramid, const ViewGeometry& geometry,
                                   const QRect& rect, Raster<std::uint16_t>& values) const {
    if (values.widthPx != rect.width() || values.heightPx != rect.height())
        values = Raster<std::uint16_t>(rect.width(), rect.height());
    const QPointF start = geometry.toFilm(rect.topLeft());
    const QPointF step = geometry.toFilm(rect.topLeft() + QPoint(1, 1)) - start;
    const int level = pyramid.levelFor(geometry.scale());
    const double planeStep = std::ldexp(1.0, level);
    resample(pyramid.level(level), axisMap(start.x(), step.x(), planeStep),
             axisMap(start.y(), step.y(), planeStep), values);
}

void FilmRenderer::resampleHeat(const ViewGeometry& geometry, const QRect& rect) {
    if (m_heatValues.widthPx != rect.width() || m_heatValues.heightPx != rect.height())
        m_heatValues = Raster<std::uint16_t>(rect.width(), rect.height());
    const Plane& heat = m_heatmap->heat;
    const QPointF start = geometry.toFilm(rect.topLeft());
    const QPointF step = geometry.toFilm(rect.topLeft() + QPoint(1, 1)) - start;
    const double planeStepX = static_cast<double>(m_film->film.widthPx) / heat.widthPx;
    const double planeStepY = static_cast<double>(m_film->film.heightPx) / heat.heightPx;
    resample(heat, axisMap(start.x(), step.x(), planeStepX), axisMap(start.y(), step.y(), planeStepY),
             m_heatValues);
}

void FilmRenderer::compose() {
    forEachLine(m_image, m_filmValues,
                [grey = m_grey.data()](QRgb* line, const std::uint16_t* values, int width) {
                    for (int x = 0; x < width; ++x)
                        line[x] = kOpaque | (0x010101U * grey[values[x]]);
                });
}

void FilmRenderer::composeWithHeat() {
    const std::uint16_t* heat = m_heatValues.values.data();
    forEachLine(m_image, m_filmValues, [&](QRgb* line, const std::uint16_t* values, int width) {
        for (int x = 0; x < width; ++x) {
            const Blend& blend = m_blend[heat[x] >> 8U];
            const std::uint32_t film = m_grey[values[x]] * blend.keep;
            line[x] = kOpaque | ((film + blend.add[0]) >> 8U) << 16U | ((film + blend.add[1]) & 0xFF00U) |
                      (film + blend.add[2]) >> 8U;
        }
        heat += width;
    });
}

// Lines thinner than a pixel of the view stay visible: they cover at least half of it.
void FilmRenderer::composeOverlays() {
    forEachLine(m_image, m_overlayValues, [](QRgb* line, const std::uint16_t* cover, int width) {
        for (int x = 0; x < width; ++x) {
            if (cover[x] == 0)
                continue;
            const int share = std::max(128, cover[x] >> 8); // of 255
            const auto mixed = [share](int film, int drawn) { return film + (drawn - film) * share / 255; };
            line[x] = qRgb(mixed(qRed(line[x]), qRed(kOverlayColour)),
                           mixed(qGreen(line[x]), qGreen(kOverlayColour)),
                           mixed(qBlue(line[x]), qBlue(kOverlayColour)));
        }
    });
}

} // namespace hilum
