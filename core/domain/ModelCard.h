// What a model file says about itself: enough to prepare a film exactly as in training, and to judge a
// figure. Stored as JSON in the safetensors header; docs/model-file.md describes every key.
#pragma once

#include <string>
#include <vector>

namespace hilum {

// How a film becomes the square that the network sees.
enum class FitMode {
    Stretch,    // both sides scaled to the square on their own
    CenterCrop, // shorter side scaled to the square, the rest cut off evenly
    Letterbox,  // longer side scaled to the square, the rest filled with black
};

// Films are windowed with their default window (core/image/Windowing.h) to [0, 1], fitted to the square with
// area interpolation, then (value − mean) / standardDeviation, one plane per entry of mean.
struct Preprocessing {
    int inputSizePx = 224;
    FitMode fit = FitMode::Stretch;
    std::vector<float> mean{0.485F, 0.456F, 0.406F}; // size 1 or 3: the number of input planes
    std::vector<float> standardDeviation{0.229F, 0.224F, 0.225F};

    friend bool operator==(const Preprocessing&, const Preprocessing&) = default;
};

// A proportion with its Wilson 95 % interval (Wilson 1927), all in [0, 1].
struct Proportion {
    double value = 0;
    double low = 0;
    double high = 0;
    long count = 0; // denominator
};

struct ModelCard {
    std::string name;         // shown in the window, e.g. "Hilum phantom model"
    std::string version;      // of the weights, e.g. "1"
    std::string architecture; // a name of the networks' table, e.g. "densenet201"
    std::vector<std::string> labels;
    Preprocessing preprocessing;
    std::string createdUtc;          // ISO 8601
    std::string trainingCommand;     // the exact command line, with seeds
    std::string trainingData;        // what it was trained on, in words
    std::string initialWeights;      // file and SHA-256 that the training started from; empty: random weights
    std::string dataFingerprint;     // SHA-256 over names and contents of the training set
    std::vector<std::string> limits; // what a reader must know before believing a figure, a sentence each
    Proportion testAccuracy;         // count 0: not evaluated
    std::string testedOn;            // e.g. "113 held-out films, split by patient"
    double temperature = 1;          // logits are divided by it before the softmax
    double heatMapScale = 0;         // top of the fixed heat-map scale, in raw Grad-CAM units; 0: none
};

} // namespace hilum
