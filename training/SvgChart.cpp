#include "training/SvgChart.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "training/Text.h"

namespace hilum {
namespace {

// Pixels of the drawing.
constexpr double kWidth = 440, kHeight = 320;
constexpr double kLeft = 56, kRight = 14, kTop = 34, kBottom = 46;
constexpr double kLegendLine = 16;
constexpr double kClosest = 0.3; // points nearer to the one before are not drawn
constexpr double kMostTicks = 6;

constexpr std::array<std::string_view, 7> kColours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                   "#56b4e9", "#e69f00", "#000000"};

std::string number(double value) { return fixedText(value, 1); }

// 1, 2 or 5 times a power of ten, so that there are at most kMostTicks steps.
double tickStep(const ChartAxis& axis) {
    const double rough = std::max(axis.finestStep, (axis.high - axis.low) / kMostTicks);
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= rough * (1 - 1e-9))
            return factor * power;
    return 10 * power;
}

std::string text(double x, double y, std::string_view anchor, std::string_view content,
                 std::string_view more = "") {
    return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + std::string(anchor) +
           "\"" + std::string(more) + ">" + markupEscaped(content) + "</text>\n";
}

std::string segment(double x1, double y1, double x2, double y2, std::string_view look) {
    return "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" +
           number(y2) + "\" " + std::string(look) + "/>\n";
}

class Drawing {
public:
    explicit Drawing(const Chart& chart) : m_chart(chart), m_legend(legendHeight()) {}

    std::string svg() {
        std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(kWidth) + " " +
                          number(kHeight + m_legend) + "\" role=\"img\" aria-label=\"" +
                          markupEscaped(m_chart.title) +
                          "\" font-family=\"sans-serif\" font-size=\"11\" fill=\"#333\">\n";
        svg += text(kLeft, 18, "start", m_chart.title, " font-size=\"13\" font-weight=\"bold\"");
        svg += axes() + bars();
        for (const ChartLine& line : m_chart.lines)
            svg += polyline(line);
        return svg + mark() + legend() + "</svg>\n";
    }

private:
    const Chart& m_chart;
    double m_legend;

    [[nodiscard]] double legendHeight() const {
        const auto named =
            std::ranges::count_if(m_chart.lines, [](const ChartLine& line) { return !line.name.empty(); });
        return kLegendLine * static_cast<double>(named);
    }

    static double along(const ChartAxis& axis, double value) {
        return axis.high > axis.low ? (value - axis.low) / (axis.high - axis.low) : 0.5;
    }
    [[nodiscard]] double xOf(double value) const {
        return kLeft + (kWidth - kLeft - kRight) * std::clamp(along(m_chart.x, value), 0.0, 1.0);
    }
    [[nodiscard]] double yOf(double value) const {
        return kHeight - kBottom - (kHeight - kTop - kBottom) * std::clamp(along(m_chart.y, value), 0.0, 1.0);
    }

    static std::vector<double> ticks(const ChartAxis& axis) {
        if (!(axis.high > axis.low))
            return {axis.low};
        const double step = tickStep(axis);
        std::vector<double> values;
        for (double n = std::ceil(axis.low / step - 1e-9); n * step <= axis.high + 1e-9 * step; ++n)
            values.push_back(n * step);
        return values;
    }

