// A file from the net: whole and checked, or not at all. Blocking; thread-safe. Network and server errors are
// NotReachable.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "core/domain/Result.h"

namespace hilum {

struct DownloadRequest {
    std::string address;        // https; http only on this machine itself
    std::filesystem::path file; // where it goes; its folder is made
    std::string sha256Prefix;   // lower-case hexadecimal; what the file's SHA-256 must begin with
};

// total is 0 while it is not known. Called often, on the calling thread.
using DownloadProgress = std::function<void(std::uint64_t doneBytes, std::uint64_t totalBytes)>;

// The bytes go to FILE.part, which is renamed once its hash is right. A connection that breaks is taken up
// again where it broke, within a call and, as FILE.part stays, by the next one; after a wrong hash nothing
// stays. Returns the SHA-256. Errors: NotReachable, Damaged (the hash is wrong), NotWritable, Cancelled,
// InvalidArgument (the address), with the address or file as context.
Result<std::string> download(const DownloadRequest& request, const DownloadProgress& progress,
                             std::stop_token stop);

} // namespace hilum
