#include "training/TrainingConfig.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>
#include <sstream>

#include <nlohmann/json.hpp>

#include "core/graph/Networks.h"
#include "core/graph/Shapes.h"
#include "training/Text.h"

namespace hilum {
namespace {

using Json = nlohmann::ordered_json;
using Path = std::filesystem::path;

template <class Enum>
ConfigChoice choice(Enum& value, std::vector<std::string_view> names) {
    return {std::move(names), [&value] { return static_cast<std::size_t>(value); },
            [&value](std::size_t index) { value = static_cast<Enum>(index); }};
}

void addRunFields(std::vector<ConfigField>& fields, TrainingConfig& c) {
    std::vector<std::string_view> networks;
    for (const NetworkInfo& info : networkTable())
        networks.push_back(info.name);
    fields.push_back(
        {"data", "--data", "DATA",
         "Data set: one folder per class, train, validation and test folders of these, or a table "
         "(CSV, Excel) of files and classes",
         &c.data});
    fields.push_back({"network", "--network", "NAME", "Network: " + joined(networks, ", "), &c.network});
    fields.push_back({"out", "--out", "RUN", "Run folder that is written", &c.out});
    fields.push_back({"initialWeights", "--weights", "WHICH",
                      "Weights to start from: imagenet (torchvision's, downloaded once), or a file, "
                      "safetensors or .pth; a head of "
                      "another shape is left out",
                      &c.initialWeights});
    fields.push_back(
        {"weightsFolder", "--weights-dir", "DIR",
         "Folder with torchvision's files, for imagenet; else HILUM_WEIGHTS_DIR, caches, the net",
         &c.weightsFolder});
    fields.push_back(
        {"trainable", "--trainable", "PART",
         "What is trained: all, last-block (and head), head; frozen batch norms stay as they are",
         choice(c.trainable, {"all", "last-block", "head"})});
    fields.push_back(
        {"unfreezeEveryEpochs", "--unfreeze-every", "EPOCHS",
         "Begin with the head alone, and train one more block after so many epochs; 0: all at once",
         &c.unfreezeEveryEpochs, 0, 100000});
    fields.push_back({"cachedViews", "--cached-views", "N",
                      "last-block, head: the frozen part sees so many views of each film, once, and its "
                      "features are kept; 1: the film without augmentation, more: augmented ones; 0: nothing "
                      "is kept, films are augmented anew in every epoch",
                      &c.cachedViews, 0, 1000});
    fields.push_back({"seed", "--seed", "N", "Seed of split, order, augmentation and weights", &c.seed});
    fields.push_back(
        {"repeats", "--repeats", "N",
         "Runs on the same split, each with a seed of its own: how far chance alone moves the figures",
         &c.repeats, 1, 100});
    fields.push_back({"epochs", "--epochs", "N", "Passes over the training set", &c.epochs, 1, 100000});
    fields.push_back({"batchSize", "--batch-size", "FILMS", "Films per step", &c.batchSize, 1, 4096});
    fields.push_back(
        {"accumulationSteps", "--accumulate", "BATCHES",
         "Batches whose gradients make one step: as a batch so many times as large, in the memory of one",
         &c.accumulationSteps, 1, 1024});
    fields.push_back({"pinnedFilms", "--pinned-films", "N",
                      "Validation films whose heat maps are drawn into the run folder after every epoch",
                      &c.pinnedFilms, 0, 64});
    fields.push_back({"device", "--device", "DEVICE",
                      "What trains: cpu, cuda, mps, or auto (CUDA or MPS where LibTorch has it)",
                      choice(c.device, {"auto", "cpu", "cuda", "mps"})});
    fields.push_back({"precision", "--precision", "NUMBERS",
                      "Of the training steps: fp32, bf16, or auto (bf16 where the device has it)",
                      choice(c.precision, {"auto", "fp32", "bf16"})});
    fields.push_back({"threads", "--threads", "N", "Processor threads; 0: every core", &c.threads, 0, 1024});
    fields.push_back({"memoryLimitMb", "--memory-limit", "MB",
                      "Fitted films and features kept in memory; beyond it films are decoded in every epoch, "
                      "and features are in a file in the run folder",
                      &c.memoryLimitMb, 0, 1 << 20});
}

void addOptimiserFields(std::vector<ConfigField>& fields, TrainingConfig& c) {
    OptimiserConfig& o = c.optimiser;
    fields.push_back({"optimiser.kind", "--optimiser", "NAME", "adam, adamw or sgd",
                      choice(o.kind, {"adam", "adamw", "sgd"})});
    fields.push_back({"optimiser.learningRate", "--learning-rate", "RATE",
                      "Learning rate, the largest where a schedule changes it", &o.learningRate, 1e-12, 100});
    fields.push_back({"optimiser.momentum", "--momentum", "M", "Momentum of sgd", &o.momentum, 0, 0.9999});
    fields.push_back({"optimiser.weightDecay", "--weight-decay", "W",
                      "Weight decay, not on biases and batch norms", &o.weightDecay, 0, 10});
    fields.push_back({"optimiser.gradientClip", "--gradient-clip", "NORM",
                      "Largest norm of the gradient; 0: off", &o.gradientClip, 0, 1e6});
    fields.push_back({"optimiser.layerDecay", "--layer-decay", "FACTOR",
                      "Each block of layers learns at the rate of the next one times this; 1: all alike",
                      &o.layerDecay, 0.01, 1});
}

void addScheduleFields(std::vector<ConfigField>& fields, TrainingConfig& c) {
    ScheduleConfig& s = c.schedule;
    fields.push_back({"schedule.kind", "--schedule", "NAME",
                      "constant, plateau (by validation loss, else training loss) or one-cycle (per batch)",
                      choice(s.kind, {"constant", "plateau", "one-cycle"})});
    fields.push_back({"schedule.plateauFactor", "--plateau-factor", "F",
                      "plateau: the rate is multiplied by it", &s.plateauFactor, 0.001, 0.999});
    fields.push_back({"schedule.plateauPatience", "--plateau-patience", "EPOCHS",
                      "plateau: epochs without improvement that are tolerated", &s.plateauPatience, 0,
                      100000});
    fields.push_back({"schedule.warmupFraction", "--warmup", "FRACTION",
                      "one-cycle: share of the steps in which the rate rises", &s.warmupFraction, 0, 1});
    fields.push_back({"schedule.divFactor", "--div-factor", "F",
                      "one-cycle: the first rate is the learning rate divided by it", &s.divFactor, 1, 1e9});
    fields.push_back({"schedule.finalDivFactor", "--final-div-factor", "F",
                      "one-cycle: the last rate is the first one divided by it", &s.finalDivFactor, 1, 1e12});
    fields.push_back({"schedule.cycleMomentum", "--cycle-momentum", "",
                      "one-cycle: momentum (beta 1) goes 0.95, 0.85, 0.95", &s.cycleMomentum});
    fields.push_back({"earlyStoppingPatience", "--early-stopping", "EPOCHS",
                      "Stop after so many epochs without a lower validation loss; 0: off",
                      &c.earlyStoppingPatience, 0, 100000});
    fields.push_back({"earlyStoppingMinDelta", "--early-stopping-delta", "LOSS",
                      "By which the validation loss must fall to count", &c.earlyStoppingMinDelta, 0, 1000});
    fields.push_back({"labelSmoothing", "--label-smoothing", "S", "Label smoothing of the training loss",
                      &c.labelSmoothing, 0, 0.99});
    fields.push_back({"emaDecay", "--ema", "DECAY",
                      "Use a moving average of the weights, with this decay per step; 0: off", &c.emaDecay, 0,
                      0.999999});
}

void addAugmentationFields(std::vector<ConfigField>& fields, TrainingConfig& c) {
    AugmentationConfig& a = c.augmentation;
    fields.push_back({"sampling", "--sampling", "HOW",
                      "oversample (with replacement, every class equally often) or shuffle",
                      choice(c.sampling, {"shuffle", "oversample"})});
    fields.push_back(
        {"classWeights", "--class-weights", "HOW",
         "Of the training loss: none, or balanced (rare classes count more); instead of oversampling",
         choice(c.classWeights, {"none", "balanced"})});
    fields.push_back({"augmentation.mixup", "--mixup", "ALPHA",
                      "Blend films in pairs, with weights from Beta(ALPHA, ALPHA); 0: off", &a.mixup, 0, 10});
    fields.push_back({"augmentation.horizontalFlip", "--flip", "",
                      "Mirror every second film: the heart then lies on the right", &a.horizontalFlip});
    fields.push_back({"augmentation.rotationDeg", "--rotation", "DEGREES", "Rotate by up to ± this",
                      &a.rotationDeg, 0, 180});
    fields.push_back({"augmentation.zoom", "--zoom", "FRACTION", "Scale by 1 ± up to this", &a.zoom, 0, 0.9});
    fields.push_back({"augmentation.translation", "--translation", "FRACTION",
                      "Shift by up to ± this fraction of the side", &a.translation, 0, 1});
    fields.push_back({"augmentation.contrast", "--contrast", "FRACTION",
                      "Contrast times 1 ± up to this, about the mean grey", &a.contrast, 0, 1});
    fields.push_back({"augmentation.brightness", "--brightness", "FRACTION",
                      "Brightness times 1 ± up to this", &a.brightness, 0, 1});
    fields.push_back({"augmentation.erasing", "--erasing", "PROBABILITY",
                      "Fill one rectangle (2 to 20 % of the film) with its mean grey", &a.erasing, 0, 1});
    fields.push_back({"augmentation.border", "--border", "HOW",
                      "What lies outside the film after the warp: black, replicate, reflect",
                      choice(a.border, {"black", "replicate", "reflect"})});
}

void addInputFields(std::vector<ConfigField>& fields, TrainingConfig& c) {
    fields.push_back({"inputSizePx", "--input-size", "PX",
                      "Side of the network's input; 0: the network's own", &c.inputSizePx, 0, 2048});
    fields.push_back(
        {"inputPlanes", "--input-planes", "N", "1 or 3; 0: the network's own", &c.inputPlanes, 0, 3});
    fields.push_back({"fit", "--fit", "HOW", "How a film becomes a square: stretch, crop, letterbox",
                      choice(c.fit, {"stretch", "crop", "letterbox"})});
    fields.push_back(
        {"mean", "--mean", "LIST",
         "Subtracted from grey values in [0, 1], one per plane, with commas; empty: the network's own",
         &c.mean, -1000, 1000});
    fields.push_back({"standardDeviation", "--std", "LIST", "Then divided by; empty: the network's own",
                      &c.standardDeviation, 1e-6, 1000});
}

void addSplitFields(std::vector<ConfigField>& fields, TrainingConfig& c) {
    SplitConfig& s = c.split;
    fields.push_back(
        {"split.train", "--train-fraction", "FRACTION", "Share of the training set", &s.train, 0, 1});
    fields.push_back({"split.validation", "--validation-fraction", "FRACTION",
                      "Share of the validation set; 0: none, the last weights are kept", &s.validation, 0,
                      1});
    fields.push_back({"split.test", "--test-fraction", "FRACTION", "Share of the test set", &s.test, 0, 1});
    fields.push_back({"split.grouping", "--split-by", "WHAT",
                      "patient (all films of a patient in one set) or film",
                      choice(s.grouping, {"film", "patient"})});
    fields.push_back(
        {"split.file", "--split", "FILE",
         "Saved split (CSV: file,label,patient,set) that is used as it is, instead of making one", &s.file});
    fields.push_back({"split.given", "--given-split", "",
                      "Use the sets that the data give: train, validation, test folders, or a column",
                      &s.given});
    fields.push_back({"split.nearDuplicates", "--near-duplicates", "",
                      "Look for near duplicates first, and keep them in one set; reads every film once more",
                      &s.nearDuplicates});
    fields.push_back({"split.leaveOneSourceOut", "--leave-one-source-out", "",
                      "Cross-validate with a fold for each source of a table", &s.leaveOneSourceOut});
    fields.push_back(
        {"split.patientFrom", "--patient-from", "WHERE",
         "Tell patients apart by name (--patient-pattern), column (of a table), dicom (Patient ID), or "
         "any: the column where there is one, else the name",
         choice(s.patientFrom, {"any", "name", "column", "dicom"})});
    fields.push_back({"split.patientPattern", "--patient-pattern", "REGEX",
                      "Regular expression on the file name, its first group is the patient; nih: the digits "
                      "before _ in 00000061_012.png; empty: every film is a patient of its own",
                      &s.patientPattern});
    fields.push_back(
        {"split.folds", "--folds", "K", "Cross-validate with K folds; 0: one split", &s.folds, 0, 100});
    fields.push_back({"split.finalModel", "--final", "",
                      "After cross-validation, train one model on everything", &s.finalModel});
}

void addTableFields(std::vector<ConfigField>& fields, TrainingConfig& c) {
    TableColumns& t = c.columns;
    fields.push_back({"columns.file", "--file-column", "NAME",
                      "Column of the files in a table, relative to it; else file, path, filename, image",
                      &t.file});
    fields.push_back({"columns.label", "--label-column", "NAME",
                      "Column of the classes; else label, class, finding", &t.label});
    fields.push_back({"columns.patient", "--patient-column", "NAME",
                      "Column of the patients; else patient, patientid", &t.patient});
    fields.push_back({"columns.set", "--set-column", "NAME",
                      "Column of train, validation, test; else set, split", &t.set});
    fields.push_back({"columns.source", "--source-column", "NAME",
                      "Column of where a film comes from; else source, dataset", &t.source});
}

void addCardFields(std::vector<ConfigField>& fields, TrainingConfig& c) {
    fields.push_back({"modelName", "--name", "TEXT", "Name on the model card", &c.modelName});
    fields.push_back(
        {"modelVersion", "--model-version", "TEXT", "Version on the model card", &c.modelVersion});
    fields.push_back({"dataDescription", "--data-description", "TEXT", "What the data is, for the model card",
                      &c.dataDescription});
    fields.push_back({"limits", "--limit", "TEXT",
                      "A sentence about the model's limits, for the model card; may be repeated", &c.limits});
}

const ConfigField* fieldOf(const std::vector<ConfigField>& fields, const std::string& key) {
    const auto found = std::ranges::find(fields, key, &ConfigField::key);
    return found == fields.end() ? nullptr : &*found;
}

Result<void> wrongValue(const std::string& context, const std::string& wanted) {
    return fail(ErrorCode::InvalidArgument, "The value must be " + wanted + ".", context);
}

std::string rangeText(const ConfigField& field) {
    return "from " + numberText(field.low) + " to " + numberText(field.high);
}

bool inRange(const ConfigField& field, double value) { return value >= field.low && value <= field.high; }

std::size_t nameIndex(const ConfigChoice& choice, std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(choice.names, name) - choice.names.begin());
}

// --- JSON ---

struct JsonWriter {
    Json operator()(const bool* value) const { return *value; }
    Json operator()(const int* value) const { return *value; }
    Json operator()(const std::uint64_t* value) const { return *value; }
    Json operator()(const double* value) const { return *value; }
    Json operator()(const std::string* value) const { return *value; }
    Json operator()(const Path* value) const { return value->string(); }
    Json operator()(const std::vector<double>* value) const { return *value; }
    Json operator()(const std::vector<std::string>* value) const { return *value; }
    Json operator()(const ConfigChoice& choice) const { return std::string(choice.names[choice.get()]); }
};

struct JsonSetter {
    const ConfigField& field;
    const Json& json;

