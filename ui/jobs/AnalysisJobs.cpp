#include "ui/jobs/AnalysisJobs.h"

#include <chrono>
#include <new>
#include <utility>

#include "ui/QtConvert.h"

namespace hilum {
namespace {

// Lanes of the film thread and of the analysis thread, most urgent first; see JobThread.
enum FilmLane { OpenLane, PreviewLane, kFilmLanes };
enum AnalysisLane { ListLane, LoadLane, ReadLane, BackgroundLane, kAnalysisLanes };

constexpr auto kIndex = [](JobKind kind) { return static_cast<std::size_t>(kind); };

// The only place where an exception of a job ends: memory runs out in any of them.
template <class Value, class Work>
Result<Value> guarded(const Work& work, const std::stop_token& stop) {
    try {
        return work(stop);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There was not enough memory.");
    } catch (const std::exception& exception) {
        return fail(ErrorCode::Internal, exception.what());
    }
}

} // namespace

struct AnalysisJobs::Analysis {
    std::unique_ptr<AnalysisModel> model;
    bool prepared = false;
};

AnalysisJobs::AnalysisJobs(AnalysisBackend backend, QObject* parent)
    : QObject(parent), m_backend(std::move(backend)), m_analysis(std::make_shared<Analysis>()),
      m_folderThread(std::make_unique<JobThread>(QStringLiteral("hilum-folders"), 1)),
      m_filmThread(std::make_unique<JobThread>(QStringLiteral("hilum-films"), kFilmLanes)),
      m_analysisThread(std::make_unique<JobThread>(QStringLiteral("hilum-analysis"), kAnalysisLanes)) {}

AnalysisJobs::~AnalysisJobs() = default;

template <class Value, class Work>
JobId AnalysisJobs::start(JobThread& thread, int lane, JobKind kind, Delivery<Value> delivery, Work work) {
    const JobId id = ++m_lastId;
    m_newest[kIndex(kind)] = id;
    thread.post(lane, [this, id, kind, delivery, job = std::move(work)](const std::stop_token& stop) {
        Result<Value> result = guarded<Value>(job, stop);
        const auto deliver = [this, id, kind, delivery, value = std::move(result)] {
            JobId& newest = m_newest[kIndex(kind)];
            if (newest != id)
                return; // a newer job of this kind was started, or this one was cancelled
            newest = 0;
            if (value)
                (this->*delivery)(id, *value);
            else
                Q_EMIT failed(id, kind, value.error());
        };
        QMetaObject::invokeMethod(this, deliver, Qt::QueuedConnection);
    });
    return id;
}

JobId AnalysisJobs::findFilms(std::vector<std::filesystem::path> paths) {
    using Paths = std::vector<std::filesystem::path>;
    const auto find = [findFilms = m_backend.findFilms,
                       paths = std::move(paths)](const std::stop_token& stop) -> Result<Paths> {
        Paths films;
        for (const std::filesystem::path& path : paths) {
            Result<Paths> found = findFilms({path}, stop);
            if (found)
                films.insert(films.end(), found->begin(), found->end());
            else if (found.error().code == ErrorCode::NotFound)
                films.push_back(path); // the others are shown, this one with its error
            else
                return found;
        }
        return films;
    };
    return start<Paths>(*m_folderThread, 0, JobKind::FindFilms, &AnalysisJobs::filmsFound, find);
}

JobId AnalysisJobs::startDecoding(int lane, JobKind kind, Delivery<DecodedFilmPtr> delivery,
                                  std::filesystem::path file) {
    const auto decode = [read = m_backend.readFilm,
                         file = std::move(file)](const std::stop_token& stop) -> Result<DecodedFilmPtr> {
        const auto begin = std::chrono::steady_clock::now();
        Result<Radiograph> film = read(file, stop);
        if (!film)
            return tl::unexpected<Error>(std::move(film.error()));
        return makeDecodedFilm(std::move(*film), std::chrono::steady_clock::now() - begin);
    };
    return start<DecodedFilmPtr>(*m_filmThread, lane, kind, delivery, decode);
}

JobId AnalysisJobs::openFilm(std::filesystem::path file) {
    return startDecoding(OpenLane, JobKind::OpenFilm, &AnalysisJobs::filmOpened, std::move(file));
}

JobId AnalysisJobs::previewFilm(std::filesystem::path file) {
    return startDecoding(PreviewLane, JobKind::PreviewFilm, &AnalysisJobs::filmPreviewed, std::move(file));
}

JobId AnalysisJobs::listModels(ModelSources sources) {
    using Models = std::vector<ModelInfo>;
    const auto list = [this, analysis = m_analysis, backend = m_backend,
                       sources = std::move(sources)](const std::stop_token&) -> Result<Models> {
        if (!std::exchange(analysis->prepared, true)) {
            QStringList sentences;
            for (const std::string& sentence : backend.prepare())
                sentences << toQString(std::string_view(sentence));
            if (!sentences.isEmpty())
                QMetaObject::invokeMethod(this, [this, sentences] { Q_EMIT machineWarned(sentences); });
        }
        Models models;
        for (const std::filesystem::path& file : modelFiles(sources, backend.shippedModels())) {
            if (Result<ModelCard> card = backend.readModelCard(file))
                models.push_back({file, {}, std::move(*card)});
        }
        return models;
    };
    return start<Models>(*m_analysisThread, ListLane, JobKind::ListModels, &AnalysisJobs::modelsListed, list);
}

JobId AnalysisJobs::loadModel(std::filesystem::path file) {
    cancel(JobKind::ReadFilm);
    cancel(JobKind::ReadInBackground);
    const auto load = [analysis = m_analysis, loadModel = m_backend.loadModel,
                       file = std::move(file)](const std::stop_token&) -> Result<ModelInfo> {
        analysis->model.reset(); // two networks need not fit into memory at once
        auto model = loadModel(file);
        if (!model)
            return tl::unexpected<Error>(std::move(model.error()));
        analysis->model = std::move(*model);
        return analysis->model->info();
    };
    return start<ModelInfo>(*m_analysisThread, LoadLane, JobKind::LoadModel, &AnalysisJobs::modelLoaded,
                            load);
}

JobId AnalysisJobs::startReading(int lane, JobKind kind, Delivery<Reading> delivery, DecodedFilmPtr film) {
    const auto read = [analysis = m_analysis,
                       film = std::move(film)](const std::stop_token& stop) -> Result<Reading> {
        if (!analysis->model)
            return fail(ErrorCode::Internal, "No model is loaded.");
        return analysis->model->read(film->film, stop);
    };
    return start<Reading>(*m_analysisThread, lane, kind, delivery, read);
}

JobId AnalysisJobs::readFilm(DecodedFilmPtr film) {
    return startReading(ReadLane, JobKind::ReadFilm, &AnalysisJobs::filmRead, std::move(film));
}

JobId AnalysisJobs::readInBackground(DecodedFilmPtr film) {
    return startReading(BackgroundLane, JobKind::ReadInBackground, &AnalysisJobs::filmReadInBackground,
                        std::move(film));
}

void AnalysisJobs::cancel(JobKind kind) {
    m_newest[kIndex(kind)] = 0;
    switch (kind) {
    case JobKind::FindFilms:
        return m_folderThread->drop(0);
    case JobKind::OpenFilm:
        return m_filmThread->drop(OpenLane);
    case JobKind::PreviewFilm:
        return m_filmThread->drop(PreviewLane);
    case JobKind::ListModels:
        return m_analysisThread->drop(ListLane);
    case JobKind::LoadModel:
        return m_analysisThread->drop(LoadLane);
    case JobKind::ReadFilm:
        return m_analysisThread->drop(ReadLane);
    case JobKind::ReadInBackground:
        return m_analysisThread->drop(BackgroundLane);
    }
}

} // namespace hilum
