// The films of the window, one row each, and what is known about them so far. GUI thread only.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include <QAbstractListModel>
#include <QImage>

#include "core/domain/Radiograph.h"
#include "core/domain/Reading.h"
#include "core/domain/Result.h"
#include "ui/viewer/DecodedFilm.h"

namespace hilum {

struct ListedFilm {
    std::filesystem::path file;
    QString title;
    QString detail;                    // empty until decoded
    QImage thumbnail;                  // null until decoded
    std::vector<std::string> warnings; // of the film, in words
    std::optional<Error> error;        // it cannot be shown
    std::optional<Reading> reading;    // by the model loaded last
    std::optional<Error> readingError; // it can be shown, but not read
};

class FilmListModel : public QAbstractListModel {
    Q_OBJECT

public:
    // Finding: a label, or what is wrong. Figure: its probability; empty where something is wrong.
    enum Role { DetailRole = Qt::UserRole, FindingRole, FigureRole, IsWarningRole };

    using QAbstractListModel::QAbstractListModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;

    [[nodiscard]] const ListedFilm& entry(int row) const { return m_entries[static_cast<std::size_t>(row)]; }
    [[nodiscard]] int count() const { return static_cast<int>(m_entries.size()); }
    // −1: not in the list.
    [[nodiscard]] int rowOf(const std::filesystem::path& file) const;

    // Adds those that are not in the list yet. Gives the row of the first of these files, −1 for none.
    int add(const std::vector<std::filesystem::path>& files);
    void clear();

    void setDecoded(int row, const DecodedFilm& film);
    void setError(int row, const Error& error);
    void setReading(int row, const Reading& reading);
    void setReadingError(int row, const Error& error);
    // Another model: what the one before said is no longer shown.
    void forgetReadings();

private:
    ListedFilm& at(int row) { return m_entries[static_cast<std::size_t>(row)]; }
    void changed(int row);
    [[nodiscard]] QString findingText(const ListedFilm& entry) const;
    [[nodiscard]] QString toolTip(const ListedFilm& entry) const;

    std::vector<ListedFilm> m_entries;
};

} // namespace hilum
