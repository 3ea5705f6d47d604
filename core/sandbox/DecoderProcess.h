// One hilum-decoder from its start to its end, seen from the program that asks it. One thread at a time;
// Linux only. Internal.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>

#include "core/domain/Radiograph.h"
#include "core/domain/Result.h"
#include "core/image/ReadOptions.h"
#include "core/sandbox/DecoderProtocol.h"
#include "core/sandbox/FileDescriptor.h"

namespace hilum {

class DecoderProcess {
public:
    enum class Start { Ready, Killed, Failed };
    using Milliseconds = std::chrono::milliseconds;

    // Returns as soon as the process is there, long before it is ready. Errors: Internal (it cannot be
    // started), OutOfMemory.
    static Result<std::unique_ptr<DecoderProcess>> start(const std::filesystem::path& program);
    // Kills it and waits for its end.
    ~DecoderProcess();
    DecoderProcess(const DecoderProcess&) = delete;
    DecoderProcess& operator=(const DecoderProcess&) = delete;

    // Blocks until it has given up its rights. Killed: somebody else ended it, or a stop was requested.
    // Failed: it ended by itself, or is of another version.
    Start waitUntilReady(const std::stop_token& stop);

    // Call when ready. Blocks until the process has used as much processor time as the limit says, or four
    // times as long on the wall, as on a machine with other work; a stop ends the process. file: open for
    // reading, a regular file. Errors: those of decodeRadiograph(), DecoderStopped, Cancelled; context stays
    // empty.
    Result<Radiograph> decode(int file, const ReadOptions& options, Milliseconds timeLimit,
                              const std::stop_token& stop);

    // It can be asked again.
    [[nodiscard]] bool isAlive() const { return m_alive; }
    // It has been asked for no film yet.
    [[nodiscard]] bool isFresh() const { return m_isFresh; }
    // It was killed for the time that it took.
    [[nodiscard]] bool wasOverdue() const { return m_wasOverdue; }
    // Ends it without waiting. Allowed from every thread while the process is asked something.
    void kill() const;
    // It was killed and is gone. Does not block.
    [[nodiscard]] bool isGone();

private:
    struct Limit {
        std::chrono::steady_clock::time_point wall;
        std::optional<std::chrono::nanoseconds> processor; // of the process, from its start
    };

    DecoderProcess(int process, FileDescriptor socket);
    // False: the process is gone or does not keep to the protocol, or the time is over.
    template <class Answer>
    bool receive(Answer& answer, FileDescriptor& descriptor, const Limit& limit);
    // All of its threads, since its start. Empty: the system does not tell.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> processorTime() const;
    [[nodiscard]] Milliseconds left(const Limit& limit) const;
    // What waitpid() tells; nothing where the process does not end. Waits for some seconds at most.
    std::optional<int> endStatus();
    Result<Radiograph> nonsense();
    Result<Radiograph> filmFrom(const DecodeReply& reply, const FileDescriptor& memory);

    int m_process; // −1: it is gone
    FileDescriptor m_socket;
    bool m_alive = true;
    bool m_isReady = false;
    bool m_isFresh = true;
    bool m_wasOverdue = false;
};

} // namespace hilum
