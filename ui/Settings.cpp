#include "ui/Settings.h"

#include <algorithm>

#include <QStandardPaths>

namespace hilum {
namespace {

constexpr auto kRecent = "recent/paths";
constexpr auto kLastFolder = "recent/folder";
constexpr auto kModel = "model/file";
constexpr auto kAddedModels = "model/added";
constexpr auto kRunsFolder = "training/runs";
constexpr auto kOpacity = "heatMap/opacityPercent";
constexpr auto kGeometry = "window/geometry";
constexpr auto kSplitter = "window/splitter";

// The list with the entry at its front, once, and at most kMaxRecent long.
QStringList withNewest(QStringList list, const QString& entry) {
    list.removeAll(entry);
    list.prepend(entry);
    return list.mid(0, Settings::kMaxRecent);
}

} // namespace

Settings::Settings() : m_store(std::make_unique<QSettings>()) {}

Settings::Settings(const QString& iniFile)
    : m_store(std::make_unique<QSettings>(iniFile, QSettings::IniFormat)) {}

QStringList Settings::recentPaths() const { return m_store->value(kRecent).toStringList(); }

void Settings::addRecentPath(const QString& path) {
    m_store->setValue(kRecent, withNewest(recentPaths(), path));
}

void Settings::clearRecentPaths() { m_store->remove(kRecent); }

QString Settings::lastFolder() const { return m_store->value(kLastFolder).toString(); }

void Settings::setLastFolder(const QString& folder) { m_store->setValue(kLastFolder, folder); }

QString Settings::modelFile() const { return m_store->value(kModel).toString(); }

void Settings::setModelFile(const QString& file) { m_store->setValue(kModel, file); }

QStringList Settings::addedModels() const { return m_store->value(kAddedModels).toStringList(); }

void Settings::addModel(const QString& file) {
    m_store->setValue(kAddedModels, withNewest(addedModels(), file));
}

QString Settings::runsFolder() const {
    const QString own =
        QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation) + QStringLiteral("/Hilum runs");
    return m_store->value(kRunsFolder, own).toString();
}

void Settings::setRunsFolder(const QString& folder) { m_store->setValue(kRunsFolder, folder); }

int Settings::heatMapOpacityPercent() const {
    return std::clamp(m_store->value(kOpacity, 62).toInt(), 0, 100);
}

void Settings::setHeatMapOpacityPercent(int percent) { m_store->setValue(kOpacity, percent); }

QByteArray Settings::windowGeometry() const { return m_store->value(kGeometry).toByteArray(); }

void Settings::setWindowGeometry(const QByteArray& geometry) { m_store->setValue(kGeometry, geometry); }

QByteArray Settings::splitterState() const { return m_store->value(kSplitter).toByteArray(); }

void Settings::setSplitterState(const QByteArray& state) { m_store->setValue(kSplitter, state); }

} // namespace hilum