    Result<void> operator()(bool* value) const {
        if (!json.is_boolean())
            return wrongValue(field.key, "true or false");
        *value = json.get<bool>();
        return {};
    }
    Result<void> operator()(int* value) const {
        if (!json.is_number_integer() || !inRange(field, json.get<double>()))
            return wrongValue(field.key, "a whole number " + rangeText(field));
        *value = json.get<int>();
        return {};
    }
    Result<void> operator()(std::uint64_t* value) const {
        if (!json.is_number_unsigned())
            return wrongValue(field.key, "a whole number of 0 or more");
        *value = json.get<std::uint64_t>();
        return {};
    }
    Result<void> operator()(double* value) const {
        if (!json.is_number() || !inRange(field, json.get<double>()))
            return wrongValue(field.key, "a number " + rangeText(field));
        *value = json.get<double>();
        return {};
    }
    Result<void> operator()(std::string* value) const {
        if (!json.is_string())
            return wrongValue(field.key, "a text");
        *value = json.get<std::string>();
        return {};
    }
    Result<void> operator()(Path* value) const {
        if (!json.is_string())
            return wrongValue(field.key, "a path");
        *value = json.get<std::string>();
        return {};
    }
    Result<void> operator()(std::vector<double>* value) const {
        const auto good = [&](const Json& item) {
            return item.is_number() && inRange(field, item.get<double>());
        };
        if (!json.is_array() || !std::ranges::all_of(json, good))
            return wrongValue(field.key, "a list of numbers " + rangeText(field));
        *value = json.get<std::vector<double>>();
        return {};
    }
    Result<void> operator()(std::vector<std::string>* value) const {
        if (!json.is_array() || !std::ranges::all_of(json, [](const Json& item) { return item.is_string(); }))
            return wrongValue(field.key, "a list of texts");
        *value = json.get<std::vector<std::string>>();
        return {};
    }
    Result<void> operator()(const ConfigChoice& choice) const {
        const std::size_t index =
            json.is_string() ? nameIndex(choice, json.get_ref<const std::string&>()) : choice.names.size();
        if (index == choice.names.size())
            return wrongValue(field.key, "one of " + joined(choice.names, ", "));
        choice.set(index);
        return {};
    }
};

bool isGroup(const std::vector<ConfigField>& fields, const std::string& key) {
    return std::ranges::any_of(fields, [&](const ConfigField& f) { return f.key.starts_with(key + "."); });
}

Result<void> setFromJson(const std::vector<ConfigField>& fields, const Json& object,
                         const std::string& prefix) {
    for (const auto& [name, value] : object.items()) {
        const std::string key = prefix + name;
        if (const ConfigField* field = fieldOf(fields, key)) {
            if (auto set = std::visit(JsonSetter{*field, value}, field->value); !set)
                return set;
        } else if (isGroup(fields, key) && value.is_object()) {
            if (auto set = setFromJson(fields, value, key + "."); !set)
                return set;
        } else {
            return fail(ErrorCode::InvalidArgument,
                        isGroup(fields, key) ? "The value must be an object."
                                             : "There is no setting of that name.",
                        key);
        }
    }
    return {};
}

// --- text ---

struct TextWriter {
    std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
    std::string operator()(const int* value) const { return std::to_string(*value); }
    std::string operator()(const std::uint64_t* value) const { return std::to_string(*value); }
    std::string operator()(const double* value) const { return numberText(*value); }
    std::string operator()(const std::string* value) const { return *value; }
    std::string operator()(const Path* value) const { return value->string(); }
    std::string operator()(const std::vector<double>* value) const {
        std::vector<std::string> texts;
        std::ranges::transform(*value, std::back_inserter(texts), numberText);
        return joined(texts, ",");
    }
    std::string operator()(const std::vector<std::string>* value) const { return joined(*value, "\n"); }
    std::string operator()(const ConfigChoice& choice) const {
        return std::string(choice.names[choice.get()]);
    }
};

template <class Number>
bool parseNumber(std::string_view text, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

// The text as JSON would hold it; a discarded value where it cannot.
Json jsonFromText(const ConfigField& field, const std::string& text) {
    if (std::holds_alternative<bool*>(field.value))
        return text == "true" ? Json(true) : text == "false" ? Json(false) : Json();
    if (std::holds_alternative<int*>(field.value)) {
        int value = 0;
        return parseNumber(text, value) ? Json(value) : Json();
    }
    if (std::holds_alternative<std::uint64_t*>(field.value)) {
        std::uint64_t value = 0;
        return parseNumber(text, value) ? Json(value) : Json();
    }
    if (std::holds_alternative<double*>(field.value)) {
        double value = 0;
        return parseNumber(text, value) ? Json(value) : Json();
    }
    const bool numbers = std::holds_alternative<std::vector<double>*>(field.value);
    if (!numbers && !std::holds_alternative<std::vector<std::string>*>(field.value))
        return text;
    Json list = Json::array();
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, numbers ? ',' : '\n');) {
        double value = 0;
        list.push_back(!numbers ? Json(part) : parseNumber(part, value) ? Json(value) : Json());
    }
    return list;
}

