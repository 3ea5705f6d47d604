// What Hilum remembers between two starts: the window, recent paths, the model, how heat maps are drawn.
// Nothing about a patient is stored except the paths of recent files. GUI thread only.
#pragma once

#include <memory>

#include <QByteArray>
#include <QSettings>
#include <QString>
#include <QStringList>

namespace hilum {

class Settings {
public:
    static constexpr int kMaxRecent = 10;

    // The user's own settings.
    Settings();
    // Kept in an INI file of its own; for tests and screenshots.
    explicit Settings(const QString& iniFile);

    [[nodiscard]] QStringList recentPaths() const; // newest first
    void addRecentPath(const QString& path);
    void clearRecentPaths();

    [[nodiscard]] QString lastFolder() const;
    void setLastFolder(const QString& folder);

    [[nodiscard]] QString modelFile() const; // empty: none chosen yet
    void setModelFile(const QString& file);
    [[nodiscard]] QStringList addedModels() const; // opened by hand, outside the model folders
    void addModel(const QString& file);

    [[nodiscard]] QString runsFolder() const; // where trainings are written
    void setRunsFolder(const QString& folder);

    [[nodiscard]] int heatMapOpacityPercent() const; // 0 … 100
    void setHeatMapOpacityPercent(int percent);

    [[nodiscard]] QByteArray windowGeometry() const;
    void setWindowGeometry(const QByteArray& geometry);
    [[nodiscard]] QByteArray splitterState() const;
    void setSplitterState(const QByteArray& state);

private:
    std::unique_ptr<QSettings> m_store;
};

} // namespace hilum
