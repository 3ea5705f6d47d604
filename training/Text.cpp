#include "training/Text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

namespace hilum {

std::string numberText(double value) {
    std::array<char, 32> buffer{};
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return {buffer.data(), result.ptr};
}

bool parseDouble(std::string_view text, double& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

std::string fixedText(double value, int digits) {
    std::array<char, 400> buffer{};
    const auto result =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, digits);
    return {buffer.data(), result.ptr};
}

std::string percentText(double share, int digits) { return fixedText(100 * share, digits) + " %"; }

std::string csvRow(const std::vector<std::string>& cells) {
    std::string row;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0)
            row += ',';
        if (cells[i].find_first_of(",\"\r\n") == std::string::npos) {
            row += cells[i];
            continue;
        }
        row += '"';
        for (const char c : cells[i]) {
            if (c == '"')
                row += '"';
            row += c;
        }
        row += '"';
    }
    return row + "\n";
}

Result<std::vector<std::vector<std::string>>> parseCsv(std::string_view text, char separator) {
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> row(1);
    bool quoted = false;
    const auto endRow = [&] {
        if (row.size() > 1 || !row.front().empty())
            rows.push_back(std::move(row));
        row.assign(1, {});
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            const bool doubled = c == '"' && i + 1 < text.size() && text[i + 1] == '"';
            if (c != '"' || doubled)
                row.back() += c;
            else
                quoted = false;
            i += doubled ? 1 : 0;
        } else if (c == '"' && row.back().empty()) {
            quoted = true;
        } else if (c == separator) {
            row.emplace_back();
        } else if (c == '\n') {
            endRow();
        } else if (c != '\r') {
            row.back() += c;
        }
    }
    if (quoted)
        return fail(ErrorCode::Damaged, "A quote in the table is never closed.");
    endRow();
    return rows;
}

bool isUtf8(std::string_view text) {
    try {
        static_cast<void>(nlohmann::json(text).dump()); // checks what it writes
        return true;
    } catch (const nlohmann::json::type_error&) {
        return false;
    }
}

std::string lowerCase(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

Result<std::string> readTextFile(const std::filesystem::path& file) {
    std::error_code error;
    if (!std::filesystem::exists(file, error))
        return fail(ErrorCode::NotFound, "The file does not exist.", file.string());
    if (!std::filesystem::is_regular_file(file, error))
        return fail(ErrorCode::NotReadable, "This is not a file.", file.string());
    std::ifstream stream(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream)
        return fail(ErrorCode::NotReadable, "The file cannot be read.", file.string());
    return text;
}

std::size_t characterCount(std::string_view utf8) {
    return static_cast<std::size_t>(std::ranges::count_if(utf8, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string paddedRight(std::string_view text, std::size_t width) {
    const std::size_t used = characterCount(text);
    return std::string(text) + std::string(used < width ? width - used : 0, ' ');
}

std::string paddedLeft(std::string_view text, std::size_t width) {
    const std::size_t used = characterCount(text);
    return std::string(used < width ? width - used : 0, ' ') + std::string(text);
}

} // namespace hilum
