// What a process may do, given up for good. Linux only. Internal.
#pragma once

#include <cstddef>

namespace hilum {

// How much memory the process may take on top of what it has when it gives up its rights.
inline constexpr std::size_t kDecoderMemoryBytes = std::size_t{512} << 20U;

// Closes all descriptors but the standard ones and kDecoderSocket; no core dumps, no privileges through
// programs, memory as above, few and not too large files; and, where the system has seccomp, only the calls
// that decoding needs: no file is opened, no program started, no socket made. A build with sanitizers keeps
// its memory and its calls.
void giveUpRights();

} // namespace hilum
