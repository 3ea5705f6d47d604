// QCustomPlot's header uses Qt's keywords.
#undef QT_NO_KEYWORDS
#include <qcustomplot.h>

#include "ui/charts/CurveChart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ui/Style.h"

namespace hilum {
namespace {

constexpr int kFontPx = 11;

QFont chartFont() {
    QFont font = QApplication::font();
    font.setPixelSize(kFontPx);
    return font;
}

void styleAxis(QCPAxis& axis, const QString& label) {
    axis.setBasePen(Qt::NoPen);
    axis.setTickPen(Qt::NoPen);
    axis.setSubTickPen(Qt::NoPen);
    axis.setTickLabelColor(colour::kSecondaryText);
    axis.setTickLabelFont(chartFont());
    axis.setLabel(label);
    axis.setLabelColor(colour::kSecondaryText);
    axis.setLabelFont(chartFont());
    axis.setLabelPadding(2);
    axis.grid()->setPen(QPen(colour::kLine, 1));
    axis.grid()->setZeroLinePen(QPen(colour::kLine, 1));
}

QString valueText(double value) { return QString::number(value, 'g', 4); }

} // namespace

CurveChart::CurveChart(const QString& title, const std::vector<ChartSeries>& series, const ChartAxes& axes,
                       QWidget* parent)
    : QFrame(parent), m_axes(axes), m_plot(new QCustomPlot(this)), m_values(new QLabel(this)),
      m_mark(std::numeric_limits<double>::quiet_NaN()) {
    setRole(*this, "card");
    setAccessibleName(title);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(14, 10, 10, 8);
    layout->setSpacing(4);
    buildTitle(title, series);
    buildPlot(series);
    layout->addWidget(m_plot, 1);
    fit();
}

void CurveChart::setPlain() {
    setRole(*this, "plain");
    layout()->setContentsMargins(0, 0, 0, 0);
}

void CurveChart::buildTitle(const QString& title, const std::vector<ChartSeries>& series) {
    auto* line = new QHBoxLayout;
    line->setSpacing(10);
    auto* heading = new QLabel(title, this);
    setRole(*heading, "heading");
    line->addWidget(heading);
    for (const ChartSeries& one : series) {
        if (one.name.isEmpty())
            continue;
        auto* entry = new QLabel(QStringLiteral("<span style='color:%1'>●&nbsp;%2</span>")
                                     .arg(one.colour.name(), one.name.toHtmlEscaped()),
                                 this);
        setRole(*entry, "small");
        line->addWidget(entry);
    }
    line->addStretch();
    m_values->setTextFormat(Qt::PlainText);
    setRole(*m_values, "small");
    line->addWidget(m_values);
    static_cast<QVBoxLayout*>(layout())->addLayout(line);
}

void CurveChart::buildPlot(const std::vector<ChartSeries>& series) {
    m_plot->setMinimumSize(160, 120);
    m_plot->setBackground(colour::kPanel);
    m_plot->setAntialiasedElements(QCP::aeAll);
    m_plot->axisRect()->setBackground(colour::kPanel);
    m_plot->axisRect()->setMinimumMargins(QMargins(8, 6, 10, 4));
    styleAxis(*m_plot->xAxis, m_axes.x);
    styleAxis(*m_plot->yAxis, m_axes.y);
    m_plot->xAxis->grid()->setVisible(!m_axes.isXInteger);
    if (m_axes.isXInteger) {
        const QSharedPointer<QCPAxisTicker> ticker(new QCPAxisTickerFixed);
        static_cast<QCPAxisTickerFixed*>(ticker.data())->setTickStep(1);
        static_cast<QCPAxisTickerFixed*>(ticker.data())->setScaleStrategy(QCPAxisTickerFixed::ssMultiples);
        ticker->setTickOrigin(1);
        m_plot->xAxis->setTicker(ticker);
    }
    for (const ChartSeries& one : series) {
        QCPGraph* graph = m_plot->addGraph();
        QPen pen(one.colour, one.isDashed ? 1 : 2);
        if (one.isDashed)
            pen.setStyle(Qt::DashLine);
        graph->setPen(pen);
        graph->setName(one.name);
        m_graphs.push_back(graph);
    }
    m_plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    m_plot->installEventFilter(this);
    m_plot->setMouseTracking(true);
    m_tracer = new QCPItemTracer(m_plot);
    m_tracer->setStyle(QCPItemTracer::tsCircle);
    m_tracer->setSize(7);
    m_tracer->setInterpolating(false);
    m_tracer->setVisible(false);
    m_markLine = new QCPItemLine(m_plot);
    m_markLine->setPen(QPen(colour::kDisabledText, 1, Qt::DashLine));
    m_markText = new QCPItemText(m_plot);
    m_markText->setColor(colour::kSecondaryText);
    m_markText->setFont(chartFont());
    m_markText->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_markLine->start->setTypeY(QCPItemPosition::ptAxisRectRatio);
    m_markLine->end->setTypeY(QCPItemPosition::ptAxisRectRatio);
    m_markText->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    setMark(m_mark, {});
}

void CurveChart::setPoints(std::size_t series, const std::vector<double>& x, const std::vector<double>& y) {
    const auto size = static_cast<qsizetype>(x.size());
    QVector<QCPGraphData> points;
    points.reserve(size);
    for (std::size_t i = 0; i < x.size(); ++i)
        points.append({x[i], y[i]});
    m_graphs[series]->data()->set(points, true);
    // One point has no line.
    m_graphs[series]->setScatterStyle(size == 1 ? QCPScatterStyle(QCPScatterStyle::ssDisc, 6)
                                                : QCPScatterStyle());
    fit();
}

std::size_t CurveChart::pointCount(std::size_t series) const {
    return static_cast<std::size_t>(m_graphs[series]->data()->size());
}

void CurveChart::setXRange(double low, double high) {
    m_axes.xLow = low;
    m_axes.xHigh = high;
    fit();
}

void CurveChart::setMark(double x, const QString& words) {
    m_mark = x;
    const bool isThere = !std::isnan(x);
    m_markLine->setVisible(isThere);
    m_markText->setVisible(isThere && !words.isEmpty());
    if (isThere) {
        m_markLine->start->setCoords(x, 0);
        m_markLine->end->setCoords(x, 1);
        m_markText->setText(words);
        // Beside the line where there is room for the words.
        const bool isFarRight = x > m_axes.xLow + 0.7 * (m_axes.xHigh - m_axes.xLow);
        m_markText->setPositionAlignment((isFarRight ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignTop);
        m_markText->setPadding(QMargins(5, 0, 5, 0));
        m_markText->position->setCoords(x, 0);
    }
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void CurveChart::setLogarithmic(bool isLogarithmic) {
    m_plot->yAxis->setScaleType(isLogarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    m_plot->yAxis->setTicker(isLogarithmic ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog)
                                           : QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
    fit();
}

bool CurveChart::isLogarithmic() const { return m_plot->yAxis->scaleType() == QCPAxis::stLogarithmic; }

void CurveChart::fit() {
    double low = m_axes.yLow;
    double high = m_axes.yHigh;
    if (m_axes.fitsY) {
        low = std::numeric_limits<double>::infinity();
        high = -low;
        for (const QCPGraph* graph : m_graphs) {
            for (const QCPGraphData& point : *graph->data()) {
                if (!std::isfinite(point.value) || (isLogarithmic() && point.value <= 0))
                    continue;
                low = std::min(low, point.value);
                high = std::max(high, point.value);
            }
        }
        if (low > high) {
            low = isLogarithmic() ? 0.1 : m_axes.yLow;
            high = m_axes.yHigh;
        }
        if (!isLogarithmic()) {
            low = std::min(low, m_axes.yLow);
            high = std::max(high * 1.05, low + 1e-6);
        } else {
            low *= 0.8;
            high *= 1.25;
        }
    }
    m_plot->xAxis->setRange(m_axes.xLow, m_axes.xHigh);
    m_plot->yAxis->setRange(low, high);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

bool CurveChart::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::MouseMove)
        hover(static_cast<QMouseEvent*>(event)->pos());
    else if (event->type() == QEvent::Leave)
        leave();
    else if (event->type() == QEvent::MouseButtonDblClick)
        fit();
    return QFrame::eventFilter(watched, event);
}

// The values of every series at the point that is nearest along x.
void CurveChart::hover(QPoint position) {
    const double x = m_plot->xAxis->pixelToCoord(position.x());
    QStringList texts;
    double nearest = std::numeric_limits<double>::quiet_NaN();
    for (QCPGraph* graph : m_graphs) {
        if (graph->data()->isEmpty() || graph->name().isEmpty())
            continue;
        auto point = graph->data()->findBegin(x);
        const auto next = graph->data()->findEnd(x);
        if (next != graph->data()->constBegin() && std::abs((next - 1)->key - x) < std::abs(point->key - x))
            point = next - 1;
        if (texts.isEmpty()) {
            nearest = point->key;
            m_tracer->setGraph(graph);
            m_tracer->setGraphKey(nearest);
            m_tracer->setPen(QPen(graph->pen().color(), 2));
        }
        texts << tr("%1 %2").arg(graph->name(), valueText(point->value));
    }
    m_tracer->setVisible(!texts.isEmpty());
    if (!texts.isEmpty() && m_axes.isXInteger)
        texts.prepend(tr("epoch %1").arg(nearest));
    m_values->setText(texts.join(QStringLiteral(" · ")));
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void CurveChart::leave() {
    m_values->clear();
    m_tracer->setVisible(false);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

} // namespace hilum
