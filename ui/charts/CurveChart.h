// A line chart in Hilum's colours: a title with the legend beside it, a light grid, values on hover, the
// wheel zooms, a drag moves, a double click fits again. GUI thread only.
#pragma once

#include <vector>

#include <QColor>
#include <QFrame>
#include <QString>

class QCPGraph;
class QCPItemLine;
class QCPItemText;
class QCPItemTracer;
class QCustomPlot;
class QLabel;

namespace hilum {

struct ChartSeries {
    QString name;
    QColor colour;
    bool isDashed = false; // e.g. the diagonal of a ROC chart
};

struct ChartAxes {
    QString x; // label of the axis; may be empty
    QString y;
    double xLow = 0;
    double xHigh = 1;
    double yLow = 0; // what is shown at least
    double yHigh = 1;
    bool fitsY = false;      // y follows the values, but for what is shown at least
    bool isXInteger = false; // epochs
};

class CurveChart : public QFrame {
    Q_OBJECT

public:
    CurveChart(const QString& title, const std::vector<ChartSeries>& series, const ChartAxes& axes,
               QWidget* parent = nullptr);

    // Points of a series, x ascending or not (a ROC curve goes up at one x). Both of the same size.
    void setPoints(std::size_t series, const std::vector<double>& x, const std::vector<double>& y);
    [[nodiscard]] std::size_t pointCount(std::size_t series) const;
    void setXRange(double low, double high);
    // A dashed line with words beside it, e.g. the best epoch; NaN: none.
    void setMark(double x, const QString& words);
    void setLogarithmic(bool isLogarithmic); // the y axis
    [[nodiscard]] bool isLogarithmic() const;
    // Without a frame and margins, for a place that has its own.
    void setPlain();
    // Everything in sight again.
    void fit();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildTitle(const QString& title, const std::vector<ChartSeries>& series);
    void buildPlot(const std::vector<ChartSeries>& series);
    void hover(QPoint position);
    void leave();

    ChartAxes m_axes;
    QCustomPlot* m_plot;
    std::vector<QCPGraph*> m_graphs;
    QCPItemLine* m_markLine = nullptr;
    QCPItemText* m_markText = nullptr;
    QCPItemTracer* m_tracer = nullptr;
    QLabel* m_values;
    double m_mark;
};

} // namespace hilum
