#include "ui/viewer/ReadSession.h"

#include <algorithm>
#include <utility>

#include "ui/ErrorText.h"

namespace hilum {
namespace {

constexpr std::size_t kCacheBytes = std::size_t{384} << 20U;

} // namespace

ReadSession::ReadSession(AnalysisBackend backend, QObject* parent)
    : QObject(parent), m_cache(kCacheBytes), m_jobs(std::move(backend)) {
    connect(&m_jobs, &AnalysisJobs::filmsFound, this,
            [this](JobId, const auto& films) { onFilmsFound(films); });
    connect(&m_jobs, &AnalysisJobs::filmOpened, this,
            [this](JobId, const auto& film) { onFilmOpened(film); });
    connect(&m_jobs, &AnalysisJobs::filmPreviewed, this,
            [this](JobId, const auto& film) { onFilmPreviewed(film); });
    connect(&m_jobs, &AnalysisJobs::failed, this,
            [this](JobId, JobKind kind, const Error& error) { onFailed(kind, error); });
    connect(&m_jobs, &AnalysisJobs::machineWarned, this, &ReadSession::machineWarned);
    connect(&m_jobs, &AnalysisJobs::modelsListed, this, [this](JobId, const auto& models) {
        m_listingModels = false;
        Q_EMIT modelsListed(models);
        workInBackground();
        checkSettled();
    });
    connect(&m_jobs, &AnalysisJobs::modelLoaded, this, [this](JobId, const ModelInfo& model) {
        m_model = model;
        m_modelState = ModelState::Ready;
        Q_EMIT modelChanged();
        readCurrent();
        workInBackground();
        checkSettled();
    });
    connect(&m_jobs, &AnalysisJobs::filmRead, this, [this](JobId, const Reading& reading) {
        m_reading = false;
        m_films.setReading(m_current, reading);
        Q_EMIT readingChanged();
        workInBackground();
        checkSettled();
    });
    connect(&m_jobs, &AnalysisJobs::filmReadInBackground, this, [this](JobId, const Reading& reading) {
        const int row = m_films.rowOf(std::exchange(m_backgroundReading, {}));
        if (row >= 0)
            m_films.setReading(row, reading);
        workInBackground();
    });
}

const Reading* ReadSession::currentReading() const {
    if (m_current < 0 || !m_films.entry(m_current).reading)
        return nullptr;
    return &*m_films.entry(m_current).reading;
}

bool ReadSession::isBusy() const { return m_opening || m_reading || m_lookingForFilms; }

bool ReadSession::isSettled() const {
    return !isBusy() && !m_listingModels && m_modelState != ModelState::Loading;
}

bool ReadSession::isIdle() const {
    return isSettled() && m_previewing.empty() && m_backgroundReading.empty();
}

void ReadSession::checkSettled() {
    if (isSettled())
        Q_EMIT settled();
}

void ReadSession::open(std::vector<std::filesystem::path> paths) {
    if (paths.empty())
        return;
    setLookingForFilms(true);
    m_jobs.findFilms(std::move(paths));
}

void ReadSession::stopLooking() {
    m_jobs.cancel(JobKind::FindFilms);
    setLookingForFilms(false);
    checkSettled();
}

void ReadSession::setLookingForFilms(bool looking) {
    if (std::exchange(m_lookingForFilms, looking) != looking)
        Q_EMIT lookingForFilmsChanged();
}

void ReadSession::onFilmsFound(const std::vector<std::filesystem::path>& films) {
    setLookingForFilms(false);
    if (films.empty())
        Q_EMIT filmsNotFound(tr("There are no films in this folder: no DICOM, PNG, JPEG or TIFF files."));
    setCurrentRow(m_films.add(films));
    checkSettled();
}

void ReadSession::closeAll() {
    m_jobs.cancel(JobKind::OpenFilm);
    m_jobs.cancel(JobKind::PreviewFilm);
    m_jobs.cancel(JobKind::ReadFilm);
    m_jobs.cancel(JobKind::ReadInBackground);
    m_opening = m_reading = false;
    m_previewing.clear();
    m_backgroundReading.clear();
    m_current = -1;
    m_film.reset();
    m_films.clear();
    m_cache.clear();
    Q_EMIT currentRowChanged(-1);
    Q_EMIT readingChanged();
    checkSettled();
}

void ReadSession::setCurrentRow(int row) {
    if (row < 0 || row >= m_films.count() || row == m_current)
        return;
    m_current = row;
    m_jobs.cancel(JobKind::OpenFilm);
    m_jobs.cancel(JobKind::ReadFilm);
    m_opening = m_reading = false;
    m_film.reset();
    Q_EMIT currentRowChanged(row);
    retry();
}

void ReadSession::retry() {
    if (m_current < 0)
        return;
    const std::filesystem::path& file = m_films.entry(m_current).file;
    if (const DecodedFilmPtr film = m_cache.find(file)) {
        show(film);
        return;
    }
    m_opening = true;
    Q_EMIT readingChanged();
    m_jobs.openFilm(file);
}

void ReadSession::onFilmOpened(const DecodedFilmPtr& film) {
    m_opening = false;
    m_cache.insert(m_films.entry(m_current).file, film);
    m_films.setDecoded(m_current, *film);
    show(film);
}

void ReadSession::show(const DecodedFilmPtr& film) {
    m_film = film;
    Q_EMIT filmShown();
    Q_EMIT readingChanged();
    readCurrent();
    workInBackground();
    checkSettled();
}

void ReadSession::readCurrent() {
    if (!m_film || m_modelState != ModelState::Ready || m_films.entry(m_current).reading)
        return;
    m_reading = true;
    m_jobs.readFilm(m_film);
}

void ReadSession::onFilmPreviewed(const DecodedFilmPtr& film) {
    const std::filesystem::path file = std::exchange(m_previewing, {});
    const int row = m_films.rowOf(file);
    if (row == m_current && m_opening) { // it was asked for while its preview was being made
        m_jobs.cancel(JobKind::OpenFilm);
        onFilmOpened(film);
        return;
    }
    if (row >= 0) {
        m_cache.insert(file, film);
        m_films.setDecoded(row, *film);
        if (!isBusy() && m_modelState == ModelState::Ready && !m_films.entry(row).reading)
            readInBackground(row, film);
    }
    workInBackground();
}

void ReadSession::onFailed(JobKind kind, const Error& error) {
    switch (kind) {
    case JobKind::FindFilms:
        setLookingForFilms(false);
        Q_EMIT filmsNotFound(reason(error));
        break;
    case JobKind::OpenFilm:
        m_opening = false;
        m_films.setError(m_current, error);
        Q_EMIT filmFailed(error);
        break;
    case JobKind::PreviewFilm:
        if (const int row = m_films.rowOf(std::exchange(m_previewing, {}));
            row >= 0 && error.code != ErrorCode::Cancelled)
            m_films.setError(row, error);
        break;
    case JobKind::LoadModel:
        m_modelError = error;
        m_modelState = ModelState::Failed;
        Q_EMIT modelChanged();
        break;
    case JobKind::ReadFilm:
        m_reading = false;
        m_films.setReadingError(m_current, error);
        Q_EMIT readingFailed(error);
        break;
    case JobKind::ReadInBackground:
        if (const int row = m_films.rowOf(std::exchange(m_backgroundReading, {}));
            row >= 0 && error.code != ErrorCode::Cancelled)
            m_films.setReadingError(row, error);
        break;
    case JobKind::ListModels:
        break; // a list is never refused
    }
    workInBackground();
    checkSettled();
}

void ReadSession::setVisibleRows(int first, int last) {
    m_firstVisible = first;
    m_lastVisible = last;
    workInBackground();
}

void ReadSession::workInBackground() {
    if (isBusy() || !m_previewing.empty() || !m_backgroundReading.empty())
        return;
    if (!startBackgroundWork() && isIdle())
        Q_EMIT idle();
}

bool ReadSession::startBackgroundWork() {
    if (workOn(m_current + 1) || workOn(m_current - 1))
        return true;
    for (int row = m_firstVisible; row <= m_lastVisible; ++row) {
        if (workOn(row))
            return true;
    }
    return false;
}

bool ReadSession::workOn(int row) {
    if (row < 0 || row >= m_films.count() || row == m_current)
        return false;
    const ListedFilm& film = m_films.entry(row);
    const bool wantsReading = m_modelState == ModelState::Ready && !film.reading && !film.readingError;
    if (film.error || (!film.thumbnail.isNull() && !wantsReading))
        return false;
    if (const DecodedFilmPtr held = m_cache.find(film.file)) {
        readInBackground(row, held);
        return true;
    }
    m_previewing = film.file;
    m_jobs.previewFilm(film.file);
    return true;
}

void ReadSession::readInBackground(int row, const DecodedFilmPtr& film) {
    m_backgroundReading = m_films.entry(row).file;
    m_jobs.readInBackground(film);
}

void ReadSession::listModels(ModelSources sources) {
    m_listingModels = true;
    m_jobs.listModels(std::move(sources));
}

void ReadSession::loadModel(const std::filesystem::path& file) {
    m_reading = false;
    m_backgroundReading.clear();
    m_modelState = ModelState::Loading;
    m_films.forgetReadings();
    Q_EMIT modelChanged();
    Q_EMIT readingChanged();
    m_jobs.loadModel(file);
}

} // namespace hilum
