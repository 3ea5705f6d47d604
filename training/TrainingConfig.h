// Everything that decides a fine-tuning, as values. One table of fields drives the JSON form, the command
// line, the checks and the wizard, so that they cannot drift apart.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/domain/ComputeDevice.h"
#include "core/domain/ModelCard.h"
#include "core/domain/Precision.h"
#include "core/domain/Result.h"

namespace hilum {

enum class OptimiserKind { Adam, AdamW, Sgd };
enum class ScheduleKind { Constant, ReduceOnPlateau, OneCycle };
enum class Trainable { All, LastBlockAndHead, HeadOnly };
enum class BorderMode { Black, Replicate, Reflect };
enum class Sampling { Shuffle, Oversample };
enum class ClassWeights { None, Balanced };
enum class Grouping { ByFilm, ByPatient };
enum class PatientFrom {
    Any,     // a patient column where there is one, else the file name
    Name,    // SplitConfig::patientPattern on the file name
    Column,  // of a table of films
    DicomTag // Patient ID (0010,0020)
};

// Names of a table's columns; empty: the usual ones (training/FilmTable.h).
struct TableColumns {
    std::string file;
    std::string label;
    std::string patient;
    std::string set;
    std::string source;

    bool operator==(const TableColumns&) const = default;
};

struct OptimiserConfig {
    OptimiserKind kind = OptimiserKind::AdamW;
    double learningRate = 1e-3; // the largest one, where a schedule changes it
    double momentum = 0.9;      // of SGD
    double weightDecay = 0.01;  // not applied to biases and batch norms
    double gradientClip = 0;    // largest norm of all gradients together; 0: off
    // The head's rate is the learning rate, that of each block before the next one's times this.
    double layerDecay = 1;
};

struct ScheduleConfig {
    ScheduleKind kind = ScheduleKind::OneCycle;
    double plateauFactor = 0.5;  // reduce-on-plateau: the rate is multiplied by it
    int plateauPatience = 2;     // epochs without improvement that are tolerated
    double warmupFraction = 0.3; // one-cycle: share of all steps in which the rate rises
    double divFactor = 25;       // one-cycle: first rate = learningRate / divFactor
    double finalDivFactor = 1e4; // one-cycle: last rate = first rate / finalDivFactor
    bool cycleMomentum = true;   // one-cycle: momentum (Adam: beta 1) 0.95 -> 0.85 -> 0.95
};

// Drawn anew for every film in every epoch, uniformly within the range. 0: off.
struct AugmentationConfig {
    bool horizontalFlip = true;
    double rotationDeg = 10;   // ± degrees
    double zoom = 0.1;         // scale in [1 − zoom, 1 + zoom]
    double translation = 0.05; // ± fraction of the side, along each axis
    double contrast = 0.1;     // factor in [1 − contrast, 1 + contrast], about the film's mean grey
    double brightness = 0.1;   // factor in [1 − brightness, 1 + brightness]
    double mixup = 0;          // films are blended in pairs, with weights from Beta(mixup, mixup)
    double erasing = 0;        // probability that one rectangle is filled with the film's mean grey
    BorderMode border = BorderMode::Black; // what lies outside the film after the warp

    [[nodiscard]] bool changesFilms() const {
        return horizontalFlip || rotationDeg > 0 || zoom > 0 || translation > 0 || contrast > 0 ||
               brightness > 0 || erasing > 0;
    }
};

struct SplitConfig {
    double train = 0.7; // fractions; they sum to 1
    double validation = 0.1;
    double test = 0.2;
    Grouping grouping = Grouping::ByPatient;
    PatientFrom patientFrom = PatientFrom::Any;
    std::string patientPattern; // regular expression on the file name, first group = patient; "nih"; "": none
    std::filesystem::path file; // a saved split, used as it is; empty: one is made
    bool given = true;          // sets that the data set itself gives are used
    bool nearDuplicates = false;    // are looked for, and stand in one set
    bool leaveOneSourceOut = false; // cross-validation with a fold for each source, whatever folds says
    int folds = 0;                  // 0: one split; >= 2: cross-validation
    bool finalModel = false;        // after cross-validation, one model trained on everything

    bool operator==(const SplitConfig&) const = default;
};

// Instead of a file: those that torchvision publishes. (A file of that name is "./imagenet".)
inline constexpr std::string_view kImageNetWeights = "imagenet";

struct TrainingConfig {
    std::filesystem::path data; // a folder, or a table of films
    TableColumns columns;
    std::filesystem::path out;
    std::string network = "hilumnet";
    std::filesystem::path initialWeights; // safetensors or .pth, or kImageNetWeights; empty: random weights
    std::filesystem::path weightsFolder;  // where published weights are looked for first; may be empty

