// What is being read: the list of films, the one on the screen, the model, and the jobs that bring them
// together. Knows no widgets. The film on the screen always comes first: decoded, then read; films in sight
// and the neighbours follow in the background, one at a time. GUI thread only.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include <QObject>

#include "ui/jobs/AnalysisJobs.h"
#include "ui/viewer/DecodedFilm.h"
#include "ui/viewer/FilmListModel.h"

namespace hilum {

enum class ModelState { None, Loading, Ready, Failed };

class ReadSession : public QObject {
    Q_OBJECT

public:
    explicit ReadSession(AnalysisBackend backend, QObject* parent = nullptr);

    [[nodiscard]] FilmListModel& films() { return m_films; }
    [[nodiscard]] int currentRow() const { return m_current; } // −1: none
    [[nodiscard]] const DecodedFilmPtr& currentFilm() const {
        return m_film;
    }                                                    // null while it is being opened
    [[nodiscard]] const Reading* currentReading() const; // null until it is read
    [[nodiscard]] ModelState modelState() const { return m_modelState; }
    [[nodiscard]] const ModelInfo& model() const { return m_model; }       // valid when Ready
    [[nodiscard]] const Error& modelError() const { return m_modelError; } // valid when Failed
    [[nodiscard]] bool isLookingForFilms() const { return m_lookingForFilms; }
    // Nothing is under way that the user waits for.
    [[nodiscard]] bool isSettled() const;
    // Nor anything in the background.
    [[nodiscard]] bool isIdle() const;

    // Adds films, walking folders, and shows the first of them.
    void open(std::vector<std::filesystem::path> paths);
    void stopLooking();
    void closeAll();
    // Rows out of range are ignored.
    void setCurrentRow(int row);
    // Decodes the current film once more, after an error.
    void retry();
    void setVisibleRows(int first, int last);

    void listModels(ModelSources sources);
    void loadModel(const std::filesystem::path& file);

Q_SIGNALS:
    void currentRowChanged(int row);
    void filmShown();                           // currentFilm() is there
    void filmFailed(const hilum::Error& error); // it cannot be shown
    void readingChanged();                      // currentReading() is there, or is gone
    void readingFailed(const hilum::Error& error);
    void lookingForFilmsChanged();
    void filmsNotFound(const QString& reason); // nothing was added, and why
    void modelsListed(const std::vector<hilum::ModelInfo>& models);
    void modelChanged(); // modelState()
    void machineWarned(const QStringList& sentences);
    void settled(); // isSettled()
    void idle();    // isIdle()

private:
    void onFilmsFound(const std::vector<std::filesystem::path>& films);
    void onFilmOpened(const DecodedFilmPtr& film);
    void onFilmPreviewed(const DecodedFilmPtr& film);
    void onFailed(JobKind kind, const Error& error);
    void show(const DecodedFilmPtr& film);
    void readCurrent();
    void workInBackground();
    bool startBackgroundWork();
    bool workOn(int row); // false: nothing left to do for it
    void readInBackground(int row, const DecodedFilmPtr& film);
    void setLookingForFilms(bool looking);
    [[nodiscard]] bool isBusy() const; // with the current film, or with folders
    void checkSettled();

    FilmListModel m_films;
    FilmCache m_cache;
    int m_current = -1;
    DecodedFilmPtr m_film;
    bool m_opening = false;
    bool m_reading = false;
    bool m_lookingForFilms = false;
    bool m_listingModels = false;
    std::filesystem::path m_previewing;        // empty: no preview under way
    std::filesystem::path m_backgroundReading; // empty: none under way
    int m_firstVisible = 0;
    int m_lastVisible = -1;
    ModelState m_modelState = ModelState::None;
    ModelInfo m_model;
    Error m_modelError;
    AnalysisJobs m_jobs; // last: its threads end before anything above is gone
};

} // namespace hilum
