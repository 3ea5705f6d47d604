#include "training/FilmSet.h"

#include "training/Text.h"

namespace hilum {

std::string_view toString(FilmSet set) {
    switch (set) {
    case FilmSet::Train:
        return "train";
    case FilmSet::Validation:
        return "validation";
    case FilmSet::Test:
        return "test";
    }
    return "train";
}

std::optional<FilmSet> filmSetOf(std::string_view name) {
    const std::string lower = lowerCase(name);
    if (lower == "train" || lower == "training")
        return FilmSet::Train;
    if (lower == "val" || lower == "valid" || lower == "validation")
        return FilmSet::Validation;
    if (lower == "test" || lower == "testing")
        return FilmSet::Test;
    return std::nullopt;
}

} // namespace hilum
