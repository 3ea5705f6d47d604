#include "app/Commands.h"

namespace hilum {

void addInfoCommand(CLI::App&, CommandContext&) {}

} // namespace hilum
