// Small helpers for the text files of a run folder: numbers, lists, CSV (RFC 4180), whole files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/Result.h"

namespace hilum {

// The shortest text that reads back as the same number; never with a comma.
std::string numberText(double value);
// Reads back what numberText() wrote; false where text is anything else, or has more in it.
bool parseDouble(std::string_view text, double& value);
// With so many digits after the point.
std::string fixedText(double value, int digits);
// "81.3 %" of 0.813.
std::string percentText(double share, int digits = 1);

template <class Texts>
std::string joined(const Texts& texts, std::string_view separator) {
    std::string result;
    bool first = true;
    for (const auto& text : texts) {
        if (!first)
            result += separator;
        result += text;
        first = false;
    }
    return result;
}

// One line with its line end; cells with commas, quotes or line ends are quoted.
std::string csvRow(const std::vector<std::string>& cells);
// Rows of cells; empty lines are left out. Errors: Damaged (a quote that is never closed).
Result<std::vector<std::vector<std::string>>> parseCsv(std::string_view text, char separator = ',');
bool isUtf8(std::string_view text);
// A to Z become a to z.
std::string lowerCase(std::string_view text);

// Errors: NotFound, NotReadable.
Result<std::string> readTextFile(const std::filesystem::path& file);

// Left-aligned in a column of so many characters (UTF-8 code points), cells apart by two spaces.
std::string paddedRight(std::string_view text, std::size_t width);
std::string paddedLeft(std::string_view text, std::size_t width);
std::size_t characterCount(std::string_view utf8);

} // namespace hilum
