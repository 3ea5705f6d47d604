// The model file, opened and checked but for the output of its network: what both engines start from. Without
// torch. docs/model-file.md describes the format.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/domain/ModelCard.h"
#include "core/domain/Result.h"
#include "core/graph/Graph.h"
#include "core/model/TensorFile.h"

namespace hilum {

struct ModelContent {
    ModelCard card;
    Graph graph;                         // of card.architecture, for its labels and planes
    std::vector<double> referenceLogits; // one per label
    TensorFile tensors; // every parameter of the graph, in its shape, finite, and nothing else
};

// Errors: NotFound, NotReadable, TooLarge, BadModelFile (with the list of differing tensors),
// UnsupportedVersion.
Result<ModelContent> openModel(const std::filesystem::path& file);

// Errors: NotFound, NotReadable, TooLarge, BadModelFile, UnsupportedVersion.
Result<ModelCard> loadModelCard(const std::filesystem::path& file);

// The metadata that a model file carries beside its tensors.
std::map<std::string, std::string> modelMetadata(const ModelCard& card,
                                                 const std::vector<double>& referenceLogits);

// The side of a network's reference input: 64 pixels, or 128 where that is too small for it.
int referenceSizePx(const Graph& graph);
// The reference input, normalised: P × sizePx × sizePx.
std::vector<float> referencePlanes(const Preprocessing& preprocessing, int sizePx);

// Whether a network's output on the reference input is the recorded one. Errors: BadModelFile, saying by how
// much it differs.
Result<void> checkReferenceLogits(std::span<const double> found, const std::vector<double>& recorded);

// "'a' is missing; 'b' is 3×3 instead of 1×1; and 4 more"
std::string listedDifferences(const std::vector<std::string>& differences);
std::string shapeText(std::span<const std::int64_t> shape);

} // namespace hilum
