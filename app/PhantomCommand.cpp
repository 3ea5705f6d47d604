#include "app/Commands.h"

namespace hilum {

void addPhantomCommand(CLI::App&, CommandContext&) {}

} // namespace hilum
