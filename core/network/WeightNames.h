// The names under which people keep weights -> torchvision's. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hilum {

// One name for each of those given, in their order, for a network of Hilum's table:
// - what stands in front of all of them goes: "module." (DataParallel), "model.", "backbone.", "net.",
// "densenet121.";
// - DenseNet's old "denselayer1.norm.1.weight" becomes "denselayer1.norm1.weight";
// - CheXNet's head, a linear layer and a sigmoid, "classifier.0.weight", becomes "classifier.weight".
// Others stay as they are.
std::vector<std::string> torchvisionNames(std::vector<std::string> names, std::string_view network);

// True where the head is CheXNet's: a probability for every label on its own, where a Hilum model has one for
// all.
bool endsWithSigmoid(const std::vector<std::string>& names, std::string_view network);

} // namespace hilum
