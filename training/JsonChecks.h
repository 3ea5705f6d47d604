// What the readers of a run folder's JSON files ask of it. For .cpp files only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/domain/ModelCard.h"
#include "core/domain/Result.h"

namespace hilum {

using Json = nlohmann::ordered_json;

// What a file says that cannot be; caught by parsedJson().
struct Contradiction {
    std::string reason;
};

// The checks throw Contradiction.
void require(bool condition, const char* reason);
double fraction(const Json& json);                         // 0 … 1
long count(const Json& json);                              // 0 … 1e9: sums stay far from overflow
std::vector<std::string> distinctLabels(const Json& json); // 2 to 1000 different names

Json proportionJson(const Proportion& proportion);
std::string dumpedJson(const Json& json); // indented; invalid UTF-8 is replaced

// What read makes of the object. Errors: Damaged, with `what` ("These are no figures of an evaluation") and
// the reason.
template <class T>
Result<T> parsedJson(std::string_view text, const std::string& what, T (*read)(const Json&)) {
    const auto damaged = [&](const std::string& reason) {
        return fail(ErrorCode::Damaged, what + ": " + reason + ".");
    };
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object())
        return damaged("it is not a JSON object");
    try {
        return read(json);
    } catch (const nlohmann::json::exception& error) {
        return damaged(error.what());
    } catch (const Contradiction& contradiction) {
        return damaged(contradiction.reason);
    }
}

} // namespace hilum
