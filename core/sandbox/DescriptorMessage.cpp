#include "core/sandbox/DescriptorMessage.h"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace hilum {
namespace {

// Room for one descriptor. CMSG_SPACE() pads and would let a second one in, so the length is CMSG_LEN().
struct Control {
    alignas(cmsghdr) unsigned char bytes[CMSG_SPACE(sizeof(int))]{};
};

} // namespace

bool sendMessage(int socket, const void* data, std::size_t bytes, int descriptor) {
    iovec content{const_cast<void*>(data), bytes}; // sendmsg() only reads
    msghdr message{};
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    Control control;
    if (descriptor >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_LEN(sizeof(int));
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    ssize_t sent = 0;
    do {
        sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == static_cast<ssize_t>(bytes);
}

bool receiveMessage(int socket, void* data, std::size_t bytes, FileDescriptor& descriptor) {
    iovec content{data, bytes};
    Control control;
    msghdr message{};
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_LEN(sizeof(int));
    ssize_t received = 0;
    do {
        received = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    if (received < 0)
        return false;
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof(int))) {
        int number = -1;
        std::memcpy(&number, CMSG_DATA(header), sizeof number);
        descriptor = FileDescriptor(number);
    }
    return received == static_cast<ssize_t>(bytes) && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
}

} // namespace hilum
