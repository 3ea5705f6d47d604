#include "app/ConfigOptions.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "training/Recipes.h"

namespace hilum {

void ConfigOptions::addAll(CLI::App& command) {
    command
        .add_option("--config", m_file,
                    "Settings as JSON, as in config.json of a run; options on the command line come on top")
        ->type_name("FILE");
    std::vector<std::string> names;
    std::string help = "Named settings to start from; the options below come on top:";
    for (const Recipe& recipe : recipes()) {
        names.emplace_back(recipe.name);
        help += "\n" + names.back() + ": " + std::string(recipe.description);
    }
    command.add_option("--recipe", m_recipe, help)->type_name("NAME")->check(CLI::IsMember(names));
    TrainingConfig defaults;
    for (const ConfigField& field : configFields(defaults))
        addField(command, field);
}

void ConfigOptions::add(CLI::App& command, const std::vector<std::string_view>& keys) {
    TrainingConfig defaults;
    for (const ConfigField& field : configFields(defaults)) {
        if (std::ranges::find(keys, field.key) != keys.end())
            addField(command, field);
    }
}

void ConfigOptions::addField(CLI::App& command, const ConfigField& field) {
    const std::string defaultText = fieldText(field);
    if (std::holds_alternative<bool*>(field.value)) {
        m_options[field.option] =
            command
                .add_flag(field.option + ",!--no-" + field.option.substr(2), m_switches[field.option],
                          field.help + (defaultText == "true" ? " [on]" : " [off]"))
                ->group("Settings");
        return;
    }
    const bool isList = std::holds_alternative<std::vector<std::string>*>(field.value);
    CLI::Option* option = isList ? command.add_option(field.option, m_lists[field.option], field.help)
                                 : command.add_option(field.option, m_texts[field.option], field.help);
    option->type_name(field.unit)->group("Settings");
    if (isList)
        option->allow_extra_args(false);
    if (!defaultText.empty())
        option->default_str(defaultText);
    m_options[field.option] = option;
}

Result<TrainingConfig> ConfigOptions::over(TrainingConfig config) const {
    if (!m_recipe.empty())
        config = withRecipe(config, *findRecipe(m_recipe));
    for (const ConfigField& field : configFields(config)) {
        const auto option = m_options.find(field.option);
        if (option == m_options.end() || option->second->count() == 0)
            continue;
        Result<void> set;
        if (const auto* value = std::get_if<bool*>(&field.value))
            **value = m_switches.at(field.option);
        else if (const auto* list = std::get_if<std::vector<std::string>*>(&field.value))
            **list = m_lists.at(field.option);
        else
            set = setFieldText(field, m_texts.at(field.option));
        if (!set)
            return tl::unexpected(set.error());
    }
    return config;
}

Result<TrainingConfig> ConfigOptions::config(const std::filesystem::path& fallback) const {
    const std::filesystem::path file = m_file.empty() ? fallback : std::filesystem::path(m_file);
    if (file.empty())
        return over({});
    return readTrainingConfig(file).and_then([&](TrainingConfig read) { return over(std::move(read)); });
}

std::filesystem::path ConfigOptions::ownSettings() const {
    const std::filesystem::path folder = m_texts.at("--out");
    if (folder.empty())
        return {};
    const std::filesystem::path own = RunFolder(folder).config();
    std::error_code ignored;
    return std::filesystem::exists(own, ignored) ? own : std::filesystem::path();
}

Result<ExistingRun> ExistingRunOptions::chosen() const {
    if (overwrite && resume)
        return fail(ErrorCode::InvalidArgument, "--overwrite and --resume exclude each other.");
    return overwrite ? ExistingRun::Overwrite : resume ? ExistingRun::Resume : ExistingRun::Refuse;
}

} // namespace hilum