// --- checks across fields ---

Result<void> checkRanges(TrainingConfig& config) {
    for (const ConfigField& field : configFields(config)) {
        const Json json = std::visit(JsonWriter{}, field.value);
        if (auto set = std::visit(JsonSetter{field, json}, field.value); !set)
            return set;
    }
    return {};
}

Result<void> fillInput(TrainingConfig& config, const NetworkInfo& info) {
    if (config.inputSizePx == 0)
        config.inputSizePx = info.inputSizePx;
    if (config.inputSizePx < 16)
        return fail(ErrorCode::InvalidArgument, "The input must be at least 16 pixels wide.", "inputSizePx");
    const Graph graph = info.describe(2, 3);
    const auto fits = [&graph](int size) {
        const std::vector<Extent> extents = extentsOf(graph, size);
        return std::ranges::find(extents, Extent()) == extents.end();
    };
    if (!fits(config.inputSizePx)) {
        int least = config.inputSizePx + 1;
        while (!fits(least))
            ++least;
        return fail(ErrorCode::InvalidArgument,
                    "The input of this network must be at least " + std::to_string(least) + " pixels wide.",
                    "inputSizePx");
    }
    if (config.inputPlanes == 0)
        config.inputPlanes = config.mean.empty() ? info.inputPlanes : static_cast<int>(config.mean.size());
    if (config.inputPlanes != 1 && config.inputPlanes != 3)
        return fail(ErrorCode::InvalidArgument, "A network has one or three input planes.", "inputPlanes");
    const auto planes = static_cast<std::size_t>(config.inputPlanes);
    const Normalisation& own = planes == 1 ? kGreyNormalisation : info.normalisation;
    if (config.mean.empty())
        config.mean.assign(own.mean.begin(), own.mean.begin() + planes);
    if (config.standardDeviation.empty())
        config.standardDeviation.assign(own.deviation.begin(), own.deviation.begin() + planes);
    if (config.mean.size() != planes)
        return fail(ErrorCode::InvalidArgument, "There must be one mean per input plane.", "mean");
    if (config.standardDeviation.size() != planes)
        return fail(ErrorCode::InvalidArgument, "There must be one standard deviation per input plane.",
                    "standardDeviation");
    return {};
}

