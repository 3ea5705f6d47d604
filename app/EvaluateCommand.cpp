#include "app/Commands.h"

namespace hilum {

void addEvaluateCommand(CLI::App&, CommandContext&) {}

} // namespace hilum
