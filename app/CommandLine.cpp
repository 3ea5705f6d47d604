#include "app/Commands.h"

#include <iostream>

#include <CLI/CLI.hpp>

#include "app/Interrupt.h"

namespace hilum {

int exitCodeOf(const Error& error) {
    return error.code == ErrorCode::InvalidArgument || error.code == ErrorCode::NotFound ? WrongUsage
                                                                                         : SomeFailed;
}

void printError(std::string_view command, const Error& error) {
    std::cerr << "hilum-cli " << command << ": " << error.message;
    if (!error.context.empty())
        std::cerr << " [" << error.context << "]";
    std::cerr << "\n";
}

int reportError(std::string_view command, const Error& error) {
    printError(command, error);
    return exitCodeOf(error);
}

void showTenths(long done, long total) {
    if (done * 10 / total > (done - 1) * 10 / total)
        std::cerr << done << " of " << total << " films\n";
}

int runCommandLine(int argc, char** argv, std::string description,
                   const std::function<void(CLI::App&, CommandContext&)>& add) {
    const Interrupt interrupt;
    CommandContext context{.stop = interrupt.token(), .commandLine = {argv, argv + argc}};
    CLI::App app{std::move(description)};
    app.name("hilum-cli");
    app.set_version_flag("--version", HILUM_VERSION);
    app.require_subcommand(1);
    app.fallthrough(); // options of the program may also follow the subcommand
    app.add_flag("!--no-sandbox", context.sandbox,
                 "Decode films in this process rather than in a helper with limited memory and rights");
    add(app, context);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? AllDone : WrongUsage;
    }
    return context.exitCode;
}

} // namespace hilum