Result<void> checkWeights(const TrainingConfig& config, const NetworkInfo& info) {
    if (config.initialWeights != kImageNetWeights)
        return {};
    if (info.weightsFile.empty())
        return fail(ErrorCode::InvalidArgument, "There are no published weights of this network.",
                    "initialWeights");
    if (config.inputPlanes != info.inputPlanes)
        return fail(ErrorCode::InvalidArgument, "The published weights need three input planes.",
                    "inputPlanes");
    return {};
}

std::string shellQuoted(const std::string& text) {
    const auto plain = [](unsigned char c) {
        return std::isalnum(c) != 0 || std::strchr("_-./,:=+@%", c) != nullptr;
    };
    if (!text.empty() && std::ranges::all_of(text, plain))
        return text;
    std::string quoted = "'";
    for (const char c : text)
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

} // namespace

Result<void> checkSplit(const SplitConfig& split) {
    if (split.folds == 1)
        return fail(ErrorCode::InvalidArgument, "Cross-validation needs at least two folds.", "split.folds");
    if (std::abs(split.train + split.validation + split.test - 1) > 1e-6)
        return fail(ErrorCode::InvalidArgument,
                    "The fractions for training, validation and test must sum to 1.", "split.train");
    if (split.train <= 0)
        return fail(ErrorCode::InvalidArgument, "The training set needs a share of the films.",
                    "split.train");
    if (!split.file.empty() && (split.folds > 0 || split.leaveOneSourceOut))
        return fail(ErrorCode::InvalidArgument, "A saved split goes without cross-validation.", "split.file");
    if (split.finalModel && split.folds == 0 && !split.leaveOneSourceOut)
        return fail(ErrorCode::InvalidArgument,
                    "A final model on everything comes after cross-validation: set folds.",
                    "split.finalModel");
    return {};
}

