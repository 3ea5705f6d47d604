// hilum-cli predict: films -> probabilities, heat maps, report.

#include "app/Commands.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <set>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/FrameOption.h"
#include "core/domain/ReadAhead.h"
#include "core/domain/Threads.h"
#include "core/image/HeatMap.h"
#include "core/image/ImageWriter.h"
#include "core/image/RadiographReader.h"
#include "core/image/Windowing.h"
#include "core/inference/Classifier.h"
#include "core/inference/Report.h"
#include "core/inference/ResourcePaths.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr double kOverlayOpacity = 0.6;

struct PredictOptions {
    std::vector<fs::path> inputs;
    std::vector<fs::path> models;
    fs::path heatMapFolder;
    fs::path reportFile;
    std::string precision = "auto";
    int repeats = 1;
    bool raw = false;
    bool json = false;
    ReadOptions reading;
};

// Invalid UTF-8 in a file name must not end the batch.
std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

void printError(const PredictOptions& options, const fs::path& file, const Error& error) {
    if (options.json) {
        const Json line{{"file", file.string()},
                        {"error", {{"code", codeName(error.code)}, {"message", error.message}}}};
        std::cout << dumped(line) << std::endl;
    } else {
        std::cerr << file.string() << ": " << error.message << std::endl;
    }
}

void printReading(const PredictOptions& options, const fs::path& file, const Reading& reading,
                  const std::vector<std::string>& warnings) {
    const Prediction& prediction = reading.prediction;
    if (options.json) {
        Json probabilities = Json::object();
        for (std::size_t i = 0; i < prediction.labels.size(); ++i)
            probabilities[prediction.labels[i]] = prediction.probabilities[i];
        const Json line{{"file", file.string()},
                        {"model", {{"name", reading.modelName}, {"sha256", reading.modelSha256}}},
                        {"label", prediction.labels[prediction.best]},
                        {"probabilities", probabilities},
                        {"warnings", warnings},
                        {"elapsed_ms", reading.elapsed.count()}};
        std::cout << dumped(line) << std::endl;
        return;
    }
    std::printf("%-44s", file.filename().string().c_str());
    for (std::size_t i = 0; i < prediction.labels.size(); ++i)
        std::printf("  %s %7s%s", prediction.labels[i].c_str(),
                    probabilityText(prediction.probabilities[i]).c_str(), i == prediction.best ? " *" : "  ");
    std::printf("  %6.1f ms\n", reading.elapsed.count());
    for (const std::string& warning : warnings)
        std::printf("    note: %s\n", warning.c_str());
    std::fflush(stdout);
}

std::string fileNamePart(std::string text) {
    std::ranges::replace_if(
        text,
        [](char c) { return std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos || c < ' '; },
        '_');
    return text;
}

// NAME of the heat-map files: the film's stem, numbered where the batch holds it twice.
class FilmNames {
public:
    const std::string& nameOf(const fs::path& file) {
        const auto [entry, isNew] = m_names.try_emplace(file);
        if (isNew) {
            const std::string stem = fileNamePart(file.stem().string());
            entry->second = stem;
            for (int i = 2; !m_used.insert(entry->second).second; ++i)
                entry->second = stem + "-" + std::to_string(i);
        }
        return entry->second;
    }

private:
    std::map<fs::path, std::string> m_names;
    std::set<std::string> m_used;
};

Result<void> writeHeatMaps(const PredictOptions& options, const fs::path& folder, const std::string& name,
                           const Radiograph& film, const Reading& reading) {
    const GreyImage grey = applyWindow(film, defaultWindow(film));
    const Explanation& explanation = reading.explanation;
    for (std::size_t i = 0; i < explanation.maps.size(); ++i) {
        const FloatImage map =
            mapInFilmPixels(explanation.maps[i], explanation.placement, film.widthPx, film.heightPx);
        const std::string stem = name + "." + fileNamePart(reading.prediction.labels[i]);
        const double top = heatScale(explanation, i).top;
        if (Result<void> written =
                writePng(overlayHeatMap(grey, map, top, kOverlayOpacity), folder / (stem + ".png"));
            !written)
            return written;
        if (options.raw) {
            if (Result<void> written = writeFloatTiff(map, folder / (stem + ".tiff")); !written)
                return written;
        }
    }
    return {};
}

