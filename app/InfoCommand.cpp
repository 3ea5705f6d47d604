// hilum-cli info: what the reader found in films.

#include "app/Commands.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/FrameOption.h"
#include "core/image/RadiographReader.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct InfoOptions {
    std::vector<fs::path> inputs;
    bool json = false;
    bool patient = false;
    ReadOptions reading;
};

const char* nameOf(VoiFunction function) {
    switch (function) {
    case VoiFunction::Linear:
        return "LINEAR";
    case VoiFunction::LinearExact:
        return "LINEAR_EXACT";
    case VoiFunction::Sigmoid:
        return "SIGMOID";
    case VoiFunction::Table:
        return "LUT";
    }
    return "";
}

struct PixelRange {
    int smallest = 0;
    int largest = 0;
};

PixelRange pixelRange(const Radiograph& film) {
    const auto [smallest, largest] = std::minmax_element(film.pixels->begin(), film.pixels->end());
    return {*smallest, *largest};
}

std::vector<std::pair<const char*, std::string>> headerFields(const FilmHeader& header) {
    return {{"patient_name", header.patientName},
            {"patient_id", header.patientId},
            {"patient_sex", header.patientSex},
            {"patient_age", header.patientAge},
            {"study_date", header.studyDate},
            {"study_time", header.studyTime},
            {"modality", header.modality},
            {"body_part", header.bodyPart},
            {"view_position", header.viewPosition},
            {"study_description", header.studyDescription},
            {"series_description", header.seriesDescription}};
}

Json windowsOf(const Radiograph& film) {
    Json windows = Json::array();
    for (const Window& window : film.windows)
        windows.push_back({{"center", window.center},
                           {"width", window.width},
                           {"function", nameOf(window.function)},
                           {"explanation", window.explanation}});
    return windows;
}

Json overlaysOf(const Radiograph& film) {
    Json overlays = Json::array();
    for (const FilmOverlay& overlay : film.overlays)
        overlays.push_back({{"label", overlay.label},
                            {"left_px", overlay.leftPx},
                            {"top_px", overlay.topPx},
                            {"width_px", overlay.widthPx},
                            {"height_px", overlay.heightPx}});
    return overlays;
}

Json toJson(const fs::path& file, const Radiograph& film, bool patient) {
    const PixelRange range = pixelRange(film);
    Json padding;
    if (film.padding)
        padding = {film.padding->storedLow, film.padding->storedHigh};
    Json spacing;
    if (film.spacing)
        spacing = {{"row_mm", film.spacing->rowMm},
                   {"column_mm", film.spacing->columnMm},
                   {"source", film.spacing->source}};
    Json json{
        {"file", file.string()},
        {"format", film.source.format},
        {"encoding", film.source.encoding},
        {"photometric", film.source.photometric},
        {"width_px", film.widthPx},
        {"height_px", film.heightPx},
        {"frame", film.source.frame},
        {"frames", film.source.frameCount},
        {"bits_stored", film.bitsStored},
        {"stored_min", film.storedMin},
        {"stored_max", film.storedMax},
        {"inverted", film.polarity == Polarity::Inverted},
        {"pixel_min", range.smallest},
        {"pixel_max", range.largest},
        {"rescale",
         {{"slope", film.rescaleSlope}, {"intercept", film.rescaleIntercept}, {"type", film.rescaleType}}},
        {"modality_lut", film.modalityTable != nullptr},
        {"windows", windowsOf(film)},
        {"padding", padding},
        {"overlays", overlaysOf(film)},
        {"spacing", spacing},
        {"warnings", film.source.warnings}};
    if (patient)
        for (const auto& [name, value] : headerFields(film.header))
            json["header"][name] = value;
    return json;
}

void printLine(const Json& json) {
    std::cout << json.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
}