std::vector<ConfigField> configFields(TrainingConfig& config) {
    std::vector<ConfigField> fields;
    addRunFields(fields, config);
    addOptimiserFields(fields, config);
    addScheduleFields(fields, config);
    addAugmentationFields(fields, config);
    addInputFields(fields, config);
    addSplitFields(fields, config);
    addTableFields(fields, config);
    addCardFields(fields, config);
    return fields;
}

std::string fieldText(const ConfigField& field) { return std::visit(TextWriter{}, field.value); }

Result<void> setFieldText(const ConfigField& field, const std::string& text) {
    const Json json = jsonFromText(field, text);
    auto set = std::visit(JsonSetter{field, json}, field.value);
    if (!set)
        set.error().context = field.option;
    return set;
}

std::string toJson(const TrainingConfig& config) {
    TrainingConfig copy = config;
    Json json = Json::object();
    for (const ConfigField& field : configFields(copy)) {
        const auto dot = field.key.find('.');
        Json value = std::visit(JsonWriter{}, field.value);
        if (dot == std::string::npos)
            json[field.key] = std::move(value);
        else
            json[field.key.substr(0, dot)][field.key.substr(dot + 1)] = std::move(value);
    }
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<TrainingConfig> trainingConfigFromJson(const std::string& text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object())
        return fail(ErrorCode::Damaged, "The training configuration is not a JSON object.");
    TrainingConfig config;
    if (auto set = setFromJson(configFields(config), json, ""); !set)
        return tl::unexpected(set.error());
    return config;
}

