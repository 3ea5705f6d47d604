// What FilmDecoder and hilum-decoder say to each other, over a pair of SOCK_SEQPACKET sockets: a Hello once
// the helper has given up its rights; then, film by film, a DecodeRequest with the film's file as descriptor
// and a DecodeReply with a memfd as descriptor, which holds the pixels, then the description (FilmMessage.h).
// A memfd that is sealed against every change is mapped; what is in any other, such as one that the helper
// uses again and again, is copied before anybody looks at it. Internal.
#pragma once

#include <cstdint>

#include <fcntl.h>

namespace hilum {

// The helper finds its socket here.
inline constexpr int kDecoderSocket = 3;

// Of a memfd: against every change.
inline constexpr unsigned kEverySeal = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

// Of both programs, which are always built together.
inline constexpr std::uint32_t kDecoderProtocol = 4;

struct DecoderHello {
    std::uint32_t protocol = kDecoderProtocol;
};

struct DecodeRequest {
    std::int32_t frame = 1; // ReadOptions
};

struct DecodeReply {
    std::uint64_t pixelCount = 0;
    std::uint64_t descriptionBytes = 0;
};

} // namespace hilum
