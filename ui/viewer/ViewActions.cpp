#include "ui/viewer/ViewActions.h"

#include <QCoreApplication>
#include <QWidget>

#include "ui/Style.h"

namespace hilum {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("hilum", text); }

// "Invert (I)", or with what the name alone does not say: "Black becomes white (I)".
QString toolTip(const QAction& action, const QString& explanation) {
    QString name = explanation.isEmpty() ? action.text() : explanation;
    name.remove(QLatin1Char('&')).remove(QStringLiteral("…"));
    const QString key = action.shortcut().toString(QKeySequence::NativeText);
    return key.isEmpty() ? name : QStringLiteral("%1 (%2)").arg(name, key);
}

QAction* make(QWidget& owner, const QString& text, const QList<QKeySequence>& keys,
              const char* iconName = nullptr, const QString& explanation = {}) {
    auto* action = new QAction(text, &owner);
    action->setShortcuts(keys);
    action->setToolTip(toolTip(*action, explanation));
    if (iconName)
        action->setIcon(icon(QLatin1String(iconName)));
    owner.addAction(action);
    return action;
}

QAction* makeSwitch(QWidget& owner, const QString& text, const QList<QKeySequence>& keys,
                    const char* iconName = nullptr, const QString& explanation = {}) {
    QAction* action = make(owner, text, keys, iconName, explanation);
    action->setCheckable(true);
    return action;
}

} // namespace

ViewActions::ViewActions(QWidget& owner)
    : openFilms(make(owner, tr("&Open films…"), {QKeySequence::Open}, "open")),
      openFolder(make(owner, tr("Open &folder…"), {Qt::CTRL | Qt::SHIFT | Qt::Key_O}, "folder")),
      openModel(make(owner, tr("Open &model file…"), {Qt::CTRL | Qt::Key_M})),
      closeAll(make(owner, tr("&Close all films"), {Qt::CTRL | Qt::Key_W})),
      quit(make(owner, tr("&Quit"), {Qt::CTRL | Qt::Key_Q})),
      previousFilm(make(owner, tr("&Previous film"), {Qt::Key_PageUp}, "previous")),
      nextFilm(make(owner, tr("&Next film"), {Qt::Key_PageDown}, "next")),
      heatMap(
          makeSwitch(owner, tr("&Heat map"), {Qt::Key_H}, "heat-map", tr("Show where the network looked"))),
      nextClass(make(owner, tr("Next &class"), {Qt::Key_C}, nullptr, tr("Heat map of the next class"))),
      toggleScale(make(owner, tr("&Scale: fixed or per film"), {Qt::Key_S})),
      lessOpaque(make(owner, tr("&Less opaque"), {Qt::Key_BracketLeft})),
      moreOpaque(make(owner, tr("&More opaque"), {Qt::Key_BracketRight})),
      autoWindow(make(owner, tr("&Auto window"), {Qt::Key_0}, "window-auto",
                      tr("Window that the film opened with"))),
      invert(makeSwitch(owner, tr("&Invert"), {Qt::Key_I}, "invert", tr("Invert black and white"))),
      fit(make(owner, tr("&Fit"), {Qt::Key_F, Qt::Key_Equal}, "fit", tr("Fit the film into the view"))),
      oneToOne(make(owner, tr("&1:1"), {Qt::Key_O}, "one-to-one", tr("One film pixel per screen pixel"))),
      zoomIn(make(owner, tr("Zoom &in"), {Qt::Key_Plus, QKeySequence::ZoomIn}, "zoom-in")),
      zoomOut(make(owner, tr("Zoom &out"), {Qt::Key_Minus, QKeySequence::ZoomOut}, "zoom-out")),
      reset(make(owner, tr("&Reset"), {Qt::Key_Space}, "reset", tr("Window, zoom and inversion as opened"))),
      texts(makeSwitch(owner, tr("&Texts on the film"), {Qt::Key_T}, "texts",
                       tr("Show the texts on the film"))),
      overlays(makeSwitch(owner, tr("Over&lays of the file"), {Qt::Key_L}, nullptr,
                          tr("Show what the file draws over the film"))),
      details(makeSwitch(owner, tr("Film &details"), {Qt::CTRL | Qt::Key_I})),
      fullScreen(makeSwitch(owner, tr("F&ull screen"), {Qt::Key_F11})),
      goRead(makeSwitch(owner, tr("&Read"), {Qt::CTRL | Qt::Key_1}, "read", tr("Read films"))),
      goTrain(makeSwitch(owner, tr("&Train"), {Qt::CTRL | Qt::Key_2}, "train", tr("Train a network"))),
      goModels(makeSwitch(owner, tr("&Models"), {Qt::CTRL | Qt::Key_3}, "models", tr("Compare models"))),
      keys(make(owner, tr("&Keys and mouse"), {Qt::Key_F1}, "keys")),
      about(make(owner, tr("&About Hilum"), {Qt::SHIFT | Qt::Key_F1})) {
    // Space presses a focused button everywhere but on the film; the page adds this action to its view.
    owner.removeAction(reset);
    reset->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    texts->setChecked(true);
    overlays->setChecked(true);
    quit->setMenuRole(QAction::QuitRole);
    about->setMenuRole(QAction::AboutRole);
}

QList<QAction*> ViewActions::filmActions() const {
    return {heatMap, nextClass, toggleScale, lessOpaque, moreOpaque, autoWindow, invert,
            fit,     oneToOne,  zoomIn,      zoomOut,    reset,      texts,      overlays};
}

QList<QAction*> ViewActions::readingActions() const {
    QList<QAction*> actions = filmActions();
    actions.removeOne(reset); // answers on the film only, everywhere
    return actions + QList<QAction*>{previousFilm, nextFilm, closeAll, details};
}

} // namespace hilum
