#include "core/domain/Result.h"