    static std::string tickText(const ChartAxis& axis, double value) {
        const double step = axis.high > axis.low ? tickStep(axis) : 1;
        return fixedText(value + 0.0, std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9))));
    }

    [[nodiscard]] std::string axes() const {
        const std::string grid = "stroke=\"#e2e2e2\"", frame = "stroke=\"#888\"";
        const double left = kLeft, right = kWidth - kRight, bottom = kHeight - kBottom;
        std::string svg;
        for (const double value : ticks(m_chart.x)) {
            svg += segment(xOf(value), kTop, xOf(value), bottom, grid);
            svg += text(xOf(value), bottom + 15, "middle", tickText(m_chart.x, value));
        }
        for (const double value : ticks(m_chart.y)) {
            svg += segment(left, yOf(value), right, yOf(value), grid);
            svg += text(left - 6, yOf(value) + 4, "end", tickText(m_chart.y, value));
        }
        svg += segment(left, bottom, right, bottom, frame) + segment(left, kTop, left, bottom, frame);
        svg += text((left + right) / 2, bottom + 34, "middle", m_chart.x.title);
        const std::string middle = number((kTop + bottom) / 2);
        return svg + text(14, (kTop + bottom) / 2, "middle", m_chart.y.title,
                          " transform=\"rotate(-90 14 " + middle + ")\"");
    }

    [[nodiscard]] std::string bars() const {
        std::string svg;
        for (const ChartBar& bar : m_chart.bars) {
            svg += "<rect x=\"" + number(xOf(bar.low)) + "\" y=\"" + number(yOf(bar.value)) + "\" width=\"" +
                   number(xOf(bar.high) - xOf(bar.low)) + "\" height=\"" +
                   number(yOf(m_chart.y.low) - yOf(bar.value)) + "\" fill=\"#9ecae1\" stroke=\"#4a8ab5\"/>\n";
            svg += text((xOf(bar.low) + xOf(bar.high)) / 2, yOf(m_chart.y.low) - 4, "middle", bar.text,
                        " font-size=\"9\"");
        }
        return svg;
    }

    static std::string strokeOf(const ChartLine& line) {
        return "stroke=\"" + markupEscaped(line.colour) + "\" stroke-width=\"1.8\"" +
               (line.style == LineStyle::Dashed ? " stroke-dasharray=\"5 4\"" : "");
    }

    [[nodiscard]] std::string polyline(const ChartLine& line) const {
        std::string points;
        double lastX = -1, lastY = -1;
        for (std::size_t i = 0; i < line.points.size(); ++i) {
            const ChartPoint& point = line.points[i];
            if (!std::isfinite(point.x) || !std::isfinite(point.y))
                continue;
            const double x = xOf(point.x), y = yOf(point.y);
            const bool last = i + 1 == line.points.size();
            if (!last && std::abs(x - lastX) < kClosest && std::abs(y - lastY) < kClosest)
                continue;
            points += number(x) + "," + number(y) + " ";
            lastX = x;
            lastY = y;
        }
        return "<polyline fill=\"none\" " + strokeOf(line) + " points=\"" + points + "\"/>\n";
    }

    [[nodiscard]] std::string mark() const {
        if (!m_chart.mark)
            return {};
        const double x = xOf(*m_chart.mark);
        const bool rightHalf = x > kWidth / 2;
        return segment(x, kTop, x, kHeight - kBottom, "stroke=\"#666\" stroke-dasharray=\"2 3\"") +
               text(rightHalf ? x - 4 : x + 4, kTop + 10, rightHalf ? "end" : "start", m_chart.markText);
    }

    [[nodiscard]] std::string legend() const {
        std::string svg;
        double y = kHeight + 4;
        for (const ChartLine& line : m_chart.lines) {
            if (line.name.empty())
                continue;
            svg += segment(kLeft, y, kLeft + 22, y, strokeOf(line)) +
                   text(kLeft + 30, y + 4, "start", line.name);
            y += kLegendLine;
        }
        return svg;
    }
};

// Neither HTML nor XML may hold it.
bool isForbidden(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
}

} // namespace

std::string toSvg(const Chart& chart) { return Drawing(chart).svg(); }

std::string_view classInk(std::size_t label) { return kColours[label % kColours.size()]; }

std::string markupEscaped(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '&')
            escaped += "&amp;";
        else if (c == '<')
            escaped += "&lt;";
        else if (c == '>')
            escaped += "&gt;";
        else if (c == '"')
            escaped += "&quot;";
        else if (c == '\'')
            escaped += "&#39;";
        else if (isForbidden(c))
            escaped += "\uFFFD";
        else
            escaped += c;
    }
    return escaped;
}

} // namespace hilum
