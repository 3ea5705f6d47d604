#include "training/ShortcutResult.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "training/EvaluationReport.h"
#include "training/Text.h"

namespace hilum {
namespace {

constexpr double kZ = 1.959963984540054;
constexpr std::size_t kWidth = 22; // of a column of the table of heat

std::string rangeText(double low, double high) { return percentText(low) + " to " + percentText(high); }

// As in "lies in …".
std::string placeText(ShortcutRegion region) {
    return region == ShortcutRegion::Lungs ? "the lungs" : "the centre of the film";
}

std::string heatRow(const std::string& name, std::size_t nameWidth, const RegionHeat& heat) {
    std::string text = paddedRight(name, nameWidth);
    if (heat.inside.films == 0)
        return text + paddedLeft("–", kWidth) + "\n";
    for (const std::string& cell :
         {percentText(heat.inside.value) + " (" + fixedText(100 * heat.inside.low, 1) + "–" +
              fixedText(100 * heat.inside.high, 1) + ")",
          percentText(heat.area),
          std::to_string(std::lround(heat.pointing.value * static_cast<double>(heat.pointing.count))) +
              " of " + std::to_string(heat.pointing.count),
          percentText(heat.pointingByChance)})
        text += paddedLeft(cell, kWidth);
    return text + "\n";
}

std::string heatTable(const ShortcutResult& result) {
    std::size_t nameWidth = characterCount("in lesions");
    for (const std::string& label : result.labels)
        nameWidth = std::max(nameWidth, characterCount(label));
    std::string text = paddedRight("heat map", nameWidth);
    for (const char* title : {"heat inside", "area of the film", "maximum inside", "by chance"})
        text += paddedLeft(title, kWidth);
    text += "\n" + heatRow("in " + std::string(regionWord(result.region)), nameWidth, result.heat);
    for (std::size_t i = 0; i < result.labels.size(); ++i)
        text += heatRow(result.labels[i], nameWidth, result.heatByClass[i]);
    if (result.lesions)
        text += heatRow("in lesions", nameWidth, *result.lesions);
    return text;
}

} // namespace

MeanShare meanShare(const std::vector<double>& shares) {
    if (shares.empty())
        return {};
    const auto count = static_cast<double>(shares.size());
    const double mean = std::accumulate(shares.begin(), shares.end(), 0.0) / count;
    double squares = 0;
    for (const double share : shares)
        squares += (share - mean) * (share - mean);
    if (shares.size() == 1)
        return {mean, 0, 1, 1};
    const double half = kZ * std::sqrt(squares / (count - 1) / count);
    return {mean, std::max(0.0, mean - half), std::min(1.0, mean + half), static_cast<long>(shares.size())};
}

long ShortcutResult::filmCount() const { return std::accumulate(films.begin(), films.end(), 0L); }

double ShortcutResult::guessing() const {
    const long count = filmCount();
    return count == 0 ? 0 : static_cast<double>(std::ranges::max(films)) / static_cast<double>(count);
}

ShortcutVerdict verdictOf(const ShortcutResult& result) {
    const double guessing = result.guessing();
    if (result.asTheyAre.low <= guessing)
        return ShortcutVerdict::NotLearnt;
    if (result.regionBlack.low <= guessing)
        return ShortcutVerdict::NoneShown;
    const double left = (result.regionBlack.value - guessing) / (result.asTheyAre.value - guessing);
    return left >= kMostOfIt ? ShortcutVerdict::Shortcut : ShortcutVerdict::Partly;
}

std::string verdictText(const ShortcutResult& result) {
    const std::string without = percentText(result.regionBlack.value) +
                                " (95 %: " + rangeText(result.regionBlack.low, result.regionBlack.high) + ")";
    const std::string guessing = percentText(result.guessing());
    const std::string place = placeText(result.region);
    switch (verdictOf(result)) {
    case ShortcutVerdict::NotLearnt:
        return "The network is not shown to be better than guessing (" + guessing +
               ") on the films as they are: there is nothing to explain.";
    case ShortcutVerdict::Shortcut:
        return "The network uses something other than " + place + ": with " + place +
               " blacked out it still reaches " + without + ", where guessing gives " + guessing +
               " and the whole films " + percentText(result.asTheyAre.value) + ".";
    case ShortcutVerdict::Partly:
        return "The network partly uses something other than " + place + ": with " + place +
               " blacked out it reaches " + without + ", better than guessing (" + guessing +
               "), but most of what the whole films give (" + percentText(result.asTheyAre.value) +
               ") is lost.";
    case ShortcutVerdict::NoneShown:
        return "No shortcut can be shown: with " + place + " blacked out the network reaches " + without +
               ", not better than guessing (" + guessing + ").";
    }
    return {};
}

std::string heatText(const ShortcutResult& result) {
    const RegionHeat& heat = result.heat;
    if (heat.inside.films == 0)
        return "No heat map has any heat in it.";
    const std::string share = percentText(heat.inside.value) + " of the heat lies in " +
                              placeText(result.region) +
                              " (95 %: " + rangeText(heat.inside.low, heat.inside.high) + "), that is in " +
                              percentText(heat.area) + " of the film's area: ";
    if (heat.inside.high < heat.area)
        return share + "less than a map that looks everywhere alike would have there.";
    if (heat.inside.low > heat.area)
        return share + "more than a map that looks everywhere alike would have there.";
    return share + "no other than a map that looks everywhere alike.";
}

std::string_view regionWord(ShortcutRegion region) {
    return region == ShortcutRegion::Lungs ? "lungs" : "centre";
}

std::string_view shortcutCaveat(ShortcutRegion region) {
    if (region == ShortcutRegion::Centre)
        return "A rectangle in the centre, three quarters as wide and as high as the film, stands for the "
               "lungs (Maguolo and "
               "Nanni 2021). It holds most of them, not all, and heart and spine as well; and black areas "
               "are nothing that the "
               "network was trained on: the test can show that something else is used, not that nothing else "
               "is.";
    return "The outline of what is blacked out still shows the shape of the lungs, and black areas are "
           "nothing that the "
           "network was trained on: the test can show that something else is used, not that nothing else is.";
}

std::string shortcutToText(const ShortcutResult& result) {
    const bool masked = result.region == ShortcutRegion::Lungs;
    const std::string word(regionWord(result.region));
    std::string text =
        "Shortcut test of " + result.model + "\n" + std::to_string(result.filmCount()) + " test films" +
        (masked ? " with a lung mask; " + std::to_string(result.withoutMask) + " without one and "
                : std::string("; ")) +
        std::to_string(result.leftOut.size()) + " that could not be used are left out\n\n";
    constexpr std::size_t kRowWidth = 33;
    text += "Accuracy\n" + paddedRight("  films as they are", kRowWidth) + proportionText(result.asTheyAre) +
            "\n" + paddedRight("  " + word + " blacked out", kRowWidth) + proportionText(result.regionBlack) +
            "\n" + paddedRight("  all but the " + word + " blacked out", kRowWidth) +
            proportionText(result.onlyRegion) + "\n" + paddedRight("  guessing (largest class)", kRowWidth) +
            fixedText(100 * result.guessing(), 2) + " %\n\n" + verdictText(result) + "\n\n";
    return text + heatTable(result) + "\n" + heatText(result) +
           "\n\nNote: " + std::string(shortcutCaveat(result.region)) + "\n";
}

} // namespace hilum
