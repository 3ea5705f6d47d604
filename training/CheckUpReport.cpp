#include <algorithm>

#include <nlohmann/json.hpp>

#include "training/CheckUp.h"
#include "training/Text.h"

namespace hilum {
namespace {

using Json = nlohmann::ordered_json;

std::string intervalText(const Proportion& share) {
    return percentText(share.value) + " (" + fixedText(100 * share.low, 1) + " to " +
           fixedText(100 * share.high, 1) + ")";
}

// "1 film", "2 films"
std::string counted(std::size_t count, const std::string& one, const std::string& many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

// The class folder is part of the name where the data set is one folder per class.
std::string fileNames(const DatasetIndex& index, const std::vector<std::size_t>& films, std::size_t most) {
    std::vector<std::string> names;
    for (const std::size_t film : films) {
        if (names.size() == most) {
            names.push_back("and " + std::to_string(films.size() - most) + " more");
            break;
        }
        names.push_back(index.films[film].file.generic_string());
    }
    return joined(names, ", ");
}

// A heading with the number, and lines below it, the first `most` of them.
class Section {
public:
    Section(std::string heading, std::size_t most) : m_text(std::move(heading) + "\n"), m_most(most) {}
    void add(const std::string& line) {
        if (m_lines++ < m_most)
            m_text += "  " + line + "\n";
    }
    [[nodiscard]] std::string text() const {
        return m_lines > m_most ? m_text + "  and " + std::to_string(m_lines - m_most) + " more\n" : m_text;
    }

private:
    std::string m_text;
    std::size_t m_most;
    std::size_t m_lines = 0;
};

std::string skippedText(const CheckUp& checkUp, std::size_t most) {
    const auto unreadable = static_cast<std::size_t>(checkUp.unreadableCount());
    Section section("Cannot be read: " + counted(unreadable, "file", "files"), most);
    for (const SkippedFile& file : checkUp.skipped) {
        if (file.kind == SkipKind::Unreadable)
            section.add(file.file.generic_string() + ": " + file.reason);
    }
    const std::size_t foreign = checkUp.skipped.size() - unreadable;
    return section.text() +
           (foreign > 0 ? "No films, left out: " + counted(foreign, "file", "files") + "\n" : std::string());
}

std::string duplicatesText(const DatasetIndex& index, const CheckUp& checkUp, DuplicateKind kind,
                           std::size_t most) {
    const auto isOfKind = [kind](const DuplicateGroup& group) { return group.kind == kind; };
    const auto across =
        static_cast<std::size_t>(std::ranges::count_if(checkUp.duplicates, [&](const DuplicateGroup& group) {
            return isOfKind(group) && group.spansClasses;
        }));
    const std::string name = kind == DuplicateKind::Exact ? "Exact duplicates: " : "Near duplicates: ";
    Section section(name +
                        counted(static_cast<std::size_t>(checkUp.duplicateGroups(kind)), "group", "groups") +
                        ", " + std::to_string(across) + " across classes",
                    most);
    for (const bool spans : {true, false}) { // the worse ones first
        for (const DuplicateGroup& group : checkUp.duplicates) {
            if (isOfKind(group) && group.spansClasses == spans)
                section.add((spans ? "across classes: " : "") + fileNames(index, group.films, most));
        }
    }
    return section.text();
}

std::string patientsText(const DatasetIndex& index, const CheckUp& checkUp, std::size_t most) {
    if (!index.patientsKnown)
        return "Patients are not told apart: films of one patient may stand in training and test.\n";
    Section section(
        "In more than one class: " + counted(checkUp.patientsInClasses.size(), "patient", "patients"), most);
    for (const PatientInClasses& patient : checkUp.patientsInClasses)
        section.add(patient.patient + ": " + fileNames(index, patient.films, most));
    return section.text();
}

std::string confoundersText(const Confounders& found) {
    std::string text = "Confounders: " + found.verdict + "\n";
    if (found.tests.empty())
        return text;
    text += "  " + paddedRight("property", 14) + paddedRight("balanced accuracy", 26) + "accuracy\n";
    for (const ConfounderTest& test : found.tests)
        text += "  " + paddedRight(test.property, 14) + paddedRight(intervalText(test.balancedAccuracy), 26) +
                intervalText(test.accuracy) + (test.tellsClasses ? "  tells classes apart" : "") + "\n";
    return text + "  " + paddedRight("guessing", 14) + paddedRight(percentText(found.balancedGuessing), 26) +
           percentText(found.guessing) + "\n";
}

Json fileList(const DatasetIndex& index, const std::vector<std::size_t>& films) {
    Json list = Json::array();
    for (const std::size_t film : films) {
        const FilmEntry& entry = index.films[film];
        list.push_back({{"file", entry.file.generic_string()},
                        {"label", index.labels[static_cast<std::size_t>(entry.label)]}});
    }
    return list;
}

Json shareJson(const Proportion& share) {
    return {{"value", share.value}, {"low", share.low}, {"high", share.high}, {"patients", share.count}};
}

Json confoundersJson(const Confounders& found) {
    Json tests = Json::array();
    for (const ConfounderTest& test : found.tests)
        tests.push_back({{"property", test.property},
                         {"accuracy", shareJson(test.accuracy)},
                         {"balancedAccuracy", shareJson(test.balancedAccuracy)},
                         {"recalls", test.recalls},
                         {"tellsClasses", test.tellsClasses}});
    return {{"verdict", found.verdict},
            {"found", found.found()},
            {"guessing", found.guessing},
            {"balancedGuessing", found.balancedGuessing},
            {"tests", std::move(tests)}};
}

} // namespace

std::string checkUpToText(const DatasetIndex& index, const CheckUp& checkUp, std::size_t most) {
    std::string text = "Films: " + index.countsText() + "\n";
    text +=
        "Largest to smallest class: " +
        (checkUp.imbalance > 0 ? fixedText(checkUp.imbalance, 1) + " to 1" : "a class has no readable film") +
        "\n";
    text += skippedText(checkUp, most);
    text += duplicatesText(index, checkUp, DuplicateKind::Exact, most);
    text += duplicatesText(index, checkUp, DuplicateKind::Near, most);
    text += patientsText(index, checkUp, most);
    return text + confoundersText(checkUp.confounders);
}

std::string checkUpToJson(const DatasetIndex& index, const CheckUp& checkUp) {
    Json json{{"data", index.root.string()}, {"fingerprint", index.fingerprint}};
    json["classes"] = Json::array();
    for (std::size_t label = 0; label < index.labels.size(); ++label)
        json["classes"].push_back({{"label", index.labels[label]}, {"films", checkUp.counts[label]}});
    json["imbalance"] = checkUp.imbalance;
    json["skipped"] = Json::array();
    for (const SkippedFile& file : checkUp.skipped)
        json["skipped"].push_back({{"file", file.file.generic_string()},
                                   {"kind", file.kind == SkipKind::Foreign ? "foreign" : "unreadable"},
                                   {"reason", file.reason}});
    json["duplicates"] = Json::array();
    for (const DuplicateGroup& group : checkUp.duplicates)
        json["duplicates"].push_back({{"kind", group.kind == DuplicateKind::Exact ? "exact" : "near"},
                                      {"spansClasses", group.spansClasses},
                                      {"films", fileList(index, group.films)}});
    json["patientsInClasses"] = Json::array();
    for (const PatientInClasses& patient : checkUp.patientsInClasses)
        json["patientsInClasses"].push_back(
            {{"patient", patient.patient}, {"films", fileList(index, patient.films)}});
    json["confounders"] = confoundersJson(checkUp.confounders);
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace hilum
