// The fields of a TrainingConfig as options of a subcommand.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "training/RunFolder.h"
#include "training/TrainingConfig.h"

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace hilum {

// What the user typed. Lives as long as the command that it was added to.
class ConfigOptions {
public:
    // --config, --recipe, and every field.
    void addAll(CLI::App& command);
    // Those whose keys are given, in the order of --help.
    void add(CLI::App& command, const std::vector<std::string_view>& keys);

    // The configuration with what was typed on top. Errors: InvalidArgument.
    [[nodiscard]] Result<TrainingConfig> over(TrainingConfig config) const;
    // What was typed, on top of --recipe, on top of --config, or of fallback where that was not given (empty:
    // the defaults). Errors: those of readTrainingConfig() and over().
    [[nodiscard]] Result<TrainingConfig> config(const std::filesystem::path& fallback = {}) const;
    // The settings in the folder --out, which a run that goes on brings itself; empty where there are none.
    [[nodiscard]] std::filesystem::path ownSettings() const;

private:
    std::string m_file; // --config
    std::string m_recipe;
    std::map<std::string, CLI::Option*> m_options; // by the field's option
    std::map<std::string, std::string> m_texts;
    std::map<std::string, bool> m_switches;
    std::map<std::string, std::vector<std::string>> m_lists;

    void addField(CLI::App& command, const ConfigField& field);
};

// --overwrite and --resume.
struct ExistingRunOptions {
    bool overwrite = false;
    bool resume = false;

    // Errors: InvalidArgument (both were given).
    [[nodiscard]] Result<ExistingRun> chosen() const;
};

} // namespace hilum
