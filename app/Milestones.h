// When the window was ready for what, for benchmarks: hilum --milestones FILM.
#pragma once

namespace hilum {

class MainWindow;

// Prints "window" once it is drawn, "film" once the first film is shown, and "reading" once everything in
// sight is read, each on a line of its own and at once; then ends the application. The window must outlive
// the event loop.
void printMilestones(MainWindow& window);

} // namespace hilum
