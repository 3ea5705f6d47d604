// Small decisions that were measured once and hold for this machine: a text file of lines "KEY = VALUE".
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace hilum {

// Losing the file only costs measuring again, so nothing here fails: a file that cannot be read is empty, one
// that cannot be written is not kept. Not thread-safe; several processes may share a file.
class ChoiceFile {
public:
    explicit ChoiceFile(std::filesystem::path file); // empty path: choices are forgotten

    [[nodiscard]] std::optional<std::string> find(const std::string& key) const;
    // Neither may hold a line break or " = ".
    void set(const std::string& key, const std::string& value);
    // Writes what was set, together with what others have written since.
    void save();

private:
    using Choices = std::map<std::string, std::string>;

    std::filesystem::path m_file;
    Choices m_choices;
    Choices m_new;

    [[nodiscard]] Choices read() const;
};

} // namespace hilum
