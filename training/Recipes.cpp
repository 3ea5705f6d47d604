#include "training/Recipes.h"

#include <algorithm>

namespace hilum {
namespace {

// The augmentation of Chowdhury et al. 2020 (arXiv 2003.13145) and of the studies after it, at its widest.
AugmentationConfig wideAugmentation() {
    AugmentationConfig wide;
    wide.rotationDeg = 36;
    wide.zoom = 0.2;
    wide.contrast = 0.2;
    wide.translation = 0.1;
    wide.brightness = 0;
    return wide;
}

AugmentationConfig flipOnly() {
    return {.horizontalFlip = true,
            .rotationDeg = 0,
            .zoom = 0,
            .translation = 0,
            .contrast = 0,
            .brightness = 0};
}

void useAdam(TrainingConfig& config, double learningRate) {
    config.optimiser.kind = OptimiserKind::Adam;
    config.optimiser.learningRate = learningRate;
    config.optimiser.weightDecay = 0;
    config.schedule.kind = ScheduleKind::Constant;
}

// The side of published work, but where the network needs a larger one (InceptionV3's auxiliary head).
void useSide(TrainingConfig& config, int sidePx) {
    config.inputSizePx = config.network == "inception_v3" ? 0 : sidePx;
}

void fineTuneEverything(TrainingConfig& config) {
    useAdam(config, 3e-5);
    config.trainable = Trainable::All;
    config.epochs = 25;
    config.batchSize = 32;
    useSide(config, 224);
    config.sampling = Sampling::Oversample;
    config.augmentation = flipOnly();
}

void fineTuneWithAugmentation(TrainingConfig& config) {
    fineTuneEverything(config);
    config.augmentation = wideAugmentation();
    config.earlyStoppingPatience = 6;
}

void frozenBackbone(TrainingConfig& config) {
    config.optimiser.kind = OptimiserKind::Sgd;
    config.optimiser.learningRate = 0.01;
    config.optimiser.weightDecay = 0;
    config.schedule.kind = ScheduleKind::ReduceOnPlateau;
    config.schedule.plateauFactor = 0.5;
    config.schedule.plateauPatience = 2;
    config.trainable = Trainable::HeadOnly;
    config.epochs = 20;
    config.batchSize = 16;
    useSide(config, 192);
    config.cachedViews = 4;
}

void lastBlock(TrainingConfig& config) {
    config.optimiser.learningRate = 3e-4;
    config.trainable = Trainable::LastBlockAndHead;
    config.epochs = 15;
    config.cachedViews = 4;
    config.earlyStoppingPatience = 4;
}

void fromScratch(TrainingConfig& config) {
    config.initialWeights.clear();
    config.optimiser.learningRate = 3e-3;
    config.optimiser.weightDecay = 0.05;
    config.schedule.warmupFraction = 0.15;
    config.epochs = 40;
    config.batchSize = 16;
    config.augmentation = {.horizontalFlip = true,
                           .rotationDeg = 5,
                           .zoom = 0.05,
                           .translation = 0.03,
                           .contrast = 0.1,
                           .brightness = 0.05};
    config.labelSmoothing = 0.02;
    config.emaDecay = 0.99;
}

// The study's three networks of its own; what it leaves open (epochs, and the third's optimiser) is chosen
// here.
void studyPlain(TrainingConfig& config) {
    config.initialWeights.clear();
    useAdam(config, 1e-4);
    config.epochs = 50;
    config.batchSize = 32;
    useSide(config, 256);
    config.augmentation = flipOnly();
    config.earlyStoppingPatience = 10;
}

void studyRegularised(TrainingConfig& config) {
    studyPlain(config);
    config.batchSize = 16;
    config.optimiser.weightDecay = 1e-4;
    config.optimiser.gradientClip = 1;
    config.schedule.kind = ScheduleKind::ReduceOnPlateau;
    config.schedule.plateauFactor = 0.1;
    config.schedule.plateauPatience = 5;
}

void studyNormalised(TrainingConfig& config) {
    studyPlain(config);
    config.optimiser.learningRate = 1e-3;
}

} // namespace

const std::vector<Recipe>& recipes() {
    static const std::vector<Recipe> table{
        {"last-block", "Last block and head",
         "Trains the end of the network on features that are computed once. Good results in minutes on a "
         "laptop.",
         lastBlock},
        {"frozen", "Frozen backbone",
         "Trains the head alone: SGD 0.01, halved on plateaus, 20 epochs, 192 px. The quickest, and the "
         "least exact.",
         frozenBackbone},
        {"fine-tune", "Fine-tune everything",
         "Adam 3e-5, 25 epochs, batch 32, 224 px, mirrored films. As published most often; slow without a "
         "GPU.",
         fineTuneEverything},
        {"fine-tune-augmented", "Fine-tune everything, augmented",
         "The same with rotation, zoom, contrast and translation, and early stopping. The study's best "
         "results.",
         fineTuneWithAugmentation},
        {"scratch", "From scratch",
         "Random weights, AdamW with one cycle, 40 epochs, averaged weights. For small networks and for "
         "films of your own.",
         fromScratch},
        {"study-1", "From scratch, the study's first",
         "Random weights, Adam 1e-4, batch 32, 256 px, early stopping. Made for the CNN of 6 layers with "
         "ReLU.",
         studyPlain},
        {"study-2", "From scratch, the study's second",
         "The same with L2, gradients clipped at 1, batch 16, and the rate cut to a tenth on plateaus. Made "
         "for the CNN "
         "with GELU.",
         studyRegularised},
        {"study-3", "From scratch, the study's third",
         "As the first, with Adam 1e-3. Made for the CNN of 12 layers with Swish.", studyNormalised},
    };
    return table;
}

const Recipe* findRecipe(std::string_view name) {
    const auto found = std::ranges::find(recipes(), name, &Recipe::name);
    return found == recipes().end() ? nullptr : &*found;
}

TrainingConfig withRecipe(const TrainingConfig& config, const Recipe& recipe) {
    TrainingConfig fresh;
    fresh.data = config.data;
    fresh.columns = config.columns;
    fresh.out = config.out;
    fresh.network = config.network;
    fresh.initialWeights = config.initialWeights;
    fresh.weightsFolder = config.weightsFolder;
    fresh.seed = config.seed;
    fresh.repeats = config.repeats;
    fresh.device = config.device;
    fresh.precision = config.precision;
    fresh.split = config.split;
    fresh.threads = config.threads;
    fresh.memoryLimitMb = config.memoryLimitMb;
    fresh.pinnedFilms = config.pinnedFilms;
    fresh.modelName = config.modelName;
    fresh.modelVersion = config.modelVersion;
    fresh.dataDescription = config.dataDescription;
    fresh.limits = config.limits;
    recipe.apply(fresh);
    return fresh;
}

} // namespace hilum
