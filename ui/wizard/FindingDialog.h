// The films that a finding of the check-up is about; each opens in the viewer.
#pragma once

#include <filesystem>
#include <vector>

#include <QDialog>

namespace hilum {

struct CheckUpFilm;

class FindingDialog : public QDialog {
    Q_OBJECT

public:
    // root: of the data.
    FindingDialog(const QString& title, const std::vector<CheckUpFilm>& films,
                  const std::filesystem::path& root, QWidget* parent = nullptr);

Q_SIGNALS:
    void filmWanted(const std::filesystem::path& film);
};

} // namespace hilum
