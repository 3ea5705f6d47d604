// One film on a black ground: window by left drag, pan by middle drag, zoom by right drag and wheel, the heat
// map on top, facts in the corners. Emits what happened; knows nothing of lists, models or files.
#pragma once

#include <memory>
#include <optional>

#include <QPointF>
#include <QTimer>
#include <QWidget>

#include "ui/viewer/DecodedFilm.h"
#include "ui/viewer/FilmOverlay.h"
#include "ui/viewer/FilmRenderer.h"
#include "ui/viewer/HeatmapLayer.h"
#include "ui/viewer/ViewGeometry.h"
#include "ui/viewer/WindowLevelTool.h"

namespace hilum {

// How a film is looked at; kept per film, so that coming back finds it as it was left.
struct FilmLook {
    Window window;
    Polarity display = Polarity::AsStored;
    ViewGeometry geometry;
};

// What the heat map's switch shows once it is on.
struct HeatmapDisplay {
    std::shared_ptr<const HeatmapLayer> layer; // null: there is none to draw
    QString title;                             // e.g. "COVID-19 · heat map"
    QString note;                              // what it means, or why there is none
    QString scaleCaption;                      // e.g. "fixed scale"
};

class RadiographView : public QWidget {
    Q_OBJECT

public:
    explicit RadiographView(QWidget* parent = nullptr);

    // Without a look: fitted, through the film's default window.
    void showFilm(DecodedFilmPtr film, const std::optional<FilmLook>& look = {});
    // No film; after a moment the words appear ("Opening …"), so that quick steps do not flicker.
    void showWaiting(const QString& words);

    [[nodiscard]] const DecodedFilmPtr& film() const { return m_film; }
    [[nodiscard]] const FilmLook& look() const { return m_look; }
    [[nodiscard]] bool isHeatmapVisible() const { return m_heatmapVisible; }
    // Film and view coordinates, view in logical pixels; see ViewGeometry.
    [[nodiscard]] QPointF filmToView(QPointF film) const;
    [[nodiscard]] QPointF viewToFilm(QPointF view) const;

    void setHeatmap(HeatmapDisplay heatmap);

public Q_SLOTS:
    void setWindow(const hilum::Window& window);
    void setInverted(bool inverted);
    void fit();
    void oneToOne();
    void zoomIn();
    void zoomOut();
    // Window, inversion and zoom as the film was opened.
    void reset();
    void autoWindow();
    void setHeatmapVisible(bool visible);
    void setHeatmapOpacity(double opacity);
    void setTextsVisible(bool visible);
    // Those that the film's file brings along (PS3.3 C.9.2).
    void setOverlaysVisible(bool visible);

Q_SIGNALS:
    void windowChanged(const hilum::Window& window);
    void invertedChanged(bool inverted);
    void stepRequested(int films); // −1 previous, +1 next
    void menuRequested(QPoint globalPosition);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    [[nodiscard]] QSize viewPx() const;
    [[nodiscard]] bool showsHeatmap() const { return m_heatmapVisible && m_heatmap.layer; }
    void layOut();
    void applyWindow();
    void applyHeatmap();
    void zoomAt(QPointF position, double factor);
    void drag(QPointF delta, Qt::KeyboardModifiers modifiers);
    void paintTexts(QPainter& painter);
    [[nodiscard]] std::vector<OverlayLine> filmLines() const;
    [[nodiscard]] std::vector<OverlayLine> heatmapLines(int maxWidth) const;
    [[nodiscard]] std::vector<OverlayLine> lookLines() const;
    [[nodiscard]] std::vector<OverlayLine> pointLines() const;
    void updatePointLines();

    DecodedFilmPtr m_film;
    FilmLook m_look;
    QSize m_laidOutPx; // the view's size in device pixels that the geometry was made for
    FilmRenderer m_renderer;
    WindowLevelTool m_windowTool;
    HeatmapDisplay m_heatmap;
    bool m_heatmapVisible = false;
    double m_heatmapOpacity = 0.6;
    bool m_textsVisible = true;
    bool m_showsFocus = false;
    QString m_waiting;
    QTimer m_waitingDelay;

    Qt::MouseButton m_dragButton = Qt::NoButton;
    QPointF m_dragStart;
    QPointF m_lastPosition;
    bool m_dragged = false;          // beyond a click's tremor
    std::optional<QPointF> m_cursor; // in the view; none outside
};

} // namespace hilum
