// hilum-cli benchmark: what this machine does, in figures. tests/benchmarks/compare.py puts them beside those
// of other programs.

#include "app/Commands.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <string_view>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/LibraryEnvironment.h"
#include "core/domain/Precision.h"
#include "core/domain/Reading.h"
#include "core/domain/Threads.h"
#include "core/image/ImageWriter.h"
#include "core/image/Phantom.h"
#include "core/image/RadiographReader.h"
#include "core/image/Windowing.h"
#include "core/inference/ResourcePaths.h"
#include "core/network/TorchEngine.h"
#include "training/Augmenter.h"
#include "training/FilmStore.h"
#include "training/FineTuner.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kBatchSize = 16;
constexpr int kInputSizePx = 224;
constexpr int kFrozenEpochs = 10;

struct BenchmarkOptions {
    std::vector<std::string> sections{"input", "training", "cached", "prediction", "folder"};
    std::vector<std::string> networks{"resnet101", "densenet201", "vgg19"};
    std::vector<fs::path> films; // data sets of films to decode; empty: phantoms
    int repeats = 5;
    int threads = 0;
    int folderFilms = 200;
    bool json = false;
};

double median(std::vector<double> values) {
    if (values.empty())
        return 0;
    std::ranges::sort(values);
    return values[values.size() / 2];
}

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Of the processor, over all threads of this process: what one core needs, whatever else the machine does.
template <class Work>
double processorMs(const Work& work) {
    const std::clock_t start = std::clock();
    work();
    return 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

class ScratchFolder {
public:
    ScratchFolder()
        : m_path(fs::temp_directory_path() / ("hilum-benchmark-" + std::to_string(std::random_device{}()))) {
        fs::create_directories(m_path);
    }
    ~ScratchFolder() {
        std::error_code ignored;
        fs::remove_all(m_path, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] const fs::path& path() const { return m_path; }

private:
    fs::path m_path;
};

class Benchmark {
public:
    Benchmark(const BenchmarkOptions& options, const CommandContext& context)
        : m_options(options), m_context(context) {}

    Result<void> run() {
        printHeader();
        using Section = Result<void> (Benchmark::*)();
        const std::vector<std::pair<std::string, Section>> sections{{"input", &Benchmark::input},
                                                                    {"training", &Benchmark::training},
                                                                    {"cached", &Benchmark::cached},
                                                                    {"prediction", &Benchmark::prediction},
                                                                    {"folder", &Benchmark::folder}};
        for (const auto& [name, section] : sections) {
            if (std::ranges::find(m_options.sections, name) == m_options.sections.end())
                continue;
            if (auto measured = (this->*section)(); !measured)
                return measured;
        }
        return {};
    }

private:
    const BenchmarkOptions& m_options;
    const CommandContext& m_context;
    ScratchFolder m_scratch;

    void printHeader() const {
        const std::vector<std::pair<std::string, std::string>> lines{
            {"processor", processorName()},
            {"threads", std::to_string(threads())},
            {"bf16 in hardware", processorHasBf16() ? "yes" : "no"},
            {"libraries", torchVersions()}};
        for (const auto& [key, value] : lines) {
            if (m_options.json)
                std::cout << nlohmann::ordered_json{{"key", key}, {"text", value}}.dump() << std::endl;
            else
                std::printf("%-18s %s\n", key.c_str(), value.c_str());
        }
    }

    void print(const std::string& section, const std::string& what, double value,
               const std::string& unit) const {
        if (m_options.json) {
            const nlohmann::ordered_json line{
                {"section", section}, {"what", what}, {"value", value}, {"unit", unit}};
            std::cout << line.dump() << std::endl;
            return;
        }
        std::printf("%-12s %-58s %10.*f %s\n", section.c_str(), what.c_str(), value < 10 ? 3 : 1, value,
                    unit.c_str());
        std::fflush(stdout);
    }

    [[nodiscard]] int threads() const { return threadCount(m_options.threads); }

    static std::string processorName() {
        std::ifstream file("/proc/cpuinfo");
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("model name"))
                return line.substr(line.find(':') + 2);
        }
        return "unknown";
    }

    // count phantoms of this size in three classes, as PNG; made once.
    Result<fs::path> phantoms(int count, int sizePx) const {
        const fs::path folder = m_scratch.path() / ("phantoms-" + std::to_string(sizePx));
        for (int i = 0; i < count; ++i) {
            const PhantomSpec spec{.seed = static_cast<std::uint64_t>(i),
                                   .finding = static_cast<PhantomFinding>(i % 3),
                                   .widthPx = sizePx,
                                   .heightPx = sizePx};
            const fs::path file = folder / toString(spec.finding) / (std::to_string(i) + ".png");
            if (fs::exists(file))
                continue;
            fs::create_directories(file.parent_path());
            const Radiograph film = renderPhantom(spec).film;
            if (auto written = writePng(applyWindow(film, defaultWindow(film)), file); !written)
                return tl::unexpected(written.error());
        }
        return folder;
    }

    Result<void> input() {
        std::vector<fs::path> folders = m_options.films;
        if (folders.empty()) {
            auto made = phantoms(12, 1024);
            if (!made)
                return tl::unexpected(made.error());
            folders.push_back(*made);
        }
        for (const fs::path& folder : folders) {
            if (auto measured = inputOf(folder); !measured)
                return measured;
        }
        return {};
    }

    Result<void> inputOf(const fs::path& folder) {
        auto index = indexDataset(folder, *PatientPattern::parse(""), 1, m_context.stop);
        if (!index)
            return tl::unexpected(index.error());
        Result<FilmStore> store = fail(ErrorCode::Internal, "");
        const auto load = [&] {
            store = FilmStore::load(
                *index, {.inputSizePx = kInputSizePx, .threads = 1}, [](long, long) {}, m_context.stop);
        };
        std::vector<double> decodeMs;
        for (int i = 0; i < m_options.repeats; ++i) {
            decodeMs.push_back(processorMs(load) / static_cast<double>(index->films.size()));
            if (!store)
                return tl::unexpected(store.error());
        }
        const double augmentMs = augmentMsPerFilm(*store);
        const std::string name = folder.filename().string();
        print("input", "decode and resize, " + name, median(decodeMs), "ms/film/core");
        print("input", "decode, resize and augment, " + name, median(decodeMs) + augmentMs, "ms/film/core");
        print("input", "augment from memory, " + name, augmentMs, "ms/film/core");
        return {};
    }

    // Three planes, the default augmentation; as BatchLoader's workers do it.
    [[nodiscard]] double augmentMsPerFilm(const FilmStore& store) const {
        constexpr int kRounds = 10;
        const AugmentationConfig config;
        const std::vector<float> networkValues(std::size_t{3} * 256, 0.5F);
        std::vector<float> target(std::size_t{3} * kInputSizePx * kInputSizePx);
        const auto augment = [&] {
            for (std::size_t i = 0; i < kRounds * store.size(); ++i) {
                Random random(1, i);
                augmentInto(target.data(), **store.square(i % store.size()), drawAugmentation(config, random),
                            config.border, networkValues);
            }
        };
        std::vector<double> ms;
        for (int i = 0; i < m_options.repeats; ++i)
            ms.push_back(processorMs(augment) / static_cast<double>(kRounds * store.size()));
        return median(ms);
    }

    Result<TrainingConfig> trainingOf(const std::string& network, Trainable part) const {
        auto films = phantoms(51, 256);
        if (!films)
            return tl::unexpected(films.error());
        TrainingConfig config;
        config.data = *films;
        config.out = m_scratch.path() / network;
        config.network = network;
        config.trainable = part;
        config.precision = Precision::Fp32;
        config.epochs = m_options.repeats + 1;
        config.batchSize = kBatchSize;
        config.optimiser.kind = OptimiserKind::Sgd;
        config.optimiser.learningRate = 1e-6;
        config.split.train = 0.88;
        config.split.validation = config.split.test = 0.06;
        config.threads = m_options.threads;
        return config;
    }

    // Of training alone; the first epoch warms up.
    static double filmsPerSecond(const TrainingOutcome& outcome) {
        std::vector<double> values;
        for (std::size_t i = 1; i < outcome.history.size(); ++i)
            values.push_back(outcome.history[i].imagesPerSecond);
        return median(values);
    }

    Result<void> training() {
        for (const std::string& network : m_options.networks) {
            for (const Precision precision : {Precision::Fp32, Precision::Bf16}) {
                if (precision == Precision::Bf16 && !processorHasBf16())
                    continue;
                auto config = trainingOf(network, Trainable::All);
                if (!config)
                    return tl::unexpected(config.error());
                config->precision = precision;
                const auto outcome = fineTune(*config, {}, m_context.stop, ExistingRun::Overwrite);
                if (!outcome)
                    return tl::unexpected(outcome.error());
                print("training",
                      network + ", all layers, " + (precision == Precision::Bf16 ? "bf16" : "fp32"),
                      filmsPerSecond(*outcome), "films/s");
            }
        }
        return {};
    }

    Result<void> cached() {
        for (const std::string& network : m_options.networks) {
            auto measured = cachedOf(network, Trainable::HeadOnly, Precision::Fp32);
            for (const Precision precision : {Precision::Fp32, Precision::Bf16}) {
                if (measured && (precision == Precision::Fp32 || processorHasBf16()))
                    measured = cachedOf(network, Trainable::LastBlockAndHead, precision);
            }
            if (!measured)
                return measured;
        }
        return {};
    }

    Result<void> cachedOf(const std::string& network, Trainable part, Precision precision) {
        auto config = trainingOf(network, part);
        if (!config)
            return tl::unexpected(config.error());
        config->precision = precision;
        config->epochs = kFrozenEpochs;
        // The frozen part sees the films between the end of decoding and the first batch.
        Clock::time_point decoded, cachedAt, trained;
        long films = 0;
        const auto watch = [&](const TrainingProgress& progress) {
            if (progress.phase == TrainingPhase::Decoding)
                decoded = Clock::now();
            if (progress.phase == TrainingPhase::Caching) {
                cachedAt = Clock::now();
                films += progress.done == progress.total ? progress.total : 0;
            }
            if (progress.finishedEpoch)
                trained = Clock::now();
        };
        const auto outcome = fineTune(*config, watch, m_context.stop, ExistingRun::Overwrite);
        if (!outcome)
            return tl::unexpected(outcome.error());
        const double onceSeconds = std::chrono::duration<double>(cachedAt - decoded).count();
        const double allSeconds = std::chrono::duration<double>(trained - decoded).count();
        const std::string name = network + (part == Trainable::HeadOnly ? ", head" : ", last block") +
                                 (precision == Precision::Bf16 ? ", bf16" : ", fp32");
        print("cached", name + ", on cached features", filmsPerSecond(*outcome), "films/s");
        print("cached", name + ", frozen part", static_cast<double>(films) / onceSeconds, "films/s");
        print("cached", name + ", ten epochs against one pass of the frozen part", allSeconds / onceSeconds,
              "x");
        return {};
    }

    // A model file with random weights.
    Result<fs::path> modelOf(const std::string& network) const {
        const fs::path model = RunFolder(m_scratch.path() / network).model();
        if (fs::exists(model))
            return model;
        auto config = trainingOf(network, Trainable::HeadOnly);
        if (!config)
            return tl::unexpected(config.error());
        config->epochs = 1;
        return fineTune(*config, {}, m_context.stop, ExistingRun::Overwrite)
            .map([&](const TrainingOutcome& outcome) { return outcome.modelFile; });
    }

    // hilum-cli predict as a user starts it; its JSON lines, and what it took.
    struct Run {
        std::vector<nlohmann::json> lines;
        double seconds = 0;
    };
    [[nodiscard]] Result<Run> predict(const fs::path& model, const fs::path& films, Explain explain,
                                      std::string_view precision = "auto", int repeats = 1) const {
        const fs::path output = m_scratch.path() / "predictions.json";
        std::string command = quoted(m_context.commandLine.front()) + " predict --json --precision " +
                              std::string(precision) + " --repeat " + std::to_string(repeats) + " --model " +
                              quoted(model) + " " + quoted(films);
        if (explain == Explain::EveryClass)
            command += " --heatmap " + quoted(m_scratch.path() / "maps");
        command += " > " + quoted(output);
        Run run;
        const auto start = Clock::now();
        if (std::system(command.c_str()) != 0)
            return fail(ErrorCode::Internal, "hilum-cli predict failed.", model.string());
        run.seconds = secondsSince(start);
        std::ifstream file(output);
        for (std::string line; std::getline(file, line);)
            run.lines.push_back(nlohmann::json::parse(line));
        return run;
    }

    static std::string quoted(const fs::path& path) { return "\"" + path.string() + "\""; }

    Result<void> prediction() {
        // Of the networks' own size, and again and again without decoding or writing in between: what is
        // measured is the network with the steps before and behind it. The first film warms up.
        const auto films = phantoms(2, kInputSizePx);
        if (!films)
            return tl::unexpected(films.error());
        for (const std::string& network : m_options.networks) {
            const auto model = modelOf(network);
            if (!model)
                return tl::unexpected(model.error());
            for (const std::string_view precision : {"fp32", "bf16"}) {
                if (precision == "bf16" && !processorHasBf16())
                    continue;
                for (const Explain explain : {Explain::No, Explain::EveryClass}) {
                    const auto ms = readingMs(*model, *films, explain, precision);
                    if (!ms)
                        return tl::unexpected(ms.error());
                    print("prediction",
                          network + ", " + std::string(precision) +
                              (explain == Explain::No ? ", probabilities" : ", with three maps"),
                          *ms, "ms");
                }
            }
        }
        return {};
    }

    // Of readings of the film behind the first.
    [[nodiscard]] Result<double> readingMs(const fs::path& model, const fs::path& films, Explain explain,
                                           std::string_view precision) const {
        const auto run = predict(model, films, explain, precision, 1 + 2 * m_options.repeats);
        if (!run)
            return tl::unexpected(run.error());
        return run->lines.back().at("elapsed_ms").get<double>();
    }

    Result<void> folder() {
        const auto films = phantoms(m_options.folderFilms, 256);
        if (!films)
            return tl::unexpected(films.error());
        const auto shipped = shippedModels();
        if (shipped.empty())
            return fail(ErrorCode::NotFound, "No model ships with this build.");
        const fs::path one = *films / toString(PhantomFinding::None) / "0.png";
        std::vector<double> oneSeconds;
        for (int i = 0; i < m_options.repeats; ++i) {
            const auto run = predict(shipped.front(), one, Explain::No);
            if (!run)
                return tl::unexpected(run.error());
            oneSeconds.push_back(run->seconds);
        }
        const auto all = predict(shipped.front(), *films, Explain::No);
        if (!all)
            return tl::unexpected(all.error());
        const double others = static_cast<double>(all->lines.size()) - 1;
        print("folder", "start to end of one reading, shipped model", 1e3 * median(oneSeconds), "ms");
        print("folder", "256-pixel PNG, shipped model", others / (all->seconds - median(oneSeconds)),
              "films/s");
        return {};
    }
};

