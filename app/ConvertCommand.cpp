#include "app/Commands.h"

namespace hilum {

void addConvertCommand(CLI::App&, CommandContext&) {}

} // namespace hilum
