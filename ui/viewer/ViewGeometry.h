// Where a film lies in its view. All view coordinates are device pixels, (0, 0) being the view's top-left
// corner; film coordinates are film pixels, (0, 0) being the top-left corner of the first pixel. Value type.
#pragma once

#include <QMarginsF>
#include <QPointF>
#include <QRectF>
#include <QSizeF>

namespace hilum {

class ViewGeometry {
public:
    static constexpr double kMaxScale = 32; // device pixels per film pixel

    // A new film, fitted. pixelAspect: height of a film pixel over its width (not 1 where row and column
    // spacing differ). Sizes > 0.
    void setFilm(QSizeF filmPx, double pixelAspect);
    // The view's size and what is kept free of the film when it is fitted. A fitted film stays fitted,
    // another keeps the point at the view's centre.
    void setView(QSizeF viewPx, QMarginsF fitMargins);

    [[nodiscard]] double scale() const { return m_scale; } // device pixels per film pixel, horizontally
    [[nodiscard]] bool isFitted() const { return m_fitted; }
    [[nodiscard]] QRectF filmRect() const;
    [[nodiscard]] QPointF toView(QPointF film) const;
    [[nodiscard]] QPointF toFilm(QPointF view) const;

    // The whole film, as large as the view allows.
    void fit();
    // One device pixel per film pixel, the film's centre in the middle.
    void oneToOne();
    // The film point under the anchor stays there. The scale is held within half the fitted one and
    // kMaxScale.
    void zoomBy(double factor, QPointF anchor);
    void panBy(QPointF delta);

private:
    [[nodiscard]] double scaleY() const { return m_scale * m_pixelAspect; }
    [[nodiscard]] double fittedScale() const;
    void centerOn(QPointF film, QPointF view);
    void keepInReach();

    QSizeF m_filmPx{1, 1};
    QSizeF m_viewPx{1, 1};
    QMarginsF m_margins;
    double m_pixelAspect = 1;
    double m_scale = 1;
    QPointF m_origin; // of the film's top-left corner
    bool m_fitted = true;
};

} // namespace hilum
