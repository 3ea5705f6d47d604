// Films with a known answer, and a backend whose speed and failures a test decides.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "ui/jobs/AnalysisBackend.h"

namespace hilum::test {

// 12-bit film whose pixel (x, y) is value(x, y).
template <class Value>
Radiograph makeFilm(int width, int height, const Value& value) {
    Radiograph film;
    film.widthPx = width;
    film.heightPx = height;
    film.bitsStored = 12;
    film.storedMax = 4095;
    auto pixels = std::make_shared<std::vector<std::uint16_t>>();
    pixels->reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x)
            pixels->push_back(static_cast<std::uint16_t>(value(x, y)));
    }
    film.pixels = std::move(pixels);
    film.windows = {{2048, 4096, VoiFunction::Linear, "full"}};
    film.source.format = "PNG";
    film.source.encoding = "16-bit grey";
    return film;
}

inline Radiograph makeGradient(int width = 300, int height = 200) {
    return makeFilm(width, height, [=](int x, int) { return 4095 * x / width; });
}

// Two classes; class 0 looks at the left upper quarter, class 1 nowhere.
inline Reading makeReading(const std::string& model, const Radiograph& film, double probability) {
    Reading reading;
    reading.modelName = model;
    reading.prediction.labels = {"Opacity", "No finding"};
    reading.prediction.probabilities = {probability, 1 - probability};
    reading.prediction.logits = {1, 0};
    reading.prediction.best = probability >= 0.5 ? 0 : 1;
    FloatImage map(4, 4);
    map.at(0, 0) = map.at(1, 0) = map.at(0, 1) = map.at(1, 1) = 2.0F;
    reading.explanation.maps = {map, FloatImage(4, 4)};
    reading.explanation.placement = {0, 0, static_cast<double>(film.widthPx),
                                     static_cast<double>(film.heightPx)};
    reading.explanation.fixedScale = 2;
    reading.elapsed = std::chrono::milliseconds(7);
    return reading;
}

// What the fakes do and have done; shared between the test and the jobs' threads.
struct FakeWorld {
    std::atomic<int> decodeMs{0};
    std::atomic<int> readMs{0};
    std::atomic<int> loadMs{0};
    std::atomic<int> decodes{0};
    std::atomic<int> reads{0};
    std::atomic<bool> heedsStop{true};
};

// Waits as a busy library would. False: it was stopped.
inline bool work(std::chrono::milliseconds duration, const FakeWorld& world, const std::stop_token& stop) {
    const auto end = std::chrono::steady_clock::now() + duration;
    while (std::chrono::steady_clock::now() < end) {
        if (world.heedsStop && stop.stop_requested())
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

class FakeModel final : public AnalysisModel {
public:
    FakeModel(std::filesystem::path file, std::shared_ptr<FakeWorld> world)
        : m_file(std::move(file)), m_world(std::move(world)) {}

    [[nodiscard]] static ModelCard cardOf(const std::filesystem::path& file) {
        ModelCard card;
        card.name = file.stem().string();
        card.version = "1";
        card.architecture = "fake";
        card.labels = {"Opacity", "No finding"};
        card.heatMapScale = 2;
        card.testAccuracy = {0.9, 0.8, 0.95, 40};
        card.testedOn = "40 invented films";
        return card;
    }
    [[nodiscard]] ModelInfo info() const override { return {m_file, std::string(64, 'a'), cardOf(m_file)}; }

    // The film's width in percent is the probability, so that a reading tells which film it is of.
    Result<Reading> read(const Radiograph& film, std::stop_token stop) override {
        ++m_world->reads;
        if (!work(std::chrono::milliseconds(m_world->readMs), *m_world, stop))
            return fail(ErrorCode::Cancelled, "Stopped.");
        return makeReading(m_file.stem().string(), film, (film.widthPx % 100) / 100.0);
    }

private:
    std::filesystem::path m_file;
    std::shared_ptr<FakeWorld> m_world;
};

// File names decide: "120.film" is a film 120 px wide, "damaged…" cannot be read, "folder" holds three films.
inline AnalysisBackend fakeBackend(const std::shared_ptr<FakeWorld>& world) {
    using Path = std::filesystem::path;
    AnalysisBackend backend;
    backend.findFilms = [](const std::vector<Path>& paths, std::stop_token) -> Result<std::vector<Path>> {
        if (paths.front().filename() == "folder")
            return std::vector<Path>{"/folder/120.film", "/folder/130.film", "/folder/140.film"};
        if (paths.front().filename() == "empty")
            return std::vector<Path>{};
        return paths;
    };
    backend.readFilm = [world](const Path& file, std::stop_token stop) -> Result<Radiograph> {
        ++world->decodes;
        if (!work(std::chrono::milliseconds(world->decodeMs), *world, stop))
            return fail(ErrorCode::Cancelled, "Stopped.");
        if (file.filename().string().starts_with("damaged"))
            return fail(ErrorCode::Damaged, "The pixel data end after 12 of 96 rows.", file.string());
        Radiograph film = makeGradient(std::stoi(file.stem().string()), 100);
        film.source.file = file;
        return film;
    };
    backend.shippedModels = [] {
        return std::vector<Path>{"/models/first.safetensors", "/models/second.safetensors"};
    };
    backend.readModelCard = [](const Path& file) -> Result<ModelCard> { return FakeModel::cardOf(file); };
    backend.loadModel = [world](const Path& file) -> Result<std::unique_ptr<AnalysisModel>> {
        std::this_thread::sleep_for(std::chrono::milliseconds(world->loadMs));
        if (file.stem() == "broken")
            return fail(ErrorCode::BadModelFile, "The reference output does not match.", file.string());
        return std::make_unique<FakeModel>(file, world);
    };
    backend.prepare = [] { return std::vector<std::string>{}; };
    return backend;
}

} // namespace hilum::test
