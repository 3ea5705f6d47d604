// Draws the visible part of a film, with or without a heat map, as an opaque image at device resolution.
// Keeps what did not change since the last call: a drag of the window runs one table over the visible pixels
// only. GUI thread only.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <QImage>
#include <QRect>

#include "ui/viewer/DecodedFilm.h"
#include "ui/viewer/HeatmapLayer.h"
#include "ui/viewer/ViewGeometry.h"

namespace hilum {

class FilmRenderer {
public:
    // Null: nothing to draw.
    void setFilm(DecodedFilmPtr film);
    void setWindow(const Window& window, Polarity display);
    // Null: without. opacity in [0, 1].
    void setHeatmap(std::shared_ptr<const HeatmapLayer> layer, double opacity);

    // On at first.
    void setOverlaysVisible(bool visible);

    // The part of the view that the film covers, in device pixels; empty when it covers none.
    [[nodiscard]] static QRect visibleRect(const ViewGeometry& geometry, QSize viewPx);
    // The image for visibleRect(); its device pixel ratio is 1. Valid until the next call.
    const QImage& render(const ViewGeometry& geometry, QSize viewPx);

private:
    // What the resampled buffers were made for.
    struct Placement {
        QRect rect;
        double scale = 0;
        QPointF filmTopLeft; // film coordinates of rect's corner
        friend bool operator==(const Placement&, const Placement&) = default;
    };
    struct Blend {                // of one heat level, opacity included
        std::uint32_t keep = 256; // of the film, in 1/256
        std::array<std::uint32_t, 3> add{};
    };

    void resamplePyramid(const PlanePyramid& pyramid, const ViewGeometry& geometry, const QRect& rect,
                         Raster<std::uint16_t>& values) const;
    void resampleHeat(const ViewGeometry& geometry, const QRect& rect);
    void compose();
    void composeWithHeat();
    void composeOverlays();
    [[nodiscard]] bool showsOverlays() const;

    DecodedFilmPtr m_film;
    std::shared_ptr<const HeatmapLayer> m_heatmap;
    double m_opacity = 0;
    std::vector<std::uint8_t> m_grey; // by pixel value
    std::array<Blend, 256> m_blend{};

    Placement m_filmPlacement;
    Placement m_heatPlacement;
    Placement m_overlayPlacement;
    bool m_overlaysVisible = true;
    bool m_composed = false;
    Raster<std::uint16_t> m_filmValues;
    Raster<std::uint16_t> m_heatValues;
    Raster<std::uint16_t> m_overlayValues; // 65535: wholly covered
    QImage m_image;
};

} // namespace hilum
