#include "core/storage/ChoiceFile.h"

#include <fstream>

#include "core/storage/AtomicFile.h"

namespace hilum {
namespace {

constexpr std::string_view kSeparator = " = ";
constexpr std::size_t kMostChoices = 10'000; // then the file is begun anew

} // namespace

ChoiceFile::ChoiceFile(std::filesystem::path file) : m_file(std::move(file)), m_choices(read()) {}

ChoiceFile::Choices ChoiceFile::read() const {
    Choices choices;
    std::ifstream stream(m_file);
    for (std::string line; choices.size() < kMostChoices && std::getline(stream, line);) {
        if (const std::size_t at = line.find(kSeparator); at != std::string::npos)
            choices[line.substr(0, at)] = line.substr(at + kSeparator.size());
    }
    return choices.size() < kMostChoices ? choices : Choices();
}

std::optional<std::string> ChoiceFile::find(const std::string& key) const {
    const auto found = m_choices.find(key);
    return found == m_choices.end() ? std::nullopt : std::optional(found->second);
}

void ChoiceFile::set(const std::string& key, const std::string& value) {
    m_choices[key] = m_new[key] = value;
}

void ChoiceFile::save() {
    if (m_new.empty() || m_file.empty())
        return;
    Choices all = m_new;
    all.merge(read());
    std::string text;
    for (const auto& [key, value] : all)
        text.append(key).append(kSeparator).append(value).append("\n");
    std::error_code ignored;
    std::filesystem::create_directories(m_file.parent_path(), ignored);
    if (writeFileAtomically(m_file, text))
        m_new.clear();
}

} // namespace hilum
