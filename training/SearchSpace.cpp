#include "training/SearchSpace.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "training/Random.h"
#include "training/Text.h"

namespace hilum {
namespace {

constexpr std::uint64_t kStream = 0x534541524348; // apart from the streams of other files
constexpr double kLogarithmicFrom = 10;

const ConfigField* findField(const std::vector<ConfigField>& fields, const std::string& key) {
    const auto found = std::ranges::find(fields, key, &ConfigField::key);
    return found == fields.end() ? nullptr : &*found;
}

bool isNumber(const ConfigField& field) {
    return std::holds_alternative<int*>(field.value) || std::holds_alternative<double*>(field.value);
}

// To three digits, for people.
double rounded(double value) {
    if (value == 0)
        return value;
    const double scale = std::pow(10, 2 - std::floor(std::log10(std::abs(value))));
    return std::round(value * scale) / scale;
}

double drawn(const SearchRange& range, Random& random) {
    const bool logarithmic = range.low > 0 && range.high >= kLogarithmicFrom * range.low;
    const double value = logarithmic ? range.low * std::pow(range.high / range.low, random.uniform())
                                     : random.uniform(range.low, range.high);
    return std::clamp(rounded(value), range.low, range.high);
}

double lowestUpTo(const std::vector<EpochRecord>& history, std::size_t epochs) {
    double lowest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < std::min(epochs, history.size()); ++i)
        lowest = std::min(lowest, history[i].validationLoss.value_or(lowest));
    return lowest;
}

std::vector<std::string> header(const std::vector<SearchRange>& ranges) {
    std::vector<std::string> cells{"trial"};
    for (const SearchRange& range : ranges)
        cells.push_back(range.key + "=" + numberText(range.low) + ":" + numberText(range.high));
    for (const char* name :
         {"epochs", "best_epoch", "validation_loss", "validation_accuracy", "stopped_early"})
        cells.emplace_back(name);
    return cells;
}

bool parseCount(const std::string& text, int& value) {
    double number = 0;
    if (!parseDouble(text, number) || number < 0 || number > std::numeric_limits<int>::max() ||
        number != std::floor(number))
        return false;
    value = static_cast<int>(number);
    return true;
}

} // namespace

Result<SearchRange> parseSearchRange(const std::string& text) {
    const auto bad = [&](const std::string& why) { return fail(ErrorCode::InvalidArgument, why, text); };
    const std::size_t equals = text.find('='),
                      colon = text.find(':', equals == std::string::npos ? 0 : equals);
    if (equals == std::string::npos || colon == std::string::npos)
        return bad("A range is written KEY=LOW:HIGH, e.g. optimiser.learningRate=1e-4:1e-2.");
    SearchRange range{text.substr(0, equals), 0, 0};
    TrainingConfig config;
    const auto fields = configFields(config);
    const ConfigField* field = findField(fields, range.key);
    if (field == nullptr || !isNumber(*field))
        return bad("There is no number of that name in config.json.");
    for (const std::string_view fixed :
         {"inputSizePx", "inputPlanes", "threads", "memoryLimitMb", "split."}) {
        if (range.key.starts_with(fixed))
            return bad("All trials share their films and this machine; that setting cannot be searched.");
    }
    if (!parseDouble(text.substr(equals + 1, colon - equals - 1), range.low) ||
        !parseDouble(text.substr(colon + 1), range.high) || !std::isfinite(range.low) ||
        !std::isfinite(range.high))
        return bad("A range needs two numbers.");
    const bool bounded = field->low < field->high;
    if (range.low > range.high || (bounded && (range.low < field->low || range.high > field->high)))
        return bad("The range is empty, or beyond what the setting can be.");
    return range;
}

std::vector<SearchRange> usualRanges(const TrainingConfig& config) {
    return {
        {"optimiser.learningRate", config.optimiser.learningRate / 10, config.optimiser.learningRate * 10},
        {"optimiser.weightDecay", 1e-4, 1e-1},
        {"labelSmoothing", 0, 0.1},
        {"augmentation.mixup", 0, 0.4}};
}

TrainingConfig configOfTrial(const TrainingConfig& config, const std::vector<SearchRange>& ranges,
                             int number) {
    TrainingConfig trial = config;
    const auto fields = configFields(trial);
    Random random(config.seed ^ kStream, static_cast<std::uint64_t>(number));
    for (const SearchRange& range : ranges) {
        const double value = drawn(range, random);
        const ConfigField* field = findField(fields, range.key);
        if (auto* const* whole = std::get_if<int*>(&field->value))
            **whole = static_cast<int>(std::lround(value));
        else
            *std::get<double*>(field->value) = value;
    }
    return trial;
}

std::string trialsToCsv(const std::vector<SearchRange>& ranges, const std::vector<Trial>& trials) {
    std::string text = csvRow(header(ranges));
    for (const Trial& trial : trials) {
        std::vector<std::string> cells{std::to_string(trial.number)};
        cells.insert(cells.end(), trial.values.begin(), trial.values.end());
        for (const std::string& cell :
             {std::to_string(trial.epochs), std::to_string(trial.bestEpoch), numberText(trial.validationLoss),
              numberText(trial.validationAccuracy), std::string(trial.stoppedEarly ? "yes" : "no")})
            cells.push_back(cell);
        text += csvRow(cells);
    }
    return text;
}

Result<std::vector<Trial>> parseTrialsCsv(std::string_view text, const std::vector<SearchRange>& ranges) {
    const auto rows = parseCsv(text);
    if (!rows)
        return tl::unexpected(rows.error());
    if (rows->empty() || rows->front() != header(ranges))
        return fail(ErrorCode::InvalidArgument, "The search in the folder was begun with other ranges.");
    std::vector<Trial> trials;
    for (std::size_t i = 1; i < rows->size(); ++i) {
        const std::vector<std::string>& row = (*rows)[i];
        Trial trial;
        const std::size_t figures = 1 + ranges.size();
        if (row.size() != figures + 5 || !parseCount(row[0], trial.number) ||
            !parseCount(row[figures], trial.epochs) || !parseCount(row[figures + 1], trial.bestEpoch) ||
            !parseDouble(row[figures + 2], trial.validationLoss) ||
            !parseDouble(row[figures + 3], trial.validationAccuracy))
            return fail(ErrorCode::Damaged, "The table of trials is damaged.",
                        "row " + std::to_string(i + 1));
        trial.values.assign(row.begin() + 1, row.begin() + static_cast<std::ptrdiff_t>(figures));
        trial.stoppedEarly = row[figures + 4] == "yes";
        trials.push_back(std::move(trial));
    }
    return trials;
}

bool fallsBehind(const std::vector<EpochRecord>& trial, const std::vector<std::vector<EpochRecord>>& others) {
    if (trial.size() < static_cast<std::size_t>(kFewestTrialEpochs))
        return false;
    std::vector<double> lowest;
    for (const auto& other : others) {
        if (other.size() >= trial.size())
            lowest.push_back(lowestUpTo(other, trial.size()));
    }
    if (lowest.size() < kFewestTrials)
        return false;
    const auto middle = lowest.begin() + static_cast<std::ptrdiff_t>(lowest.size() / 2);
    std::ranges::nth_element(lowest, middle);
    return lowestUpTo(trial, trial.size()) > *middle;
}

const Trial* bestTrial(const std::vector<Trial>& trials) {
    const auto best = std::ranges::min_element(trials, {}, &Trial::validationLoss);
    return best == trials.end() || !std::isfinite(best->validationLoss) ? nullptr : &*best;
}

} // namespace hilum
