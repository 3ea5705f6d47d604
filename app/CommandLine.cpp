#include "app/Commands.h"
#include "app/Interrupt.h"

namespace hilum {

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
