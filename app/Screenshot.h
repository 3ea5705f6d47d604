// Pictures of the window for the documentation, made by the program itself: hilum --screenshot FILE.
#pragma once

#include <QString>

namespace hilum {

class MainWindow;

struct ScreenshotOptions {
    QString file; // PNG
    QString size; // "1280x800", in logical pixels
    bool withHeatMap = false;
    bool withDetails = false; // what the file says about the film, unfolded
};

// Resizes the window. Once it is idle, saves it and ends the application: exit code 0, or 1 when the picture
// could not be written. The window must outlive the event loop.
void saveScreenshotWhenRead(MainWindow& window, const ScreenshotOptions& options);

} // namespace hilum
