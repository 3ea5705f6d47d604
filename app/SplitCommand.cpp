// hilum-cli split: which film trains, which validates, which tests, as a table.

#include "app/Commands.h"

#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/ConfigOptions.h"
#include "core/storage/AtomicFile.h"
#include "training/CheckUp.h"
#include "training/Split.h"

namespace hilum {
namespace {

struct SplitArguments {
    std::string data;
    std::string out;
    ConfigOptions settings;
};

std::string countsBySet(const DatasetIndex& index, const Split& split) {
    std::string text;
    for (const FilmSet set : {FilmSet::Train, FilmSet::Validation, FilmSet::Test}) {
        DatasetIndex part;
        part.labels = index.labels;
        for (const std::size_t film : split.films(set))
            part.films.push_back(index.films[film]);
        text += std::string(toString(set)) + ": " + part.countsText() + "\n";
    }
    return text;
}

Result<DatasetIndex> indexed(const TrainingConfig& config, const CommandContext& context) {
    auto reading = indexOptionsOf(config);
    if (!reading)
        return tl::unexpected(reading.error());
    reading->readFilm = filmReader(context);
    auto index = indexDataset(config.data, *reading, context.stop);
    if (!index || !config.split.nearDuplicates)
        return index;
    CheckUpOptions options;
    options.threads = reading->threads;
    options.readFilm = reading->readFilm;
    return keepNearDuplicatesTogether(*index, options, context.stop).map([&] { return std::move(*index); });
}

// The table, and what is said about it.
struct SplitText {
    std::string table;
    std::string summary;
};

Result<SplitText> splitText(const TrainingConfig& config, const CommandContext& context) {
    const auto index = indexed(config, context);
    if (!index)
        return tl::unexpected(index.error());
    const auto count = foldCount(*index, config.split);
    if (!count)
        return tl::unexpected(count.error());
    if (*count > 0) {
        const auto folds = makeFolds(*index, config.split, config.seed);
        if (!folds)
            return tl::unexpected(folds.error());
        return SplitText{foldsToCsv(*index, *folds),
                         std::to_string(*count) + " folds of " + index->countsText() + "\n"};
    }
    const auto split = splitFor(*index, config.split, config.seed);
    if (!split)
        return tl::unexpected(split.error());
    return SplitText{splitToCsv(*index, *split), countsBySet(*index, *split)};
}

int runSplit(const SplitArguments& arguments, const CommandContext& context) {
    TrainingConfig typed;
    typed.data = arguments.data;
    const auto config = arguments.settings.over(std::move(typed));
    if (!config)
        return reportError("split", config.error());
    if (auto good = checkSplit(config->split); !good)
        return reportError("split", good.error());
    const auto text = splitText(*config, context);
    if (!text)
        return reportError("split", text.error());
    if (auto written = writeFileAtomically(arguments.out, text->table); !written)
        return reportError("split", written.error());
    std::cout << text->summary;
    return AllDone;
}

} // namespace

void addSplitCommand(CLI::App& app, CommandContext& context) {
    CLI::App* command = app.add_subcommand(
        "split",
        "Divide a data set into training, validation and test films, or folds, without training.\n"
        "The table (CSV) is what train --split takes. Exit status: 0 done; 1 it could not be read or\n"
        "written; 2 wrong usage.");
    const auto arguments = std::make_shared<SplitArguments>();
    command
        ->add_option("data", arguments->data,
                     "Data set: one folder per class, sets of these, or a table (CSV)")
        ->type_name("DATA")
        ->required();
    command->add_option("-o,--out", arguments->out, "Table that is written")->type_name("FILE")->required();
    arguments->settings.add(*command,
                            {"seed", "threads", "split.train", "split.validation", "split.test",
                             "split.grouping", "split.given", "split.nearDuplicates", "split.patientFrom",
                             "split.patientPattern", "split.folds", "split.leaveOneSourceOut", "columns.file",
                             "columns.label", "columns.patient", "columns.set", "columns.source"});
    command->callback([arguments, &context] { context.exitCode = runSplit(*arguments, context); });
}

} // namespace hilum
