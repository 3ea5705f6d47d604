#include "app/Milestones.h"

#include <cstdio>

#include <QCoreApplication>
#include <QEvent>

#include "ui/MainWindow.h"

namespace hilum {
namespace {

void tell(const char* milestone) {
    std::puts(milestone);
    std::fflush(stdout);
}

class FirstPaint : public QObject {
public:
    explicit FirstPaint(MainWindow& window) : QObject(&window) { window.installEventFilter(this); }

    bool eventFilter(QObject* object, QEvent* event) override {
        if (event->type() == QEvent::Paint) {
            object->removeEventFilter(this);
            // When the events of this turn are dealt with, the children are drawn too.
            QMetaObject::invokeMethod(
                this, [] { tell("window"); }, Qt::QueuedConnection);
        }
        return QObject::eventFilter(object, event);
    }
};

} // namespace

void printMilestones(MainWindow& window) {
    new FirstPaint(window); // belongs to the window
    ReadSession& session = window.session();
    QObject::connect(
        &session, &ReadSession::filmShown, &window, [] { tell("film"); }, Qt::SingleShotConnection);
    QObject::connect(&session, &ReadSession::idle, &window, [&session] {
        if (!session.currentFilm() || !session.isIdle())
            return;
        tell("reading");
        QCoreApplication::quit();
    });
}

} // namespace hilum
