#include "core/network/Network.h"
