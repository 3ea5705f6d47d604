#include "app/Commands.h"

namespace hilum {

void addPredictCommand(CLI::App&, CommandContext&) {}

} // namespace hilum
