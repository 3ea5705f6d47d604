#include "core/inference/Report.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/image/HeatMap.h"
#include "core/image/ImageWriter.h"
#include "core/image/Windowing.h"
#include "core/storage/AtomicFile.h"

namespace hilum {
namespace {

constexpr int kPictureSidePx = 360; // longest side in the page
constexpr double kOverlayOpacity = 0.6;

constexpr std::string_view kStyle = R"(
:root{color-scheme:dark}
*{box-sizing:border-box}
body{margin:0;padding:24px;background:#14171A;color:#E6E9EC;font:13px/1.5 Inter,"Noto Sans",sans-serif;
font-variant-numeric:tabular-nums}
h1{font-size:18px;font-weight:600;margin:0 0 4px}h2{font-size:13px;font-weight:600;margin:0 0 8px;
overflow-wrap:anywhere}
p{margin:4px 0}.quiet{color:#9AA4AE}.warn{color:#E8B95C}.bad{color:#E06C5B}
.banner{background:#33291A;color:#E8B95C;border-radius:6px;padding:8px 12px;margin:16px 0}
article,.model{background:#1C2024;border:1px solid #2A3036;border-radius:8px;padding:16px;margin:16px 0}
.row{display:flex;gap:16px;flex-wrap:wrap}
figure{margin:0}figure img{display:block;background:#000;border-radius:4px}
figcaption{color:#9AA4AE;font-size:12px;padding-top:4px}
table{border-spacing:0;min-width:280px}td{padding:3px 12px 3px 0}td.p{text-align:right}
.bar{width:120px;height:8px;border-radius:4px;background:#2A3036}.bar i{display:block;height:8px;border-radius:4px;
background:#4FB3D9}
)";

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '"':
            result += "&quot;";
            break;
        default:
            result += c;
        }
    }
    return result;
}

std::string percent(double fraction) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f %%", 100 * fraction);
    return text.data();
}

std::string decimal(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3g", value);
    return text.data();
}

std::string figure(const Raster<std::uint8_t>& picture, const std::string& caption) {
    return "<figure><img alt=\"\" src=\"data:image/png;base64," + base64(encodePng(picture)) +
           "\"><figcaption>" + caption + "</figcaption></figure>";
}

std::string probabilityTable(const Prediction& prediction) {
    std::string html = "<table>";
    for (std::size_t i = 0; i < prediction.labels.size(); ++i) {
        const std::string text = escaped(probabilityText(prediction.probabilities[i]));
        html += "<tr><td>" + escaped(prediction.labels[i]) + "</td><td class=p>" + text +
                "</td><td><div class=bar><i style=\"width:" + decimal(100 * prediction.probabilities[i]) +
                "%\"></i></div></td></tr>";
    }
    return html + "</table>";
}

std::string warningList(const Radiograph& film, const Reading& reading) {
    std::string html;
    for (const auto* list : {&film.source.warnings, &reading.warnings}) {
        for (const std::string& warning : *list)
            html += "<p class=warn>" + escaped(warning) + "</p>";
    }
    return html;
}

std::string heatMapFigures(const GreyImage& picture, double pictureScale, const Reading& reading) {
    const Explanation& explanation = reading.explanation;
    const GridPlacement placement{
        explanation.placement.leftPx * pictureScale, explanation.placement.topPx * pictureScale,
        explanation.placement.widthPx * pictureScale, explanation.placement.heightPx * pictureScale};
    std::string html;
    for (std::size_t i = 0; i < explanation.maps.size(); ++i) {
        const HeatScale scale = heatScale(explanation, i);
        const FloatImage map =
            mapInFilmPixels(explanation.maps[i], placement, picture.widthPx, picture.heightPx);
        html += figure(overlayHeatMap(picture, map, scale.top, kOverlayOpacity),
                       escaped(reading.prediction.labels[i]) + " · full colour at " + decimal(scale.top) +
                           (scale.fixed ? ", the model's fixed scale" : ", this film's maximum"));
    }
    return html;
}

} // namespace

std::string probabilityText(double probability) {
    constexpr double kHalfStep = 0.0005;
    if (probability < kHalfStep)
        return "<0.1 %";
    if (probability >= 1 - kHalfStep)
        return ">99.9 %";
    return percent(probability);
}

void Report::addReading(const std::filesystem::path& file, const Radiograph& film, const Reading& reading) {
    ++m_filmCount;
    const GreyImage full = applyWindow(film, defaultWindow(film));
    const double scale =
        std::min(1.0, static_cast<double>(kPictureSidePx) / std::max(film.widthPx, film.heightPx));
    const GreyImage picture = resized(full, std::max(1, static_cast<int>(film.widthPx * scale)),
                                      std::max(1, static_cast<int>(film.heightPx * scale)));
    m_films += "<article><h2>" + escaped(file.filename().string()) + "</h2><p class=quiet>" +
               std::to_string(film.widthPx) + " × " + std::to_string(film.heightPx) + " · " +
               std::to_string(film.bitsStored) + " bit · " + escaped(film.source.format) + " " +
               escaped(film.source.encoding) + " · " + escaped(reading.modelName) + " " +
               escaped(reading.modelVersion) + " · read in " + decimal(reading.elapsed.count()) + " ms</p>" +
               warningList(film, reading) + "<div class=row>" + figure(picture, "film") +
               heatMapFigures(picture, scale, reading) + "<div>" + probabilityTable(reading.prediction) +
               "</div></div></article>\n";
}

void Report::addError(const std::filesystem::path& file, const Error& error) {
    ++m_filmCount;
    m_films += "<article><h2>" + escaped(file.filename().string()) + "</h2><p class=bad>" +
               escaped(error.message) + "</p></article>\n";
}

void Report::addModel(const ModelCard& card, const std::string& sha256) {
    m_models += "<div class=model><h2>" + escaped(card.name) + " · version " + escaped(card.version) + " · " +
                escaped(card.architecture) + "</h2><p class=quiet>SHA-256 " + sha256 + "</p>";
    if (card.testAccuracy.count > 0)
        m_models += "<p>Accuracy " + percent(card.testAccuracy.value) + " (95 % interval " +
                    percent(card.testAccuracy.low) + " to " + percent(card.testAccuracy.high) + "), " +
                    escaped(card.testedOn) + "</p>";
    for (const std::string& limit : card.limits)
        m_models += "<p class=quiet>" + escaped(limit) + "</p>";
    m_models += "</div>\n";
}

Result<void> Report::write(const std::filesystem::path& file) const {
    const std::string html = "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport "
                             "content=\"width=device-width\"><title>Hilum report</title><style>" +
                             std::string(kStyle) +
                             "</style></head><body><h1>Hilum report</h1><p class=quiet>" +
                             std::to_string(m_filmCount) +
                             " films</p><p class=banner>Research use, not for diagnosis. A heat map shows "
                             "where the network looked, "
                             "not where a lesion is.</p>\n" +
                             m_models + m_films + "</body></html>\n";
    return writeFileAtomically(file, html);
}

} // namespace hilum
