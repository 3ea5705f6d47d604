// hilum-cli import: weights from elsewhere become a file of Hilum's.

#include "app/Commands.h"

#include <filesystem>
#include <iostream>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "core/graph/Networks.h"
#include "core/inference/ImportWeights.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;

struct ImportArguments {
    ImportRequest request;
    std::vector<float> mean;
    std::vector<float> deviation;
    int inputSizePx = 0;
    std::string fit = "stretch";
};

const std::map<std::string, FitMode>& fitNames() {
    static const std::map<std::string, FitMode> names{
        {"stretch", FitMode::Stretch}, {"crop", FitMode::CenterCrop}, {"letterbox", FitMode::Letterbox}};
    return names;
}

std::string joinedWords(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

Result<ImportRequest> requestFrom(const ImportArguments& arguments, const CommandContext& context) {
    ImportRequest request = arguments.request;
    request.command = joinedWords(context.commandLine);
    return publishedPreprocessing(request.network).map([&](Preprocessing preprocessing) {
        if (!arguments.mean.empty())
            preprocessing.mean = arguments.mean;
        if (!arguments.deviation.empty())
            preprocessing.standardDeviation = arguments.deviation;
        if (arguments.inputSizePx > 0)
            preprocessing.inputSizePx = arguments.inputSizePx;
        preprocessing.fit = fitNames().at(arguments.fit);
        request.preprocessing = std::move(preprocessing);
        return request;
    });
}

int runImport(const ImportArguments& arguments, const CommandContext& context) {
    const Result<ImportRequest> request = requestFrom(arguments, context);
    if (!request)
        return reportError("import", request.error());
    const Result<ImportOutcome> outcome = importWeights(*request);
    if (!outcome)
        return reportError("import", outcome.error());
    if (!outcome->differences.empty()) {
        std::cerr << "hilum-cli import: nothing was written; these are no weights of " << request->network
                  << ":\n";
        for (const std::string& difference : outcome->differences)
            std::cerr << "  " << difference << "\n";
        return SomeFailed;
    }
    std::cout << request->out.string() << ": " << outcome->tensors << " tensors, " << outcome->outputs
              << " outputs; "
              << (outcome->isModel ? "a model that reads films" : "weights for train --weights") << "\n";
    return AllDone;
}

void addOptions(CLI::App& command, ImportArguments& arguments) {
    std::vector<std::string> networks;
    for (const NetworkInfo& info : networkTable())
        networks.emplace_back(info.name);
    command.add_option("NETWORK", arguments.request.network, "Network: " + joinedWords(networks))
        ->required()
        ->check(CLI::IsMember(networks));
    command
        .add_option("FILE", arguments.request.file,
                    "Weights: .pth (torch.save(), old and new) or safetensors")
        ->required();
    command
        .add_option("OUT", arguments.request.out, "Safetensors file to write; an existing one is replaced")
        ->required();
    command
        .add_option(
            "--labels", arguments.request.labels,
            "Labels of the head's outputs, with commas, in their order: makes a model that reads films")
        ->delimiter(',')
        ->type_name("LIST");
    command.add_option("--name", arguments.request.name, "Name on the model card")->type_name("TEXT");
    command
        .add_option("--mean", arguments.mean, "Subtracted from grey values in [0, 1]; default: as published")
        ->delimiter(',')
        ->type_name("LIST");
    command.add_option("--std", arguments.deviation, "Then divided by; default: as published")
        ->delimiter(',')
        ->type_name("LIST");
    command.add_option("--input-size", arguments.inputSizePx, "Side of the input; default: as published")
        ->type_name("PX")
        ->check(CLI::Range(32, 2048));
    command.add_option("--fit", arguments.fit, "How a film becomes a square")
        ->type_name("HOW")
        ->check(CLI::IsMember(fitNames()))
        ->capture_default_str();
}

} // namespace

void addImportCommand(CLI::App& app, CommandContext& context) {
    CLI::App* command = app.add_subcommand(
        "import", "Turn weights from elsewhere into a file of Hilum's. Nothing in the file is executed.\n"
                  "Takes torchvision's names, DenseNet's old ones, and checkpoints that nest them "
                  "(CheXNet's, DataParallel's).\n"
                  "Exit status: 0 written; 1 the file cannot be read or does not fit, and nothing is "
                  "written; 2 wrong usage.");
    const auto arguments = std::make_shared<ImportArguments>();
    addOptions(*command, *arguments);
    command->callback([arguments, &context] { context.exitCode = runImport(*arguments, context); });
}

} // namespace hilum
