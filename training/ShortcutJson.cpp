// shortcut.json, written and read.

#include "training/ShortcutResult.h"

#include <cmath>

#include "training/JsonChecks.h"
#include "training/Metrics.h"

namespace hilum {
namespace {

constexpr double kRounding = 1e-6;

std::string_view wordOf(ShortcutVerdict verdict) {
    switch (verdict) {
    case ShortcutVerdict::NotLearnt:
        return "not-learnt";
    case ShortcutVerdict::Shortcut:
        return "shortcut";
    case ShortcutVerdict::Partly:
        return "partly";
    case ShortcutVerdict::NoneShown:
        return "none-shown";
    }
    return "none-shown";
}

std::string_view wordOf(ShortcutRegion region) {
    return region == ShortcutRegion::Lungs ? "lungs" : "centre";
}

ShortcutRegion regionOf(const Json& json) {
    const auto word = json.get<std::string>();
    for (const ShortcutRegion region : {ShortcutRegion::Lungs, ShortcutRegion::Centre}) {
        if (word == wordOf(region))
            return region;
    }
    require(false, "the region is unknown");
    return {};
}

Json heatJson(const RegionHeat& heat) {
    return {{"films", heat.inside.films},
            {"inside", heat.inside.value},
            {"mean95", {heat.inside.low, heat.inside.high}},
            {"area", heat.area},
            {"pointing", proportionJson(heat.pointing)},
            {"pointingByChance", heat.pointingByChance}};
}

Proportion proportionOf(const Json& json, long films) {
    require(count(json.at("films")) == films, "a figure is of other films than the rest");
    const double value = fraction(json.at("value"));
    const long hits = std::lround(value * static_cast<double>(films));
    const Proportion proportion = wilson(hits, films);
    require(std::abs(value - proportion.value) < kRounding, "a share is none of whole films");
    return proportion;
}

RegionHeat heatOf(const Json& json, long mostFilms) {
    RegionHeat heat;
    heat.inside = {fraction(json.at("inside")), fraction(json.at("mean95").at(0)),
                   fraction(json.at("mean95").at(1)), count(json.at("films"))};
    require(heat.inside.films <= mostFilms, "there are more heat maps than films");
    require(heat.inside.low <= heat.inside.value && heat.inside.value <= heat.inside.high,
            "a mean lies outside its interval");
    heat.area = fraction(json.at("area"));
    heat.pointing = proportionOf(json.at("pointing"), heat.inside.films);
    heat.pointingByChance = fraction(json.at("pointingByChance"));
    return heat;
}

ShortcutResult resultOf(const Json& json) {
    ShortcutResult result;
    result.model = json.at("model").get<std::string>();
    result.modelSha256 = json.value("modelSha256", "");
    result.labels = distinctLabels(json.at("labels"));
    for (const std::string& label : result.labels)
        result.films.push_back(count(json.at("films").at(label)));
    const long films = result.filmCount();
    require(films > 0, "there are no films");
    result.region = regionOf(json.at("region"));
    result.withoutMask = count(json.at("withoutMask"));
    for (const Json& film : json.at("leftOut"))
        result.leftOut.push_back({film.at("file").get<std::string>(), film.at("reason").get<std::string>()});
    const Json& accuracy = json.at("accuracy");
    result.asTheyAre = proportionOf(accuracy.at("asTheyAre"), films);
    result.regionBlack = proportionOf(accuracy.at("regionBlack"), films);
    result.onlyRegion = proportionOf(accuracy.at("onlyRegion"), films);
    const Json& heat = json.at("heat");
    result.heat = heatOf(heat.at("region"), films);
    for (std::size_t i = 0; i < result.labels.size(); ++i)
        result.heatByClass.push_back(heatOf(heat.at("regionByClass").at(result.labels[i]), result.films[i]));
    if (heat.contains("lesions"))
        result.lesions = heatOf(heat.at("lesions"), films);
    return result;
}

} // namespace

std::string shortcutToJson(const ShortcutResult& result) {
    Json json{{"model", result.model}};
    if (!result.modelSha256.empty())
        json["modelSha256"] = result.modelSha256;
    json["labels"] = result.labels;
    Json films = Json::object();
    Json heatByClass = Json::object();
    for (std::size_t i = 0; i < result.labels.size(); ++i) {
        films[result.labels[i]] = result.films[i];
        heatByClass[result.labels[i]] = heatJson(result.heatByClass[i]);
    }
    json["films"] = films;
    json["region"] = wordOf(result.region);
    json["withoutMask"] = result.withoutMask;
    json["leftOut"] = Json::array();
    for (const LeftOutFilm& film : result.leftOut)
        json["leftOut"].push_back({{"file", film.file.generic_string()}, {"reason", film.reason}});
    json["accuracy"] = {{"asTheyAre", proportionJson(result.asTheyAre)},
                        {"regionBlack", proportionJson(result.regionBlack)},
                        {"onlyRegion", proportionJson(result.onlyRegion)},
                        {"guessing", result.guessing()}};
    json["verdict"] = {
        {"kind", wordOf(verdictOf(result))}, {"text", verdictText(result)}, {"heat", heatText(result)}};
    json["heat"] = {{"region", heatJson(result.heat)}, {"regionByClass", heatByClass}};
    if (result.lesions)
        json["heat"]["lesions"] = heatJson(*result.lesions);
    return dumpedJson(json);
}

Result<ShortcutResult> parseShortcutJson(std::string_view text) {
    return parsedJson(text, "This is no result of a shortcut test", resultOf);
}

} // namespace hilum
