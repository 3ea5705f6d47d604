#include "ui/viewer/ViewGeometry.h"

#include <algorithm>
#include <cmath>

namespace hilum {
namespace {

constexpr double kMinShare = 0.1; // of the view that a film keeps covering when it is dragged away

} // namespace

void ViewGeometry::setFilm(QSizeF filmPx, double pixelAspect) {
    m_filmPx = filmPx;
    m_pixelAspect = pixelAspect;
    fit();
}

void ViewGeometry::setView(QSizeF viewPx, QMarginsF fitMargins) {
    const QPointF center = toFilm({m_viewPx.width() / 2, m_viewPx.height() / 2});
    m_viewPx = viewPx;
    m_margins = fitMargins;
    if (m_fitted)
        fit();
    else
        centerOn(center, {m_viewPx.width() / 2, m_viewPx.height() / 2});
}

QRectF ViewGeometry::filmRect() const {
    return {m_origin, QSizeF(m_filmPx.width() * m_scale, m_filmPx.height() * scaleY())};
}

QPointF ViewGeometry::toView(QPointF film) const {
    return {m_origin.x() + film.x() * m_scale, m_origin.y() + film.y() * scaleY()};
}

QPointF ViewGeometry::toFilm(QPointF view) const {
    return {(view.x() - m_origin.x()) / m_scale, (view.y() - m_origin.y()) / scaleY()};
}

double ViewGeometry::fittedScale() const {
    const QSizeF room = m_viewPx.shrunkBy(m_margins);
    const double horizontal = std::max(1.0, room.width()) / m_filmPx.width();
    const double vertical = std::max(1.0, room.height()) / (m_filmPx.height() * m_pixelAspect);
    return std::min({horizontal, vertical, kMaxScale});
}

void ViewGeometry::fit() {
    m_scale = fittedScale();
    m_fitted = true;
    const QRectF room = QRectF(QPointF(), m_viewPx).marginsRemoved(m_margins);
    centerOn({m_filmPx.width() / 2, m_filmPx.height() / 2}, room.center());
}

void ViewGeometry::oneToOne() {
    m_scale = 1;
    m_fitted = false;
    centerOn({m_filmPx.width() / 2, m_filmPx.height() / 2}, {m_viewPx.width() / 2, m_viewPx.height() / 2});
    m_origin = {std::round(m_origin.x()), std::round(m_origin.y())}; // film pixels onto device pixels
}

void ViewGeometry::zoomBy(double factor, QPointF anchor) {
    const QPointF film = toFilm(anchor);
    const double smallest = std::min(fittedScale() / 2, 1.0);
    m_scale = std::clamp(m_scale * factor, smallest, kMaxScale);
    m_fitted = false;
    centerOn(film, anchor);
    keepInReach();
}

void ViewGeometry::panBy(QPointF delta) {
    m_origin += delta;
    m_fitted = false;
    keepInReach();
}

void ViewGeometry::centerOn(QPointF film, QPointF view) {
    m_origin = {view.x() - film.x() * m_scale, view.y() - film.y() * scaleY()};
}

void ViewGeometry::keepInReach() {
    const QSizeF film = filmRect().size();
    const QSizeF least = m_viewPx * kMinShare;
    const auto hold = [](double origin, double length, double view, double share) {
        const double keep = std::min(share, length);
        return std::clamp(origin, keep - length, view - keep);
    };
    m_origin = {hold(m_origin.x(), film.width(), m_viewPx.width(), least.width()),
                hold(m_origin.y(), film.height(), m_viewPx.height(), least.height())};
}

} // namespace hilum
