#include "core/model/CardJson.h"

#include <array>
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

namespace hilum {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<FitMode, const char*>, 3> kFitNames{
    {{FitMode::Stretch, "stretch"}, {FitMode::CenterCrop, "center-crop"}, {FitMode::Letterbox, "letterbox"}}};

Json toJson(const Preprocessing& preprocessing) {
    Json json{{"input_size", preprocessing.inputSizePx},
              {"intensity", "default-window"},
              {"interpolation", "area"},
              {"mean", preprocessing.mean},
              {"std", preprocessing.standardDeviation}};
    for (const auto& [mode, name] : kFitNames) {
        if (mode == preprocessing.fit)
            json["fit"] = name;
    }
    return json;
}

// What makes the preprocessing unusable, or an empty text.
std::string readPreprocessing(const Json& json, Preprocessing& preprocessing) {
    preprocessing.inputSizePx = json.at("input_size").get<int>();
    preprocessing.mean = json.at("mean").get<std::vector<float>>();
    preprocessing.standardDeviation = json.at("std").get<std::vector<float>>();
    const auto fit = json.at("fit").get<std::string>();
    bool known = false;
    for (const auto& [mode, name] : kFitNames) {
        if (fit == name) {
            preprocessing.fit = mode;
            known = true;
        }
    }
    if (!known)
        return "fit";
    if (preprocessing.inputSizePx < 32 || preprocessing.inputSizePx > 2048)
        return "input_size";
    const std::size_t planes = preprocessing.mean.size();
    if ((planes != 1 && planes != 3) || preprocessing.standardDeviation.size() != planes)
        return "mean";
    for (const float deviation : preprocessing.standardDeviation) {
        if (!(deviation > 0) || !std::isfinite(deviation))
            return "std";
    }
    return {};
}

void readOptional(const Json& json, ModelCard& card) {
    const auto take = [&json](const char* key, auto& field) {
        if (json.contains(key))
            json.at(key).get_to(field);
    };
    take("name", card.name);
    take("version", card.version);
    take("created", card.createdUtc);
    take("training_command", card.trainingCommand);
    take("training_data", card.trainingData);
    take("initial_weights", card.initialWeights);
    take("data_fingerprint", card.dataFingerprint);
    take("limits", card.limits);
    take("tested_on", card.testedOn);
    take("temperature", card.temperature);
    take("heat_map_scale", card.heatMapScale);
    if (json.contains("test_accuracy")) {
        const Json& accuracy = json.at("test_accuracy");
        card.testAccuracy = {accuracy.at("value").get<double>(), accuracy.at("low").get<double>(),
                             accuracy.at("high").get<double>(), accuracy.at("count").get<long>()};
    }
}

tl::unexpected<Error> bad(std::string reason) {
    return fail(ErrorCode::BadModelFile, "The model card is not usable: " + std::move(reason) + ".");
}

} // namespace

std::string cardToJson(const ModelCard& card) {
    Json json{{"name", card.name},
              {"version", card.version},
              {"architecture", card.architecture},
              {"labels", card.labels},
              {"preprocessing", toJson(card.preprocessing)},
              {"temperature", card.temperature},
              {"heat_map_scale", card.heatMapScale},
              {"created", card.createdUtc},
              {"training_command", card.trainingCommand},
              {"training_data", card.trainingData},
              {"initial_weights", card.initialWeights},
              {"data_fingerprint", card.dataFingerprint},
              {"limits", card.limits}};
    if (card.testAccuracy.count > 0) {
        json["test_accuracy"] = {{"value", card.testAccuracy.value},
                                 {"low", card.testAccuracy.low},
                                 {"high", card.testAccuracy.high},
                                 {"count", card.testAccuracy.count}};
        json["tested_on"] = card.testedOn;
    }
    return json.dump();
}

Result<ModelCard> cardFromJson(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object())
        return bad("it is not a JSON object");
    ModelCard card;
    try {
        card.architecture = json.at("architecture").get<std::string>();
        card.labels = json.at("labels").get<std::vector<std::string>>();
        const std::string key = readPreprocessing(json.at("preprocessing"), card.preprocessing);
        if (!key.empty())
            return bad("'" + key + "' of its preprocessing has a value that Hilum does not know");
        readOptional(json, card);
    } catch (const nlohmann::json::exception& error) {
        return bad(error.what());
    }
    if (std::set<std::string>(card.labels.begin(), card.labels.end()).size() != card.labels.size() ||
        card.labels.size() < 2 || card.labels.size() > 1000)
        return bad("its labels are not 2 to 1000 different names");
    if (!(card.temperature > 0) || !std::isfinite(card.temperature))
        return bad("its temperature is not a positive number");
    return card;
}

} // namespace hilum