    std::uint64_t seed = 1;
    int repeats = 1; // runs on the same split, each with a seed of its own
    int epochs = 30;
    int batchSize = 32;
    int accumulationSteps = 1; // batches whose gradients make one step
    OptimiserConfig optimiser;
    ScheduleConfig schedule;
    int earlyStoppingPatience = 0;    // epochs; 0: off
    double earlyStoppingMinDelta = 0; // by which the validation loss must fall to count
    Sampling sampling = Sampling::Oversample;
    // Of the training loss; Balanced: films / (classes · films of the class).
    ClassWeights classWeights = ClassWeights::None;
    AugmentationConfig augmentation;
    Trainable trainable = Trainable::All;
    // Of what is trained, begin with the head, and add a block after so many epochs; 0: off.
    int unfreezeEveryEpochs = 0;
    int cachedViews = 1; // with a frozen part: views of a film that it sees, once; 0: anew in every epoch
    ComputeDevice device = ComputeDevice::Auto;
    Precision precision = Precision::Auto; // of the training steps; films are always read in fp32
    double labelSmoothing = 0;
    double emaDecay = 0; // of the moving average of weights per step; 0: off
    int pinnedFilms = 0; // validation films whose heat maps are drawn after every epoch

    int inputSizePx = 0; // 0: the network's own
    int inputPlanes = 0; // 0: the network's own
    FitMode fit = FitMode::Stretch;
    std::vector<double> mean;              // one per plane; empty: the network's own
    std::vector<double> standardDeviation; // empty: the network's own

    SplitConfig split;
    int threads = 0; // 0: every core
    // Fitted films and features kept in memory; beyond it films are decoded in every epoch, and features are
    // in a file in the run folder.
    int memoryLimitMb = 4096;

    std::string modelName; // empty: made of network and data folder
    std::string modelVersion = "1";
    std::string dataDescription;     // empty: made of the class counts
    std::vector<std::string> limits; // sentences for the model card
};

// One of a few names; reads and writes the enumeration it stands for.
struct ConfigChoice {
    std::vector<std::string_view> names;
    std::function<std::size_t()> get;
    std::function<void(std::size_t)> set;
};

using ConfigValue = std::variant<bool*, int*, std::uint64_t*, double*, std::string*, std::filesystem::path*,
                                 std::vector<double>*, std::vector<std::string>*, ConfigChoice>;

struct ConfigField {
    std::string key;    // in JSON; a dot opens a nested object, e.g. "augmentation.rotationDeg"
    std::string option; // on the command line, e.g. "--rotation-deg"
    std::string unit;   // of the value, for --help, e.g. "DEGREES"
    std::string help;
    ConfigValue value; // points into the configuration
    double low = 0;    // inclusive range of a number
    double high = 0;
};

// The fields of config, in the order of --help; they point into it.
std::vector<ConfigField> configFields(TrainingConfig& config);

// The value as text, as setFieldText() takes it.
std::string fieldText(const ConfigField& field);
// Errors: InvalidArgument with the field's option as context.
Result<void> setFieldText(const ConfigField& field, const std::string& text);

std::string toJson(const TrainingConfig& config);
// Keys that are absent keep their defaults; an unknown key, a wrong type or a value out of range is an error
// with the key as context. Errors: Damaged (not JSON), InvalidArgument.
Result<TrainingConfig> trainingConfigFromJson(const std::string& text);
// Errors: NotFound, NotReadable, and those of trainingConfigFromJson().
Result<TrainingConfig> readTrainingConfig(const std::filesystem::path& file);

// Errors: InvalidArgument with the key as context.
Result<void> checkSplit(const SplitConfig& split);

// Checks every range and what spans several fields, and fills in what is 0 or empty for "the network's own".
// Device and precision may stay Auto: fineTune() knows this machine.
// Errors: InvalidArgument with the key as context.
Result<TrainingConfig> resolved(const TrainingConfig& config);

// The key of the first setting in which two configurations differ so that they do not describe the same
// training; empty: none. Where the folders are, how much memory may be used and what the model card says may
// differ, and the batch size where as many films make a step.
std::string differingSetting(const TrainingConfig& a, const TrainingConfig& b);

// The hilum-cli command that repeats the training: data, network, out, seed, and whatever is not a default.
std::string trainingCommand(const TrainingConfig& config);

Preprocessing preprocessingOf(const TrainingConfig& resolvedConfig);

} // namespace hilum
