// One message over a SOCK_SEQPACKET socket, with at most one descriptor beside it. Internal.
#pragma once

#include <cstddef>

#include "core/sandbox/FileDescriptor.h"

namespace hilum {

// False: the other side is gone. descriptor: −1 for none.
bool sendMessage(int socket, const void* data, std::size_t bytes, int descriptor = -1);

// Blocks until there is one. False: the other side is gone, or the message does not have exactly this size,
// or more than one descriptor beside it.
bool receiveMessage(int socket, void* data, std::size_t bytes, FileDescriptor& descriptor);

} // namespace hilum
