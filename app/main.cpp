// The window. Builds the objects, shows the window, then opens what the command line names.
#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QTemporaryDir>

#include "app/Milestones.h"
#include "app/Screenshot.h"
#include "ui/MainWindow.h"
#include "ui/QtConvert.h"
#include "ui/Settings.h"
#include "ui/Style.h"

namespace {

std::vector<std::filesystem::path> toPaths(const QStringList& texts) {
    std::vector<std::filesystem::path> paths;
    for (const QString& text : texts)
        paths.push_back(hilum::toPath(QDir::current().absoluteFilePath(text)));
    return paths;
}

// The command line's options, kept together so that they are described in one place.
struct Options {
    QCommandLineOption model{
        QStringLiteral("model"),
        QStringLiteral("Read with this model file; may be given several times, the first is used."),
        QStringLiteral("file")};
    QCommandLineOption models{
        QStringLiteral("models"),
        QStringLiteral("Also offer the model files in this folder; may be given several times."),
        QStringLiteral("folder")};
    QCommandLineOption screenshot{
        QStringLiteral("screenshot"),
        QStringLiteral(
            "Save a picture of the window once everything in sight is read, and quit. Settings are "
            "neither used nor changed."),
        QStringLiteral("png")};
    QCommandLineOption size{QStringLiteral("size"), QStringLiteral("Size of the window for --screenshot."),
                            QStringLiteral("WIDTHxHEIGHT"), QStringLiteral("1280x800")};
    QCommandLineOption heatMap{QStringLiteral("heat-map"),
                               QStringLiteral("Switch the heat map on for --screenshot.")};
    QCommandLineOption details{QStringLiteral("details"),
                               QStringLiteral("Unfold the film's details for --screenshot.")};

    QCommandLineOption milestones{
        QStringLiteral("milestones"),
        QStringLiteral("Print when the window, the film and its reading are there, and quit.")};
    QCommandLineOption noSandbox{
        QStringLiteral("no-sandbox"),
        QStringLiteral(
            "Decode films in this process rather than in a helper with limited memory and rights.")};

    void addTo(QCommandLineParser& parser) const {
        parser.addOptions({model, models, noSandbox, screenshot, size, heatMap, details, milestones});
    }
};

} // namespace

int main(int argc, char** argv) {
    // Screenshots need no display, and look the same with and without one.
    const auto asksForScreenshot = [](const char* argument) {
        return std::string_view(argument).starts_with("--screenshot");
    };
    if (std::any_of(argv, argv + argc, asksForScreenshot) && !qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("Hilum"));
    QCoreApplication::setOrganizationName(QStringLiteral("Hilum"));
    QCoreApplication::setApplicationVersion(QStringLiteral(HILUM_VERSION));

    QCommandLineParser parser;
    const Options options;
    parser.setApplicationDescription(
        QStringLiteral("Reads chest radiographs. Research use, not for diagnosis."));
    parser.addHelpOption();
    parser.addVersionOption();
    options.addTo(parser);
    parser.addPositionalArgument(
        QStringLiteral("paths"),
        QStringLiteral("Films and folders to open: DICOM, PNG, JPEG, TIFF, BMP, WebP, DICOMDIR."),
        QStringLiteral("[paths …]"));
    parser.process(application);

    const auto sandbox = parser.isSet(options.noSandbox) ? hilum::Sandbox::Off : hilum::Sandbox::On;
    hilum::applyStyle(application);
    const bool isScreenshot = parser.isSet(options.screenshot);
    const QTemporaryDir temporary;
    auto settings =
        isScreenshot ? hilum::Settings(temporary.filePath(QStringLiteral("hilum.ini"))) : hilum::Settings();
    hilum::MainWindow window(hilum::coreBackend(sandbox), settings,
                             {toPaths(parser.values(options.model)), toPaths(parser.values(options.models))});
    if (isScreenshot)
        hilum::saveScreenshotWhenRead(window, {parser.value(options.screenshot), parser.value(options.size),
                                               parser.isSet(options.heatMap), parser.isSet(options.details)});
    if (parser.isSet(options.milestones))
        hilum::printMilestones(window);
    window.show();
    window.open(toPaths(parser.positionalArguments()));
    return QApplication::exec();
}