class Batch {
public:
    Batch(const PredictOptions& options, const CommandContext& context)
        : m_options(options), m_stop(context.stop), m_readFilm(filmReader(context, options.reading)) {}

    // False, with the reason printed, where a model cannot be used.
    bool loadModels() {
        for (const fs::path& file : m_options.models) {
            Result<Classifier> model = Classifier::load(file, *precisionNamed(m_options.precision));
            if (!model) {
                std::cerr << file.string() << ": " << model.error().message << std::endl;
                return false;
            }
            m_report.addModel(model->card(), model->sha256());
            m_models.push_back(std::move(*model));
        }
        return true;
    }

    int run() {
        int exitCode = AllDone;
        for (const fs::path& input : m_options.inputs) {
            Result<std::vector<fs::path>> films = findFilms({input}, m_stop);
            if (!films) {
                reportError(input, films.error());
                exitCode = SomeFailed;
                continue;
            }
            if (films->empty() && !m_stop.stop_requested()) {
                reportError(input, {ErrorCode::NotFound, "There is no film in this folder.", input.string()});
                exitCode = SomeFailed;
            }
            if (!readFilms(*films))
                exitCode = SomeFailed;
        }
        if (m_stop.stop_requested()) {
            std::cerr << "Stopped; the films above are done." << std::endl;
            exitCode = SomeFailed;
        }
        return writeReport() ? exitCode : SomeFailed;
    }

private:
    const PredictOptions& m_options;
    std::stop_token m_stop;
    FilmReader m_readFilm;
    std::vector<Classifier> m_models;
    Report m_report;
    FilmNames m_names;

    void reportError(const fs::path& file, const Error& error) {
        printError(m_options, file, error);
        m_report.addError(file, error);
    }

    // The next films are decoded while the network reads one. False: some failed.
    bool readFilms(const std::vector<fs::path>& files) {
        const int threads = threadCount();
        ReadAhead<Result<Radiograph>> films(files.size(), threads, static_cast<std::size_t>(threads) + 1,
                                            [&](std::size_t i) { return m_readFilm(files[i], m_stop); });
        bool allRead = true;
        for (const fs::path& file : files) {
            if (m_stop.stop_requested())
                break;
            allRead = readFilm(file, *films.next()) && allRead;
        }
        return allRead;
    }

    bool readFilm(const fs::path& file, const Result<Radiograph>& film) {
        if (!film) {
            reportError(file, film.error());
            return false;
        }
        bool allRead = true;
        const bool explain = !m_options.heatMapFolder.empty() || !m_options.reportFile.empty();
        for (Classifier& model : m_models) {
            const Result<Reading> reading = readBy(model, *film, explain ? Explain::EveryClass : Explain::No);
            if (!reading) {
                reportError(file, reading.error());
                allRead = false;
                continue;
            }
            std::vector<std::string> warnings = film->source.warnings;
            warnings.insert(warnings.end(), reading->warnings.begin(), reading->warnings.end());
            printReading(m_options, file, *reading, warnings);
            allRead = saveHeatMaps(file, model, *film, *reading) && allRead;
            if (!m_options.reportFile.empty())
                m_report.addReading(file, *film, *reading);
        }
        return allRead;
    }

    // The last of the repetitions, with the median of their times.
    Result<Reading> readBy(Classifier& model, const Radiograph& film, Explain explain) const {
        Result<Reading> reading = model.read(film, explain, m_stop);
        if (!reading)
            return reading;
        std::vector times{reading->elapsed};
        while (times.size() < static_cast<std::size_t>(m_options.repeats)) {
            reading = model.read(film, explain, m_stop);
            if (!reading)
                return reading;
            times.push_back(reading->elapsed);
        }
        const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
        std::ranges::nth_element(times, middle);
        reading->elapsed = *middle;
        return reading;
    }

