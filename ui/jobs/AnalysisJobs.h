// Everything slow that the reading window does, as jobs on threads of their own: one for folders, one for
// decoding films, one for models and readings. Every job has an id; a newer job of the same kind makes the
// older one stale, and what a stale job still delivers is dropped here. Signals come on the GUI thread, after
// the call that started the job has returned. GUI thread only.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include <QObject>

#include "ui/jobs/AnalysisBackend.h"
#include "ui/jobs/JobThread.h"
#include "ui/jobs/ModelSources.h"
#include "ui/viewer/DecodedFilm.h"

namespace hilum {

using JobId = std::uint64_t;

enum class JobKind { FindFilms, OpenFilm, PreviewFilm, ListModels, LoadModel, ReadFilm, ReadInBackground };
inline constexpr std::size_t kJobKinds = 7;

class AnalysisJobs : public QObject {
    Q_OBJECT

public:
    explicit AnalysisJobs(AnalysisBackend backend, QObject* parent = nullptr);
    ~AnalysisJobs() override;

    // Walks folders; a path that does not exist stays in the list, where opening it fails. Ends in filmsFound
    // or failed.
    JobId findFilms(std::vector<std::filesystem::path> paths);
    // Decodes the film that the user waits for; takes precedence over previews. Ends in filmOpened or failed.
    JobId openFilm(std::filesystem::path file);
    // Decodes a film that nobody waits for yet. Ends in filmPreviewed or failed, also when it gave way.
    JobId previewFilm(std::filesystem::path file);
    // Reads the cards of the models there, leaving out those that cannot be read. Ends in modelsListed.
    JobId listModels(ModelSources sources);
    // Replaces the model; the one before is given up in any case. Ends in modelLoaded or failed.
    JobId loadModel(std::filesystem::path file);
    // Reads a film with the model loaded last. Ends in filmRead or failed.
    JobId readFilm(DecodedFilmPtr film);
    // The same for a film that nobody waits for. Ends in filmReadInBackground or failed, also when it gave
    // way.
    JobId readInBackground(DecodedFilmPtr film);

    // Stops the kind's job, if there is one; nothing of it is delivered any more.
    void cancel(JobKind kind);

Q_SIGNALS:
    void filmsFound(hilum::JobId id, const std::vector<std::filesystem::path>& films);
    void filmOpened(hilum::JobId id, const hilum::DecodedFilmPtr& film);
    void filmPreviewed(hilum::JobId id, const hilum::DecodedFilmPtr& film);
    void modelsListed(hilum::JobId id, const std::vector<hilum::ModelInfo>& models);
    void modelLoaded(hilum::JobId id, const hilum::ModelInfo& model);
    void filmRead(hilum::JobId id, const hilum::Reading& reading);
    void filmReadInBackground(hilum::JobId id, const hilum::Reading& reading);
    void failed(hilum::JobId id, hilum::JobKind kind, const hilum::Error& error);
    // What makes this machine slower than it need be, in words; once, with the first list of models.
    void machineWarned(const QStringList& sentences);

private:
    struct Analysis; // the state of the analysis thread

    template <class Value>
    using Delivery = void (AnalysisJobs::*)(JobId, const Value&);
    template <class Value, class Work>
    JobId start(JobThread& thread, int lane, JobKind kind, Delivery<Value> delivery, Work work);
    JobId startDecoding(int lane, JobKind kind, Delivery<DecodedFilmPtr> delivery,
                        std::filesystem::path file);
    JobId startReading(int lane, JobKind kind, Delivery<Reading> delivery, DecodedFilmPtr film);

    AnalysisBackend m_backend;
    std::shared_ptr<Analysis> m_analysis;
    std::array<JobId, kJobKinds> m_newest{}; // by kind; 0: none expected
    JobId m_lastId = 0;
    // Last, so that they end before what their jobs use.
    std::unique_ptr<JobThread> m_folderThread;
    std::unique_ptr<JobThread> m_filmThread;
    std::unique_ptr<JobThread> m_analysisThread;
};

} // namespace hilum