Result<TrainingConfig> readTrainingConfig(const Path& file) {
    auto text = readTextFile(file);
    if (!text)
        return tl::unexpected(text.error());
    return trainingConfigFromJson(*text);
}

Result<TrainingConfig> resolved(const TrainingConfig& config) {
    TrainingConfig full = config;
    if (auto good = checkRanges(full); !good)
        return tl::unexpected(good.error());
    if (auto good = checkSplit(full.split); !good)
        return tl::unexpected(good.error());
    const NetworkInfo* info = findNetwork(full.network);
    if (info == nullptr)
        return fail(ErrorCode::InvalidArgument, "There is no network of that name.", "network");
    if (auto good = fillInput(full, *info); !good)
        return tl::unexpected(good.error());
    if (auto good = checkWeights(full, *info); !good)
        return tl::unexpected(good.error());
    if (full.earlyStoppingPatience > 0 && full.split.validation <= 0)
        return fail(ErrorCode::InvalidArgument, "Early stopping needs a validation set.",
                    "earlyStoppingPatience");
    if (full.pinnedFilms > 0 && full.split.validation <= 0 && full.split.folds == 0)
        return fail(ErrorCode::InvalidArgument, "Pinned films need a validation set.", "pinnedFilms");
    if (full.classWeights == ClassWeights::Balanced && full.sampling == Sampling::Oversample)
        return fail(
            ErrorCode::InvalidArgument,
            "Class weights and oversampling would correct the classes twice; shuffle the films instead.",
            "classWeights");
    if (full.repeats > 1 && (full.split.folds > 0 || full.split.leaveOneSourceOut))
        return fail(ErrorCode::InvalidArgument,
                    "A run is repeated on one split; it goes without cross-validation.", "repeats");
    if (full.repeats > 1 && full.split.file.empty() && full.split.test <= 0)
        return fail(ErrorCode::InvalidArgument,
                    "A repeated run needs test films, whose figures are compared.", "repeats");
    if (full.data.empty())
        return fail(ErrorCode::InvalidArgument, "The data folder is missing.", "data");
    if (full.out.empty())
        return fail(ErrorCode::InvalidArgument, "The run folder is missing.", "out");
    return full;
}

