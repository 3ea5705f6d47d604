#include "ui/viewer/RadiographView.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include "ui/QtConvert.h"
#include "ui/Style.h"
#include "ui/viewer/FilmText.h"

namespace hilum {
namespace {

constexpr double kWheelStep = 1.2;      // zoom per notch
constexpr double kZoomPerPixel = 1.006; // right drag, upwards
constexpr double kKeyStepPx = 40;       // pan and window by key
constexpr int kWaitingDelayMs = 150;
constexpr int kTextMargin = 2 * kOverlayLinePx + kOverlayMarginPx; // above and below a fitted film

DragSpeed dragSpeed(Qt::KeyboardModifiers modifiers) {
    if (modifiers & Qt::ControlModifier)
        return DragSpeed::Coarse;
    return modifiers & Qt::ShiftModifier ? DragSpeed::Fine : DragSpeed::Normal;
}

// Height of a film pixel over its width.
double pixelAspect(const Radiograph& film) {
    if (!film.spacing || film.spacing->columnMm <= 0 || film.spacing->rowMm <= 0)
        return 1;
    return film.spacing->rowMm / film.spacing->columnMm;
}

} // namespace

RadiographView::RadiographView(QWidget* parent) : QWidget(parent) {
    setAttribute(Qt::WA_OpaquePaintEvent);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setMinimumSize(320, 240);
    setAccessibleName(tr("Film"));
    m_waitingDelay.setSingleShot(true);
    m_waitingDelay.setInterval(kWaitingDelayMs);
    connect(&m_waitingDelay, &QTimer::timeout, this, qOverload<>(&QWidget::update));
}

void RadiographView::showFilm(DecodedFilmPtr film, const std::optional<FilmLook>& look) {
    m_film = std::move(film);
    m_waiting.clear();
    m_waitingDelay.stop();
    m_heatmap = {};
    m_windowTool = WindowLevelTool(m_film->film);
    m_renderer.setFilm(m_film);
    m_renderer.setHeatmap(nullptr, m_heatmapOpacity);
    setCursor(Qt::CrossCursor);
    setAccessibleDescription(factsLine(m_film->film));
    if (look) {
        m_look = *look;
    } else {
        m_look = {m_film->openingWindow, Polarity::AsStored, {}};
        m_look.geometry.setFilm(QSizeF(m_film->film.widthPx, m_film->film.heightPx),
                                pixelAspect(m_film->film));
    }
    layOut();
    applyWindow();
    Q_EMIT invertedChanged(m_look.display == Polarity::Inverted);
}

void RadiographView::showWaiting(const QString& words) {
    m_film.reset();
    m_renderer.setFilm(nullptr);
    m_heatmap = {};
    m_dragButton = Qt::NoButton;
    m_waiting = words;
    m_waitingDelay.start();
    unsetCursor();
    setAccessibleDescription(words);
    update();
}

QSize RadiographView::viewPx() const {
    const QSizeF size = QSizeF(this->size()) * devicePixelRatioF();
    return {static_cast<int>(std::lround(size.width())), static_cast<int>(std::lround(size.height()))};
}

QPointF RadiographView::filmToView(QPointF film) const {
    return m_look.geometry.toView(film) / devicePixelRatioF();
}

QPointF RadiographView::viewToFilm(QPointF view) const {
    return m_look.geometry.toFilm(view * devicePixelRatioF());
}

void RadiographView::layOut() {
    if (!m_film)
        return;
    const double margin = m_textsVisible ? kTextMargin * devicePixelRatioF() : 0;
    m_laidOutPx = viewPx();
    m_look.geometry.setView(m_laidOutPx, QMarginsF(0, margin, 0, margin));
    update();
}

void RadiographView::applyWindow() {
    m_renderer.setWindow(m_look.window, m_look.display);
    update();
    Q_EMIT windowChanged(m_look.window);
}

void RadiographView::applyHeatmap() {
    m_renderer.setHeatmap(showsHeatmap() ? m_heatmap.layer : nullptr, m_heatmapOpacity);
    update();
}

void RadiographView::setHeatmap(HeatmapDisplay heatmap) {
    m_heatmap = std::move(heatmap);
    applyHeatmap();
}

void RadiographView::setHeatmapVisible(bool visible) {
    m_heatmapVisible = visible;
    applyHeatmap();
}

void RadiographView::setHeatmapOpacity(double opacity) {
    m_heatmapOpacity = opacity;
    applyHeatmap();
}

void RadiographView::setTextsVisible(bool visible) {
    m_textsVisible = visible;
    layOut();
    update();
}

void RadiographView::setOverlaysVisible(bool visible) {
    m_renderer.setOverlaysVisible(visible);
    update();
}

void RadiographView::setWindow(const Window& window) {
    if (!m_film)
        return;
    m_look.window = window;
    applyWindow();
}

void RadiographView::setInverted(bool inverted) {
    if (!m_film)
        return;
    m_look.display = inverted ? Polarity::Inverted : Polarity::AsStored;
    applyWindow();
    Q_EMIT invertedChanged(inverted);
}

void RadiographView::autoWindow() {
    if (m_film)
        setWindow(m_film->openingWindow);
}

void RadiographView::fit() {
    m_look.geometry.fit();
    update();
}

void RadiographView::oneToOne() {
    m_look.geometry.oneToOne();
    update();
}

void RadiographView::zoomIn() { zoomAt(QRectF(rect()).center(), kWheelStep); }

void RadiographView::zoomOut() { zoomAt(QRectF(rect()).center(), 1 / kWheelStep); }

void RadiographView::reset() {
    if (!m_film)
        return;
    fit();
    autoWindow();
    setInverted(false);
}

void RadiographView::zoomAt(QPointF position, double factor) {
    if (!m_film)
        return;
    m_look.geometry.zoomBy(factor, position * devicePixelRatioF());
    update();
}

void RadiographView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    layOut();
}

