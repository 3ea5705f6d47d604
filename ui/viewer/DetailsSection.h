// What is known about the film on the screen, folded away until wanted.
#pragma once

#include <optional>

#include "core/domain/Radiograph.h"
#include "ui/viewer/PanelSection.h"

class QGridLayout;
class QPushButton;

namespace hilum {

class DetailsSection : public PanelSection {
    Q_OBJECT

public:
    explicit DetailsSection(QWidget* parent = nullptr);

    void setFilm(const Radiograph& film);
    void clear();

public Q_SLOTS:
    void setOpen(bool open);

Q_SIGNALS:
    void openChanged(bool open);

private:
    void unfold(bool open);

    QPushButton* m_toggle;
    QWidget* m_table;
    QGridLayout* m_grid;
};

} // namespace hilum