std::string differingSetting(const TrainingConfig& a, const TrainingConfig& b) {
    static constexpr std::array<std::string_view, 10> kFree{
        "repeats",      "pinnedFilms",     "data",  "out", "weightsFolder", "memoryLimitMb", "modelName",
        "modelVersion", "dataDescription", "limits"};
    TrainingConfig first = a, second = b;
    if (a.batchSize * a.accumulationSteps == b.batchSize * b.accumulationSteps) {
        second.batchSize = first.batchSize;
        second.accumulationSteps = first.accumulationSteps;
    }
    if (a.split.leaveOneSourceOut && b.split.leaveOneSourceOut)
        second.split.folds = first.split.folds; // follow from the sources
    const auto fields = configFields(first);
    const auto others = configFields(second);
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fieldText(fields[i]) != fieldText(others[i]) &&
            std::ranges::find(kFree, fields[i].key) == kFree.end())
            return fields[i].key;
    }
    return {};
}

std::string trainingCommand(const TrainingConfig& config) {
    TrainingConfig changed = config, defaults;
    const auto fields = configFields(changed);
    const auto plain = configFields(defaults);
    std::string command = "hilum-cli train";
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const ConfigField& field = fields[i];
        const std::string text = fieldText(field);
        const bool always = field.key == "network" || field.key == "seed";
        if (text == fieldText(plain[i]) && !always)
            continue;
        if (std::holds_alternative<bool*>(field.value)) {
            command += " " + (text == "true" ? field.option : "--no-" + field.option.substr(2));
        } else if (const auto* list = std::get_if<std::vector<std::string>*>(&field.value)) {
            for (const std::string& item : **list)
                command += " " + field.option + " " + shellQuoted(item);
        } else {
            command += " " + field.option + " " + shellQuoted(text);
        }
    }
    return command;
}

Preprocessing preprocessingOf(const TrainingConfig& config) {
    Preprocessing preprocessing;
    preprocessing.inputSizePx = config.inputSizePx;
    preprocessing.fit = config.fit;
    preprocessing.mean.assign(config.mean.begin(), config.mean.end());
    preprocessing.standardDeviation.assign(config.standardDeviation.begin(), config.standardDeviation.end());
    return preprocessing;
}

} // namespace hilum
