// hilum-cli phantom: synthetic films with masks, a folder per class.

#include "app/Commands.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <thread>

#include <CLI/CLI.hpp>

#include "core/domain/Threads.h"
#include "core/image/ImageWriter.h"
#include "core/image/Phantom.h"
#include "core/image/Windowing.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;

struct PhantomOptions {
    fs::path folder;
    int filmsPerClass = 10;
    std::uint64_t seed = 1;
    int sizePx = 512;
    bool dicom = false;
    bool masks = false;
    ClassMarker classMarker = ClassMarker::None;
    std::vector<PhantomFinding> findings;
};

constexpr std::array kAllFindings{PhantomFinding::None, PhantomFinding::GroundGlass,
                                  PhantomFinding::Interstitial};
constexpr std::array kFolders{"films", "lung-masks", "lesion-masks"};

// <patient>_<image>, as in NIH ChestX-ray14: the patient is the seed, so that a name tells how to render it.
std::string nameOf(std::uint64_t seed) {
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "%08llu_000", static_cast<unsigned long long>(seed));
    return name.data();
}

Result<void> makeFolders(const PhantomOptions& options) {
    for (const PhantomFinding finding : options.findings) {
        for (std::size_t i = 0; i < (options.masks ? kFolders.size() : 1); ++i) {
            const fs::path folder = options.folder / kFolders[i] / toString(finding);
            std::error_code error;
            fs::create_directories(folder, error);
            if (error) {
                return fail(ErrorCode::NotWritable, "The folder cannot be made: " + error.message() + ".",
                            folder.string());
            }
        }
    }
    return {};
}

Result<void> writeFilm(const PhantomOptions& options, const PhantomSpec& spec) {
    const Phantom phantom = renderPhantom(spec);
    const std::string_view label = toString(spec.finding);
    const std::string name = nameOf(spec.seed);
    const fs::path film = options.folder / kFolders[0] / label / (name + (options.dicom ? ".dcm" : ".png"));
    Result<void> written = options.dicom
                               ? writePhantomDicom(phantom, film)
                               : writePng(applyWindow(phantom.film, defaultWindow(phantom.film)), film);
    if (written && options.masks) {
        written = writePng(phantom.lungMask, options.folder / kFolders[1] / label / (name + ".png"));
    }
    if (written && options.masks) {
        written = writePng(phantom.lesionMask, options.folder / kFolders[2] / label / (name + ".png"));
    }
    return written;
}

// The films of one run, shared by its threads.
class Batch {
public:
    Batch(const PhantomOptions& options, std::stop_token stop)
        : m_options(options), m_stop(std::move(stop)),
          m_total(options.filmsPerClass * static_cast<int>(options.findings.size())) {}

    // Renders until all films are done or a stop is requested. Any number of threads may be in here.
    void work() {
        for (int film = m_next++; film < m_total && !m_stop.stop_requested(); film = m_next++) {
            const std::size_t finding = static_cast<std::size_t>(film) % m_options.findings.size();
            const PhantomSpec spec{.seed = m_options.seed + static_cast<std::uint64_t>(film),
                                   .finding = m_options.findings[finding],
                                   .widthPx = m_options.sizePx,
                                   .heightPx = m_options.sizePx,
                                   .classMarker = m_options.classMarker};
            try {
                report(writeFilm(m_options, spec));
            } catch (const std::bad_alloc&) {
                report(fail(ErrorCode::OutOfMemory, "Not enough memory.", nameOf(spec.seed)));
            }
        }
    }

    [[nodiscard]] int total() const { return m_total; }
    [[nodiscard]] int written() const { return m_written; }

private:
    void report(const Result<void>& result) {
        const std::lock_guard lock(m_reporting);
        if (!result) {
            std::cerr << result.error().context << ": " << result.error().message << '\n';
            return;
        }
        ++m_written;
        if (m_written * 10 / m_total > (m_written - 1) * 10 / m_total) { // ten lines in all
            std::cerr << m_written << " of " << m_total << " phantoms\n";
        }
    }

    const PhantomOptions& m_options;
    std::stop_token m_stop;
    int m_total;
    std::atomic<int> m_next = 0;
    std::mutex m_reporting;
    int m_written = 0;
};

ExitCode renderPhantoms(const PhantomOptions& options, const std::stop_token& stop) {
    if (const Result<void> made = makeFolders(options); !made) {
        std::cerr << made.error().context << ": " << made.error().message << '\n';
        return WrongUsage;
    }
    Batch batch(options, stop);
    {
        std::vector<std::jthread> helpers;
        const long threads = std::min<long>(threadCount(), batch.total());
        for (long i = 1; i < threads; ++i) {
            helpers.emplace_back([&batch] { batch.work(); });
        }
        batch.work();
    }
    if (stop.stop_requested()) {
        std::cerr << "Stopped after " << batch.written() << " of " << batch.total() << " phantoms.\n";
    }
    return batch.written() == batch.total() ? AllDone : SomeFailed;
}

} // namespace

void addPhantomCommand(CLI::App& app, CommandContext& context) {
    auto options = std::make_shared<PhantomOptions>();
    auto format = std::make_shared<std::string>("png");
    auto finding = std::make_shared<std::string>("all");
    CLI::App* command = app.add_subcommand(
        "phantom",
        "Render synthetic chest radiographs, a folder per class.\n"
        "Writes OUT/films/CLASS/PATIENT_000.png or .dcm. Every film is a patient of its own, whose\n"
        "number is the seed: film i of a run has seed SEED + i. For data that does not overlap,\n"
        "start the next run beyond the last number of the one before.");
    command->add_option("-o,--out", options->folder, "Folder to write to; made if missing")->required();
    command->add_option("-n,--count", options->filmsPerClass, "Films per class")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Seed of the first film")
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{9'000'000'000}))
        ->capture_default_str();
    command->add_option("--size", options->sizePx, "Width and height in pixels")
        ->check(CLI::Range(kMinPhantomPx, kMaxPhantomPx))
        ->capture_default_str();
    command->add_option("--format", *format, "png: 8 bit, windowed; dicom: DX, 12 bit")
        ->check(CLI::IsMember({"png", "dicom"}))
        ->capture_default_str();
    command->add_option("--finding", *finding, "Classes to render")
        ->check(CLI::IsMember({"none", "ground-glass", "interstitial", "all"}))
        ->capture_default_str();
    command->add_flag("--masks", options->masks,
                      "Also write OUT/lung-masks and OUT/lesion-masks (PNG, 0 and 255)");
    command->add_flag_callback(
        "--marker-by-class", [options] { options->classMarker = ClassMarker::Sign; },
        "Plant a shortcut: a sign in lead in an upper corner that tells the class");
    command->callback([options, format, finding, &context] {
        const std::map<std::string, PhantomFinding> findings{{"none", PhantomFinding::None},
                                                             {"ground-glass", PhantomFinding::GroundGlass},
                                                             {"interstitial", PhantomFinding::Interstitial}};
        options->dicom = *format == "dicom";
        if (*finding == "all") {
            options->findings.assign(kAllFindings.begin(), kAllFindings.end());
        } else {
            options->findings = {findings.at(*finding)};
        }
        context.exitCode = renderPhantoms(*options, context.stop);
    });
}

} // namespace hilum
