#include "training/JsonChecks.h"

#include <set>

namespace hilum {
namespace {

constexpr std::size_t kMostLabels = 1000;
constexpr long kMostFilms = 1'000'000'000;

} // namespace

void require(bool condition, const char* reason) {
    if (!condition)
        throw Contradiction{reason};
}

double fraction(const Json& json) {
    require(json.is_number(), "a figure is not a number");
    const double value = json.get<double>();
    require(value >= 0 && value <= 1, "a figure lies outside 0 to 1");
    return value;
}

long count(const Json& json) {
    require(json.is_number_integer(), "a count is not a whole number");
    require(json >= 0 && json <= kMostFilms, "a count is negative or far too large");
    return json.get<long>();
}

std::vector<std::string> distinctLabels(const Json& json) {
    auto labels = json.get<std::vector<std::string>>();
    require(labels.size() >= 2 && labels.size() <= kMostLabels &&
                std::set<std::string>(labels.begin(), labels.end()).size() == labels.size(),
            "its labels are not 2 to 1000 different names");
    return labels;
}

Json proportionJson(const Proportion& proportion) {
    return {{"value", proportion.value},
            {"wilson95", {proportion.low, proportion.high}},
            {"films", proportion.count}};
}

std::string dumpedJson(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace hilum
