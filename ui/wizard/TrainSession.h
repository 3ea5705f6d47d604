// What is being trained: the data, its check-up and its split, the settings, and the queue of runs. Knows no
// widgets. Everything slow runs on threads of its own; a newer request of a kind makes the older one stale.
// GUI thread only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <QImage>
#include <QObject>

#include "core/domain/Raster.h"
#include "training/CheckUp.h"
#include "training/DatasetIndex.h"
#include "training/Recipes.h"
#include "training/Split.h"
#include "training/TrainingConfig.h"
#include "ui/jobs/AnalysisBackend.h"
#include "ui/jobs/JobThread.h"
#include "ui/jobs/TrainingQueue.h"
#include "ui/wizard/CheckUpText.h"
#include "ui/wizard/DataFacts.h"

namespace hilum {

enum class DataState { None, Looking, Ready, Failed };

class TrainSession : public QObject {
    Q_OBJECT

public:
    static constexpr int kSamplesPerClass = 4;

    // The backend's functions are called from several threads. trainer: hilum-trainer.
    TrainSession(AnalysisBackend backend, std::filesystem::path trainer, QObject* parent = nullptr);
    ~TrainSession() override;

    // --- the data ---
    // Looks for films in a folder or a table; then starts the check-up, the samples and the split.
    void openData(const std::filesystem::path& data);
    [[nodiscard]] DataState dataState() const { return m_dataState; }
    [[nodiscard]] const Error& dataError() const { return m_dataError; } // valid when Failed
    [[nodiscard]] const DatasetIndex& index() const { return *m_index; } // valid when Ready
    [[nodiscard]] const DataFacts& facts() const { return m_facts; }     // valid when Ready
    [[nodiscard]] QString dataName() const;
    [[nodiscard]] const QImage& sample(std::size_t label, int number) const; // null until it is read
    // One film, fitted to a square, for the preview of the augmentation; empty until it is read.
    [[nodiscard]] const GreyImage& previewFilm() const { return m_previewFilm; }

    // --- the check-up ---
    [[nodiscard]] const CheckUp* checkUp() const { return m_checkUp.get(); } // null until it is done
    [[nodiscard]] const std::vector<CheckUpLine>& checkUpLines() const {
        return m_checkUpLines;
    } // valid with a check-up
    [[nodiscard]] const std::optional<Error>& checkUpError() const { return m_checkUpError; }
    [[nodiscard]] double checkUpProgress() const { return m_checkUpProgress; } // in [0, 1]

    // --- the settings, with the split among them ---
    [[nodiscard]] const TrainingConfig& settings() const { return m_settings; }
    // Takes effect at once; data and network stay as they are.
    void setSettings(const TrainingConfig& settings);
    void change(const std::function<void(TrainingConfig&)>& edit);
    [[nodiscard]] const Split* split() const {
        return m_split ? &*m_split : nullptr;
    }                                                                           // null: see splitError()
    [[nodiscard]] const std::vector<int>& folds() const { return m_folds; }     // of a cross-validation
    [[nodiscard]] const SplitFacts& splitFacts() const { return m_splitFacts; } // valid with a split
    [[nodiscard]] const std::optional<Error>& splitError() const { return m_splitError; }

    // --- what is trained ---
    [[nodiscard]] const std::vector<std::string>& networks() const { return m_networks; }
    void setNetworks(std::vector<std::string> names);
    // Null: the settings are no recipe's.
    [[nodiscard]] const Recipe* recipe() const;
    void setRecipe(const Recipe& recipe);
    // For a first try in minutes: a small network, from scratch, nothing downloaded.
    void usePracticeSettings();
    // Where run folders are made.
    [[nodiscard]] const std::filesystem::path& runsFolder() const { return m_runsFolder; }
    void setRunsFolder(std::filesystem::path folder);
    // The settings of a run of that network, into a run folder that is free.
    [[nodiscard]] TrainingConfig configFor(const std::string& network) const;
    // Queues a run for every chosen network.
    void startTraining();
    [[nodiscard]] TrainingQueue& queue() { return m_queue; }
    [[nodiscard]] const AnalysisBackend& backend() const { return m_backend; }

Q_SIGNALS:
    void dataChanged();
    void samplesChanged();
    void checkUpChanged();
    void settingsChanged();
    void splitChanged();

private:
    template <class Value>
    using Done = std::function<void(Result<Value>)>;
    // Runs work on the thread; done gets its value here, unless a newer job of the slot was started.
    template <class Value, class Work>
    void start(JobThread& thread, int lane, std::uint64_t& slot, Work work, Done<Value> done);
    struct IndexedData {
        std::shared_ptr<const DatasetIndex> index;
        DataFacts facts;
    };
    struct MadeSplit {
        Split split;
        std::vector<int> folds;
        SplitFacts facts;
    };
    struct CheckedData {
        std::shared_ptr<const CheckUp> checkUp;
        std::vector<CheckUpLine> lines;
        std::shared_ptr<const DatasetIndex>
            grouped; // near duplicates kept together; null: there are none to keep
    };
    static Result<MadeSplit> splitFor(const DatasetIndex& index, const TrainingConfig& settings);
    void adopt(IndexedData data);
    [[nodiscard]] std::function<Result<IndexedData>(const std::stop_token&)> indexWork() const;
    void indexAgain();
    void readSamples();
    void forgetCheckUp();
    void runCheckUp();
    void makeSplitAgain();
    [[nodiscard]] std::filesystem::path freeRunFolder(const std::string& network) const;

    AnalysisBackend m_backend;
    DataState m_dataState = DataState::None;
    Error m_dataError;
    std::shared_ptr<const DatasetIndex> m_index;
    DataFacts m_facts;
    std::vector<std::vector<QImage>> m_samples; // per label
    GreyImage m_previewFilm;
    std::shared_ptr<const CheckUp> m_checkUp;
    std::vector<CheckUpLine> m_checkUpLines;
    std::optional<Error> m_checkUpError;
    double m_checkUpProgress = 0;
    TrainingConfig m_settings;
    std::vector<std::string> m_networks{"densenet201"};
    std::filesystem::path m_runsFolder;
    std::optional<Split> m_split;
    std::vector<int> m_folds;
    SplitFacts m_splitFacts;
    std::optional<Error> m_splitError;
    TrainingQueue m_queue;
    std::uint64_t m_indexJob = 0, m_splitJob = 0, m_checkUpJob = 0, m_sampleJob = 0;
    // Last, so that they end before what their jobs use.
    JobThread m_dataThread; // lane 0: index, lane 1: split
    JobThread m_checkUpThread;
    JobThread m_sampleThread;
};

} // namespace hilum
