// hilum-cli shortcut: does a run's network look at the lungs, or at something else that gives the class away?

#include "app/Commands.h"

#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "core/domain/Threads.h"
#include "core/storage/AtomicFile.h"
#include "training/RunFolder.h"
#include "training/ShortcutTest.h"

namespace hilum {
namespace {

struct ShortcutArguments {
    std::filesystem::path run;
    std::filesystem::path data;
    std::filesystem::path masks;
    bool centre = false;
    int threads = 0;
    bool json = false;
};

int runShortcut(const ShortcutArguments& arguments, const CommandContext& context) {
    const auto run = loadRun(arguments.run);
    if (!run)
        return reportError("shortcut", run.error());
    ShortcutOptions options;
    options.data = arguments.data;
    options.masks = arguments.masks;
    if (arguments.centre)
        options.region = ShortcutRegion::Centre;
    options.threads = threadCount(arguments.threads);
    options.readFilm = filmReader(context);
    options.progress = showTenths;
    const auto result = shortcutTest(*run, options, context.stop);
    if (!result)
        return reportError("shortcut", result.error());
    for (const LeftOutFilm& film : result->leftOut)
        std::cerr << "Not used: " << film.file.string() << ": " << film.reason << "\n";
    std::cout << (arguments.json ? shortcutToJson(*result) : shortcutToText(*result));
    if (const auto written =
            writeFileAtomically(RunFolder(arguments.run).shortcut(), shortcutToJson(*result));
        !written)
        return reportError("shortcut", written.error());
    return result->leftOut.empty() ? AllDone : SomeFailed;
}

} // namespace

void addShortcutCommand(CLI::App& app, CommandContext& context) {
    CLI::App* command = app.add_subcommand(
        "shortcut",
        "Does a finished run's network look at the lungs, or at something else that gives the class away?\n"
        "Reads the test films as they are, with the lungs blacked out, and with all but the lungs blacked\n"
        "out; and tells how much of the heat maps lies in the lungs. Writes shortcut.json into the run.");
    const auto arguments = std::make_shared<ShortcutArguments>();
    command->add_option("RUN", arguments->run, "Run folder")->required();
    command
        ->add_option("--data", arguments->data,
                     "Data set, where it is no longer where the run's settings say")
        ->type_name("DATA");
    command
        ->add_option(
            "--masks", arguments->masks,
            "Folder of lung masks, each named as its film is below the data folder (or .png); else those\n"
            "of the data set: masks beside images, or lung-masks beside films")
        ->type_name("DIR");
    command
        ->add_flag("--centre", arguments->centre,
                   "Black out the centre of each film instead of the lungs, three quarters as wide and as "
                   "high; so by\n"
                   "itself where no film has a mask")
        ->excludes("--masks");
    command->add_option("--threads", arguments->threads, "Threads that decode; 0: every core")
        ->type_name("N")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command->add_flag("--json", arguments->json, "Print shortcut.json instead of a table");
    command->footer(
        "Where some films have a mask, those without one are counted and left out.\n"
        "Exit status: 0 done, 1 some films could not be used and the others are done, or the run cannot\n"
        "be read, 2 wrong usage, or no film has a mask in the folder given.");
    command->callback([arguments, &context] { context.exitCode = runShortcut(*arguments, context); });
}

} // namespace hilum
