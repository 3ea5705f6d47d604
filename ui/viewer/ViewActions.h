// Everything that can be done in the reading window, once: menus, tool bar, context menu and the key sheet
// show the same actions. Each has a key, and a tool tip that names it.
#pragma once

#include <QAction>
#include <QList>

class QWidget;

namespace hilum {

struct ViewActions {
    // The actions belong to the owner, the window whose keys they answer to.
    explicit ViewActions(QWidget& owner);

    QAction* openFilms;
    QAction* openFolder;
    QAction* openModel;
    QAction* closeAll;
    QAction* quit;

    QAction* previousFilm;
    QAction* nextFilm;

    QAction* heatMap; // checkable
    QAction* nextClass;
    QAction* toggleScale;
    QAction* lessOpaque;
    QAction* moreOpaque;

    QAction* autoWindow;
    QAction* invert; // checkable
    QAction* fit;
    QAction* oneToOne;
    QAction* zoomIn;
    QAction* zoomOut;
    QAction* reset;
    QAction* texts;      // checkable, on at first
    QAction* overlays;   // checkable, on at first
    QAction* details;    // checkable
    QAction* fullScreen; // checkable

    // The window's pages; checkable, one at a time.
    QAction* goRead;
    QAction* goTrain;
    QAction* goModels;

    QAction* keys;
    QAction* about;

    // Those that need a film on the screen.
    [[nodiscard]] QList<QAction*> filmActions() const;
    // Those whose keys belong to the reading page.
    [[nodiscard]] QList<QAction*> readingActions() const;
};

} // namespace hilum