void printRow(const char* name, const std::string& value) {
    std::printf("  %-19s %s\n", name, value.c_str());
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

std::string describe(const Window& window) {
    std::string text = "center " + number(window.center) + ", width " + number(window.width) + ", " +
                       nameOf(window.function);
    return window.explanation.empty() ? text : text + " (" + window.explanation + ")";
}

std::string modalityText(const Radiograph& film) {
    if (film.modalityTable)
        return "a table of " + std::to_string(film.modalityTable->entries.size()) + " entries from " +
               std::to_string(film.modalityTable->first) + " " + film.rescaleType;
    return number(film.rescaleSlope) + " × stored " + (film.rescaleIntercept < 0 ? "− " : "+ ") +
           number(std::abs(film.rescaleIntercept)) + " " + film.rescaleType;
}

void printValues(const Radiograph& film) {
    const PixelRange range = pixelRange(film);
    printRow("stored values", std::to_string(film.bitsStored) + " bits, " + std::to_string(film.storedMin) +
                                  " … " + std::to_string(film.storedMax));
    printRow("pixels", std::to_string(range.smallest) + " … " + std::to_string(range.largest));
    if (film.padding)
        printRow("padding",
                 std::to_string(film.padding->storedLow) + " … " + std::to_string(film.padding->storedHigh));
    printRow("modality values", modalityText(film));
    for (const Window& window : film.windows)
        printRow("window", describe(window));
}

void printOverlay(const FilmOverlay& overlay) {
    printRow("overlay", std::to_string(overlay.widthPx) + " × " + std::to_string(overlay.heightPx) +
                            " pixels at " + std::to_string(overlay.leftPx) + ", " +
                            std::to_string(overlay.topPx) +
                            (overlay.label.empty() ? "" : " (" + overlay.label + ")"));
}

void printTable(const fs::path& file, const Radiograph& film, bool patient) {
    std::printf("%s\n", file.string().c_str());
    printRow("format", film.source.format + ", " + film.source.encoding);
    printRow("photometric", film.source.photometric +
                                (film.polarity == Polarity::Inverted ? " (inverted: larger is denser)" : ""));
    printRow("size", std::to_string(film.widthPx) + " × " + std::to_string(film.heightPx) + " pixels");
    if (film.source.frameCount > 1)
        printRow("frame",
                 std::to_string(film.source.frame) + " of " + std::to_string(film.source.frameCount));
    printValues(film);
    for (const FilmOverlay& overlay : film.overlays)
        printOverlay(overlay);
    printRow("spacing", film.spacing ? number(film.spacing->rowMm) + " × " + number(film.spacing->columnMm) +
                                           " mm (rows × columns, from " + film.spacing->source + ")"
                                     : "unknown");
    for (const std::string& warning : film.source.warnings)
        printRow("note", warning);
    if (patient)
        for (const auto& [name, value] : headerFields(film.header))
            if (!value.empty())
                printRow(name, value);
    std::fflush(stdout);
}

void printError(const InfoOptions& options, const fs::path& file, const Error& error) {
    if (options.json)
        printLine({{"file", file.string()},
                   {"error", {{"code", codeName(error.code)}, {"message", error.message}}}});
    else
        std::cerr << file.string() << ": " << error.message << std::endl;
}

bool describeFilm(const InfoOptions& options, const fs::path& file, const Result<Radiograph>& film) {
    if (!film) {
        printError(options, file, film.error());
        return false;
    }
    if (options.json)
        printLine(toJson(file, *film, options.patient));
    else
        printTable(file, *film, options.patient);
    return true;
}

int run(const InfoOptions& options, const CommandContext& context) {
    const FilmReader readFilm = filmReader(context, options.reading);
    int exitCode = AllDone;
    for (const fs::path& input : options.inputs) {
        const auto films = findFilms({input}, context.stop);
        if (!films) {
            printError(options, input, films.error());
            exitCode = SomeFailed;
            continue;
        }
        if (films->empty()) {
            printError(options, input, {ErrorCode::NotFound, "There is no film in this folder.", {}});
            exitCode = SomeFailed;
        }
        for (const fs::path& film : *films)
            if (!describeFilm(options, film, readFilm(film, context.stop)))
                exitCode = SomeFailed;
    }
    return exitCode;
}

} // namespace

void addInfoCommand(CLI::App& app, CommandContext& context) {
    auto options = std::make_shared<InfoOptions>();
    CLI::App* command =
        app.add_subcommand("info", "Say what films hold: format, size, encoding, windows, spacing");
    command
        ->add_option("FILES", options->inputs,
                     "Films (DICOM, PNG, JPEG, TIFF, BMP, WebP), folders of them, or a DICOMDIR")
        ->required();
    command->add_flag("--json", options->json,
                      "One JSON object a line: {\"file\", \"format\", …} or {\"file\", \"error\": {\"code\", "
                      "\"message\"}}");
    command->add_flag("--patient", options->patient,
                      "Print the patient and study fields of DICOM headers too; left out otherwise");
    addFrameOption(*command, options->reading);
    command->footer(
        "Pixels are stored values counted up from the smallest possible one, turned round where the "
        "file says\nthat large is dark, so that larger is always denser.\n"
        "Exit status: 0 all described, 1 some files failed and the others are described, 2 wrong usage.");
    command->callback([options, &context] { context.exitCode = run(*options, context); });
}

} // namespace hilum