    bool saveHeatMaps(const fs::path& file, const Classifier& model, const Radiograph& film,
                      const Reading& reading) {
        if (m_options.heatMapFolder.empty())
            return true;
        // Several models: a folder each, or their maps would overwrite each other.
        const fs::path folder =
            m_models.size() > 1 ? m_options.heatMapFolder / model.file().stem() : m_options.heatMapFolder;
        std::error_code error;
        fs::create_directories(folder, error);
        const Result<void> written =
            error ? fail(ErrorCode::NotWritable, "The folder cannot be made: " + error.message() + ".",
                         folder.string())
                  : writeHeatMaps(m_options, folder, m_names.nameOf(file), film, reading);
        if (!written)
            reportError(file,
                        {written.error().code, written.error().message + " (" + written.error().context + ")",
                         file.string()});
        return written.has_value();
    }

    [[nodiscard]] bool writeReport() const {
        if (m_options.reportFile.empty())
            return true;
        const Result<void> written = m_report.write(m_options.reportFile);
        if (!written)
            std::cerr << m_options.reportFile.string() << ": " << written.error().message << std::endl;
        else if (!m_options.json)
            std::cout << "Report: " << m_options.reportFile.string() << std::endl;
        return written.has_value();
    }
};

void predict(PredictOptions& options, CommandContext& context) {
    if (options.models.empty()) {
        const std::vector<fs::path> shipped = shippedModels();
        if (shipped.empty()) {
            std::cerr << "No model is given, and none ships with this build; name one with --model."
                      << std::endl;
            context.exitCode = WrongUsage;
            return;
        }
        options.models = {shipped.front()};
    }
    for (const std::string& warning : prepareComputeBackend())
        std::cerr << "warning: " << warning << std::endl;
    Batch batch(options, context);
    context.exitCode = batch.loadModels() ? batch.run() : WrongUsage;
}

} // namespace

void addPredictCommand(CLI::App& app, CommandContext& context) {
    CLI::App* command = app.add_subcommand("predict", "Read films with one or several models");
    const auto options = std::make_shared<PredictOptions>();
    command
        ->add_option(
            "films", options->inputs,
            "DICOM, PNG, JPEG, TIFF, BMP or WebP files; folders are walked, a DICOMDIR gives its images")
        ->required();
    command
        ->add_option("-m,--model", options->models,
                     "model file (.safetensors); may be given several times [the starter model]")
        ->allow_extra_args(false); // what follows is a film
    command
        ->add_option(
            "--precision", options->precision,
            "fp32, bf16 (faster on some processors; probabilities move in the third digit), or auto: "
            "bf16 where the processor has it, it is faster, and it names the same labels")
        ->check(CLI::IsMember({"auto", "fp32", "bf16"}))
        ->capture_default_str();
    command->add_flag(
        "--json", options->json,
        "one JSON object a line: file, model, label, probabilities, warnings, elapsed_ms; or file and "
        "error");
    CLI::Option* heatMap = command->add_option("--heatmap", options->heatMapFolder,
                                               "write an overlay a class, NAME.LABEL.png, into this folder "
                                               "(with several models: a folder each in it)");
    command->add_flag("--raw", options->raw, "also the maps as NAME.LABEL.tiff, 32-bit float, in film pixels")
        ->needs(heatMap);
    command->add_option("--report", options->reportFile,
                        "write a page with films, figures and heat maps (HTML)");
    command
        ->add_option("--repeat", options->repeats,
                     "read every film so many times, one reading right behind the other; elapsed_ms is their "
                     "median")
        ->check(CLI::Range(1, 10000))
        ->capture_default_str();
    addFrameOption(*command, options->reading);
    command->footer(
        "Exit status: 0 all films read, 1 some failed and the others are done, 2 wrong usage or no "
        "usable model.\nResearch use, not for diagnosis.");
    command->callback([options, &context] { predict(*options, context); });
}

} // namespace hilum
