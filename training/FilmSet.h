// The part of a data set that a film is used for.
#pragma once

#include <optional>
#include <string_view>

namespace hilum {

enum class FilmSet { Train, Validation, Test };

std::string_view toString(FilmSet set); // "train", "validation", "test"

// Also "training", "val", "valid", "testing", in any case; none for another name.
std::optional<FilmSet> filmSetOf(std::string_view name);

} // namespace hilum