void RadiographView::mousePressEvent(QMouseEvent* event) {
    if (!m_film || m_dragButton != Qt::NoButton)
        return;
    m_dragButton = event->button();
    m_dragStart = m_lastPosition = event->position();
    m_dragged = false;
}

void RadiographView::mouseMoveEvent(QMouseEvent* event) {
    m_cursor = event->position();
    if (m_dragButton == Qt::NoButton || !(event->buttons() & m_dragButton)) {
        updatePointLines();
        return;
    }
    const QPointF fromStart = event->position() - m_dragStart;
    if (!m_dragged && fromStart.manhattanLength() < QApplication::startDragDistance() / 2.0)
        return;
    m_dragged = true;
    drag(event->position() - std::exchange(m_lastPosition, event->position()), event->modifiers());
}

void RadiographView::drag(QPointF delta, Qt::KeyboardModifiers modifiers) {
    switch (m_dragButton) {
    case Qt::LeftButton:
        setWindow(m_windowTool.moved(m_look.window, delta, dragSpeed(modifiers)));
        break;
    case Qt::MiddleButton:
        m_look.geometry.panBy(delta * devicePixelRatioF());
        update();
        break;
    case Qt::RightButton:
        zoomAt(m_dragStart, std::pow(kZoomPerPixel, -delta.y()));
        break;
    default:
        break;
    }
}

void RadiographView::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != m_dragButton)
        return;
    m_dragButton = Qt::NoButton;
    if (event->button() == Qt::RightButton && !m_dragged)
        Q_EMIT menuRequested(event->globalPosition().toPoint());
}

void RadiographView::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && m_film)
        fit();
}

void RadiographView::wheelEvent(QWheelEvent* event) {
    zoomAt(event->position(), std::pow(kWheelStep, event->angleDelta().y() / 120.0));
    event->accept();
}

void RadiographView::keyPressEvent(QKeyEvent* event) {
    QPointF direction;
    switch (event->key()) {
    case Qt::Key_Left:
        direction = {-1, 0};
        break;
    case Qt::Key_Right:
        direction = {1, 0};
        break;
    case Qt::Key_Up:
        direction = {0, -1};
        break;
    case Qt::Key_Down:
        direction = {0, 1};
        break;
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    if (event->modifiers() & Qt::ControlModifier) {
        setWindow(m_windowTool.moved(m_look.window, direction * kKeyStepPx, DragSpeed::Normal));
    } else if (event->modifiers() & Qt::ShiftModifier) {
        m_look.geometry.panBy(-direction * kKeyStepPx * devicePixelRatioF());
        update();
    } else {
        Q_EMIT stepRequested(direction.x() + direction.y() > 0 ? 1 : -1);
    }
}

// The frame shows where the keys go when somebody moves by Tab; for others it would only shine.
void RadiographView::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    m_showsFocus = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    update();
}

void RadiographView::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    m_cursor.reset();
    updatePointLines();
}

