#include "app/Commands.h"

namespace hilum {

void addTrainCommand(CLI::App&, CommandContext&) {}

} // namespace hilum
