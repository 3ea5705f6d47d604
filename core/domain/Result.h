// A value or a typed error. Every function of Hilum that can fail returns one of these; a missing tag, a bad
// file and a cancelled job are results, a broken invariant is an assertion.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace hilum {

enum class ErrorCode {
    NotFound,           // the path does not exist
    NotReadable,        // it exists, but the system refuses to open it
    UnsupportedFormat,  // not a picture or a model that Hilum reads, or an encoding it has no decoder for
    Damaged,            // the format is known, the content is cut short or contradicts itself
    TooLarge,           // beyond a documented limit; nothing was allocated
    BadModelFile,       // a model file whose content contradicts its card or its reference output
    UnsupportedVersion, // a model file or run folder of a later format
    InvalidArgument,    // a value that the caller or the user gave cannot be used
    Cancelled,          // a stop was requested
    NotReachable,       // a server does not answer, or not as it should
    NotWritable,        // the disk is full, read-only, or the folder is gone
    OutOfMemory,        // LibTorch or the system had no memory left
    DecoderStopped, // the file crashed the decoder's process, or needed more memory or time than it is given
    Internal,       // a library failed in a way that Hilum does not know
};

// The code as it stands in `predict --json`: stable, lower case, with hyphens.
constexpr std::string_view codeName(ErrorCode code) {
    switch (code) {
    case ErrorCode::NotFound:
        return "not-found";
    case ErrorCode::NotReadable:
        return "not-readable";
    case ErrorCode::UnsupportedFormat:
        return "unsupported-format";
    case ErrorCode::Damaged:
        return "damaged";
    case ErrorCode::TooLarge:
        return "too-large";
    case ErrorCode::BadModelFile:
        return "bad-model-file";
    case ErrorCode::UnsupportedVersion:
        return "unsupported-version";
    case ErrorCode::InvalidArgument:
        return "invalid-argument";
    case ErrorCode::Cancelled:
        return "cancelled";
    case ErrorCode::NotReachable:
        return "not-reachable";
    case ErrorCode::NotWritable:
        return "not-writable";
    case ErrorCode::OutOfMemory:
        return "out-of-memory";
    case ErrorCode::DecoderStopped:
        return "decoder-stopped";
    case ErrorCode::Internal:
        return "internal";
    }
    return "internal";
}

struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string message; // one sentence for people, in English; names the reason, never a patient
    std::string context; // the file, tag, offset or option it is about; may be empty
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string context = {}) {
    return tl::unexpected<Error>(Error{code, std::move(message), std::move(context)});
}

} // namespace hilum