// The right lower corner alone: a moving mouse must not redraw the film.
void RadiographView::updatePointLines() {
    const int height = 2 * kOverlayLinePx + kOverlayMarginPx;
    update(width() / 3, this->height() - height, width() - width() / 3, height);
}

void RadiographView::paintEvent(QPaintEvent* event) {
    QPainter painter(this);
    if (!m_film) {
        painter.fillRect(event->rect(), colour::kFilmArea);
        if (!m_waitingDelay.isActive()) {
            painter.setPen(colour::kSecondaryText);
            painter.drawText(rect(), Qt::AlignCenter, m_waiting);
        }
        return;
    }
    if (m_laidOutPx != viewPx())
        layOut(); // the window came to a screen with another pixel density
    const double ratio = devicePixelRatioF();
    const QImage& image = m_renderer.render(m_look.geometry, viewPx());
    painter.save();
    painter.scale(1 / ratio, 1 / ratio); // the image is in device pixels
    const QRect filmRect = image.isNull() ? QRect() : FilmRenderer::visibleRect(m_look.geometry, viewPx());
    const QSize covering = viewPx() + QSize(1, 1); // a part of a pixel, too
    for (const QRect& beside : QRegion(QRect(QPoint(), covering)) - filmRect)
        painter.fillRect(beside, colour::kFilmArea);
    if (!image.isNull())
        painter.drawImage(filmRect.topLeft(), image);
    painter.restore();
    if (showsHeatmap())
        drawColourBar(painter, rect(), m_heatmap.layer->scale, m_heatmap.scaleCaption);
    if (m_textsVisible)
        paintTexts(painter);
    else if (m_heatmapVisible)
        drawCorner(painter, rect(), Qt::TopRightCorner, heatmapLines(width() / 2), width());
    if (m_showsFocus && hasFocus()) {
        painter.setPen(QColor(0x2F, 0x6F, 0x88));
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void RadiographView::paintTexts(QPainter& painter) {
    const int room = width() - 2 * kOverlayMarginPx;
    const QRect heat = drawCorner(painter, rect(), Qt::TopRightCorner, heatmapLines(room / 2), room);
    drawCorner(painter, rect(), Qt::TopLeftCorner, filmLines(), room - heat.width() - kOverlayMarginPx);
    const QRect look = drawCorner(painter, rect(), Qt::BottomLeftCorner, lookLines(), room / 2);
    drawCorner(painter, rect(), Qt::BottomRightCorner, pointLines(), room - look.width() - kOverlayMarginPx);
}

std::vector<OverlayLine> RadiographView::filmLines() const {
    std::vector<OverlayLine> lines;
    for (const QString& text : {patientLine(m_film->film.header), studyLine(m_film->film.header)}) {
        if (!text.isEmpty())
            lines.push_back({text, colour::kFilmText});
    }
    for (const std::string& warning : m_film->film.source.warnings) {
        for (OverlayLine& line :
             wrappedLines(toQString(std::string_view(warning)), colour::kWarning, width() / 2))
            lines.push_back(std::move(line));
    }
    return lines;
}

// The note is wrapped, never cut: what a heat map is not must be readable in every window.
std::vector<OverlayLine> RadiographView::heatmapLines(int maxWidth) const {
    if (!m_heatmapVisible)
        return {};
    std::vector<OverlayLine> lines{{m_heatmap.title, colour::kText, true}};
    for (OverlayLine& line : wrappedLines(m_heatmap.note, colour::kFilmText, maxWidth))
        lines.push_back(std::move(line));
    return lines;
}

std::vector<OverlayLine> RadiographView::lookLines() const {
    QString window = windowLine(m_look.window);
    const QString origin = windowOrigin(m_look.window);
    if (!origin.isEmpty() && m_look.window == m_film->openingWindow)
        window += QStringLiteral("  (%1)").arg(origin);
    if (m_look.display == Polarity::Inverted)
        window += QStringLiteral(" · ") + tr("inverted");
    return {{window, colour::kFilmText}, {zoomLine(m_look.geometry.scale()), colour::kFilmText}};
}

std::vector<OverlayLine> RadiographView::pointLines() const {
    QString position;
    if (m_cursor) {
        const QPointF film = viewToFilm(*m_cursor);
        position = positionLine(m_film->film, film.x(), film.y());
    }
    return {{position, colour::kFilmText}, {spacingLine(m_film->film), colour::kFilmText}};
}

} // namespace hilum