int runBenchmark(const BenchmarkOptions& options, const CommandContext& context) {
    restartWithFastLibraries(context.commandLine);
    forgetLibraryEnvironment(); // read by now
    const auto measured = Benchmark(options, context).run();
    if (measured)
        return AllDone;
    std::cerr << "hilum-cli benchmark: " << measured.error().message;
    if (!measured.error().context.empty())
        std::cerr << " [" << measured.error().context << "]";
    std::cerr << "\n";
    return measured.error().code == ErrorCode::InvalidArgument ? WrongUsage : SomeFailed;
}

} // namespace

void addBenchmarkCommand(CLI::App& app, CommandContext& context) {
    const auto options = std::make_shared<BenchmarkOptions>();
    CLI::App* command = app.add_subcommand(
        "benchmark",
        "Measure what this machine does: input pipeline, training, training on cached features, prediction "
        "with heat\n"
        "maps, whole folders. Medians; networks have random weights. tests/benchmarks/compare.py runs it\n"
        "beside PyTorch, torchvision, PIL and ONNX Runtime.");
    command->add_option("--only", options->sections, "Sections, with commas")
        ->delimiter(',')
        ->check(CLI::IsMember({"input", "training", "cached", "prediction", "folder"}))
        ->capture_default_str();
    command->add_option("--networks", options->networks, "Networks, with commas")
        ->delimiter(',')
        ->capture_default_str();
    command->add_option("--films", options->films,
                        "Folder with folders of films to decode [phantoms of 1024 pixels]; may be repeated");
    command->add_option("--repeats", options->repeats, "Repetitions that a median is taken of")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command->add_option("--threads", options->threads, "Processor threads of training; 0: every core")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command->add_option("--folder-films", options->folderFilms, "Films of section folder")
        ->check(CLI::Range(2, 100000))
        ->capture_default_str();
    command->add_flag("--json", options->json, "One JSON object a line");
    command->callback([options, &context] { context.exitCode = runBenchmark(*options, context); });
}

} // namespace hilum
