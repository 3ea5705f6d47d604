// hilum-cli convert: a film's stored values as a 16-bit PNG.

#include "app/Commands.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/FrameOption.h"
#include "core/image/ImageWriter.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;

struct ConvertOptions {
    fs::path input;
    fs::path output;
    ReadOptions reading;
};

bool isPngName(const fs::path& file) {
    std::string extension = file.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
    return extension == ".png";
}

int run(const ConvertOptions& options, const CommandContext& context) {
    const auto film = filmReader(context, options.reading)(options.input, context.stop);
    if (!film) {
        std::cerr << options.input.string() << ": " << film.error().message << std::endl;
        return SomeFailed;
    }
    for (const std::string& warning : film->source.warnings)
        std::cerr << "note: " << warning << std::endl;
    if (const auto written = writeStoredValuesPng(*film, options.output); !written) {
        std::cerr << options.output.string() << ": " << written.error().message << std::endl;
        return SomeFailed;
    }
    return AllDone;
}

} // namespace

void addConvertCommand(CLI::App& app, CommandContext& context) {
    auto options = std::make_shared<ConvertOptions>();
    CLI::App* command = app.add_subcommand("convert", "Write a film's stored values as a 16-bit grey PNG");
    command->add_option("IN", options->input, "Film (DICOM, PNG, JPEG, TIFF, BMP, WebP)")->required();
    command->add_option("OUT", options->output, "PNG file to write; an existing one is replaced")
        ->required()
        ->check([](const std::string& name) {
            return isPngName(name) ? std::string() : "the name must end in .png";
        });
    addFrameOption(*command, options->reading);
    command->footer(
        "The values are those in the file: neither windowed nor rescaled nor inverted. Signed ones are "
        "shifted up\nso that the smallest possible value is 0. Colour becomes luma (ITU-R BT.601).\n"
        "Exit status: 0 written, 1 the film cannot be read or the PNG not be written, 2 wrong usage.");
    command->callback([options, &context] { context.exitCode = run(*options, context); });
}

} // namespace hilum
