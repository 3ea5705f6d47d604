// A chart as an SVG element for a page on white paper: lines, bars, a mark. Pure functions; all text is
// escaped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hilum {

struct ChartPoint {
    double x = 0;
    double y = 0;
};

enum class LineStyle { Solid, Dashed };

struct ChartLine {
    std::string name; // in the legend; empty: not there
    std::vector<ChartPoint> points;
    std::string colour = "#0072b2";
    LineStyle style = LineStyle::Solid;
};

struct ChartBar {
    double low = 0; // along x
    double high = 0;
    double value = 0;
    std::string text; // small, at its foot
};

struct ChartAxis {
    std::string title;
    double low = 0;
    double high = 1;
    double finestStep = 0; // between ticks; 1 for what is counted
};

struct Chart {
    std::string title;
    ChartAxis x, y;
    std::vector<ChartLine> lines; // points that are no numbers are left out
    std::vector<ChartBar> bars;
    std::optional<double> mark; // a vertical line at this x
    std::string markText;
};

std::string toSvg(const Chart& chart);

// A fixed order of colours that colour-blind readers tell apart (Okabe and Ito 2008), begun anew after the
// seventh.
std::string_view classInk(std::size_t label);

// For text and attribute values in HTML and XML; characters that neither may hold become U+FFFD.
std::string markupEscaped(std::string_view text);

} // namespace hilum
