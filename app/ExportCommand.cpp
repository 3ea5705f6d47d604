// hilum-cli export: a model for other programs.

#include "app/Commands.h"

#include <filesystem>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "core/inference/ExportModel.h"

namespace hilum {
namespace {

struct ExportArguments {
    std::filesystem::path model;
    std::filesystem::path out;
};

int runExport(const ExportArguments& arguments) {
    const Result<void> written = exportModel(arguments.model, arguments.out, *exportFormatOf(arguments.out));
    if (written)
        return AllDone;
    printError("export", written.error());
    return written.error().code == ErrorCode::NotFound ? WrongUsage : SomeFailed;
}

} // namespace

void addExportCommand(CLI::App& app, CommandContext& context) {
    CLI::App* command = app.add_subcommand(
        "export",
        "Write a model for other programs; the name of the new file says how.\n"
        "  .onnx         ONNX, operator set 17, with labels and preprocessing as metadata properties\n"
        "  .pt, .ts      TorchScript, for torch.jit.load() and LibTorch\n"
        "  .safetensors  the model file itself, for safetensors.torch.load_file()\n"
        "All take N x planes x size x size, prepared as the model card says.\n"
        "Exit status: 0 written, 1 the model cannot be read or the file not be written, 2 wrong usage.");
    const auto arguments = std::make_shared<ExportArguments>();
    command->add_option("MODEL", arguments->model, "Model file")->required();
    command->add_option("OUT", arguments->out, "File to write; an existing one is replaced")
        ->required()
        ->check([](const std::string& name) {
            return exportFormatOf(name) ? std::string()
                                        : "the name must end in .onnx, .pt, .ts or .safetensors";
        });
    command->callback([arguments, &context] { context.exitCode = runExport(*arguments); });
}

} // namespace hilum
