#include "ui/viewer/FilmListModel.h"

#include <algorithm>
#include <unordered_set>

#include "ui/ErrorText.h"
#include "ui/QtConvert.h"
#include "ui/viewer/FilmText.h"

namespace hilum {

int FilmListModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : count(); }

QString FilmListModel::findingText(const ListedFilm& entry) const {
    if (entry.error)
        return shortReason(entry.error->code);
    if (entry.reading)
        return findingLabel(entry.reading->prediction);
    return entry.readingError ? tr("could not be read by the model") : QString();
}

QString FilmListModel::toolTip(const ListedFilm& entry) const {
    QStringList lines{toQString(entry.file)};
    if (entry.error)
        lines << reason(*entry.error);
    std::vector<std::string> warnings = entry.warnings;
    if (entry.reading)
        warnings.insert(warnings.end(), entry.reading->warnings.begin(), entry.reading->warnings.end());
    for (const std::string& warning : warnings)
        lines << toQString(std::string_view(warning));
    // Rich text with everything escaped, so that no file name is taken for markup.
    return QStringLiteral("<p style='white-space:pre-wrap'>%1</p>")
        .arg(lines.join(QLatin1Char('\n')).toHtmlEscaped());
}

QVariant FilmListModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= count())
        return {};
    const ListedFilm& film = entry(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return film.title;
    case Qt::DecorationRole:
        return film.thumbnail;
    case DetailRole:
        return film.detail;
    case FindingRole:
        return findingText(film);
    case FigureRole:
        return film.reading && !film.error ? findingFigure(film.reading->prediction) : QString();
    case IsWarningRole:
        return film.error || film.readingError || !film.warnings.empty() ||
               (film.reading && !film.reading->warnings.empty());
    case Qt::ToolTipRole:
        return toolTip(film);
    case Qt::AccessibleTextRole:
        return QStringList{film.title, film.detail, findingText(film), data(index, FigureRole).toString()}
            .join(QStringLiteral(", "));
    default:
        return {};
    }
}

int FilmListModel::rowOf(const std::filesystem::path& file) const {
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                    [&](const ListedFilm& film) { return film.file == file; });
    return found == m_entries.end() ? -1 : static_cast<int>(found - m_entries.begin());
}

int FilmListModel::add(const std::vector<std::filesystem::path>& files) {
    if (files.empty())
        return -1;
    std::unordered_set<std::string> known;
    for (const ListedFilm& film : m_entries)
        known.insert(film.file.string());
    std::vector<ListedFilm> added;
    for (const std::filesystem::path& file : files) {
        if (known.insert(file.string()).second) {
            added.emplace_back();
            added.back().file = file;
            added.back().title = fileName(file);
        }
    }
    if (!added.empty()) {
        beginInsertRows({}, count(), count() + static_cast<int>(added.size()) - 1);
        std::move(added.begin(), added.end(), std::back_inserter(m_entries));
        endInsertRows();
    }
    return rowOf(files.front());
}

void FilmListModel::clear() {
    beginResetModel();
    m_entries.clear();
    endResetModel();
}

void FilmListModel::changed(int row) { Q_EMIT dataChanged(index(row), index(row)); }

void FilmListModel::setDecoded(int row, const DecodedFilm& film) {
    ListedFilm& entry = at(row);
    entry.error.reset();
    entry.thumbnail = film.thumbnail;
    entry.title = listTitle(film.film);
    entry.detail = listDetail(film.film);
    entry.warnings = film.film.source.warnings;
    changed(row);
}

void FilmListModel::setError(int row, const Error& error) {
    at(row).error = error;
    changed(row);
}

void FilmListModel::setReading(int row, const Reading& reading) {
    at(row).reading = reading;
    at(row).readingError.reset();
    changed(row);
}

void FilmListModel::setReadingError(int row, const Error& error) {
    at(row).reading.reset();
    at(row).readingError = error;
    changed(row);
}

void FilmListModel::forgetReadings() {
    for (ListedFilm& film : m_entries) {
        film.reading.reset();
        film.readingError.reset();
    }
    if (!m_entries.empty())
        Q_EMIT dataChanged(index(0), index(count() - 1));
}

} // namespace hilum
