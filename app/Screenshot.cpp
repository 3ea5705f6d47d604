#include "app/Screenshot.h"

#include <QCoreApplication>
#include <QPixmap>
#include <QTimer>

#include "ui/MainWindow.h"

namespace hilum {
namespace {

constexpr int kRestMs = 400; // without news after the last reading

QSize parseSize(const QString& text) {
    return {text.section(QLatin1Char('x'), 0, 0).toInt(), text.section(QLatin1Char('x'), 1, 1).toInt()};
}

} // namespace

void saveScreenshotWhenRead(MainWindow& window, const ScreenshotOptions& options) {
    window.actions().details->setChecked(options.withDetails);
    const QSize size = parseSize(options.size);
    if (!size.isEmpty())
        window.resize(size);
    auto* rest = new QTimer(&window);
    rest->setSingleShot(true);
    rest->setInterval(kRestMs);
    QObject::connect(&window.session(), &ReadSession::idle, rest, qOverload<>(&QTimer::start));
    QObject::connect(rest, &QTimer::timeout, &window, [&window, rest, options] {
        if (!window.session().isIdle())
            return;
        if (options.withHeatMap && !window.actions().heatMap->isChecked()) {
            window.actions().heatMap->setChecked(true);
            rest->start();
            return;
        }
        QCoreApplication::exit(window.grab().save(options.file) ? 0 : 1);
    });
}

} // namespace hilum
