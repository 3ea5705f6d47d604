// What the shortcut test found: does a network look at the lungs, or at something else that gives the class
// away? The test itself is in training/ShortcutTest.h. Pure; without an engine.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/ModelCard.h"
#include "core/domain/Result.h"

namespace hilum {

// Mean over films with the normal approximation's 95 % interval, cut off at 0 and 1. films 0: not defined.
struct MeanShare {
    double value = 0;
    double low = 0;
    double high = 0;
    long films = 0;
};
MeanShare meanShare(const std::vector<double>& shares);

// The heat maps of the predicted classes held against a region; training/HeatInRegion.h. Films whose map is 0
// all over are left out.
struct RegionHeat {
    MeanShare inside;    // share of the heat that lies in the region
    double area = 0;     // mean share of the film that the region covers
    Proportion pointing; // films whose map has its maximum in the region
    double pointingByChance = 0;
};

// What is blacked out, and what the heat maps are held against.
enum class ShortcutRegion {
    Lungs, // the films' lung masks
    Centre // where there are none: a rectangle in the centre of the film that holds most of the lungs
};

struct LeftOutFilm {
    std::filesystem::path file; // relative to the data
    std::string reason;         // one sentence
};

struct ShortcutResult {
    std::string model;       // name on the card
    std::string modelSha256; // empty where the films were read by the models of several folds
    std::vector<std::string> labels;
    std::vector<long> films; // read, per label
    ShortcutRegion region = ShortcutRegion::Lungs;
    long withoutMask = 0;             // test films that have no lung mask, where the region is the lungs
    std::vector<LeftOutFilm> leftOut; // film or mask cannot be read, or they don't belong together

    Proportion asTheyAre; // accuracies, each with its Wilson 95 % interval
    Proportion regionBlack;
    Proportion onlyRegion; // everything else black

    RegionHeat heat;
    std::vector<RegionHeat> heatByClass; // of the films of a class, in labels order
    std::optional<RegionHeat> lesions;   // of films that have any, where the data hold masks of lesions

    [[nodiscard]] long filmCount() const;
    // Accuracy of always saying the largest class.
    [[nodiscard]] double guessing() const;
};

// The part of what a network is better than guessing by that is left without the region, from which it counts
// as most.
inline constexpr double kMostOfIt = 0.5;

enum class ShortcutVerdict {
    NotLearnt, // not better than guessing on the films as they are: there is nothing to explain
    Shortcut,  // without the region most of what it is better than guessing by is left
    Partly,    // without it it is better than guessing, by less
    NoneShown, // without it it is not better than guessing
};
// "Better" means that the whole interval lies above guessing.
ShortcutVerdict verdictOf(const ShortcutResult& result);

// "lungs", or "centre".
std::string_view regionWord(ShortcutRegion region);
// One sentence or two.
std::string verdictText(const ShortcutResult& result);
std::string heatText(const ShortcutResult& result);
// What the test cannot tell.
std::string_view shortcutCaveat(ShortcutRegion region);

std::string shortcutToText(const ShortcutResult& result);
std::string shortcutToJson(const ShortcutResult& result);
// shortcut.json. Errors: Damaged (not such a file, or one that contradicts itself).
Result<ShortcutResult> parseShortcutJson(std::string_view text);

} // namespace hilum
