#include "core/sandbox/Rights.h"

#include <algorithm>
#include <cstdio>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/image/RadiographReader.h"
#include "core/sandbox/DecoderProtocol.h"

#ifdef HILUM_SECCOMP
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define HILUM_KEEPS_RIGHTS 1 // its shadow memory and its reports need them
#endif

namespace hilum {
namespace {

[[maybe_unused]] constexpr rlim_t kMebibyte = rlim_t{1} << 20U;

void limit(__rlimit_resource resource, rlim_t most) {
    rlimit old{};
    if (::getrlimit(resource, &old) != 0)
        return;
    most = std::min(most, old.rlim_max);
    const rlimit limit{most, most};
    ::setrlimit(resource, &limit);
}

#ifndef HILUM_KEEPS_RIGHTS

struct MemoryUse {
    rlim_t addressBytes = 0;
    rlim_t dataBytes = 0;
};

// proc(5), /proc/pid/statm: size, resident, shared, text, lib, data, in pages.
MemoryUse memoryUse() {
    unsigned long size = 0, data = 0;
    if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
        if (std::fscanf(file, "%lu %*u %*u %*u %*u %lu", &size, &data) != 2)
            size = data = 0;
        std::fclose(file);
    }
    const auto page = static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
    return {size * page, data * page};
}

// What a decoder allocates is data. The address space holds the film's file besides, and what allocators keep
// in reserve.
void limitMemory() {
    const MemoryUse use = memoryUse();
    constexpr auto kReserve = 256 * kMebibyte;
    limit(RLIMIT_DATA, use.dataBytes + kDecoderMemoryBytes);
    limit(RLIMIT_AS, use.addressBytes + kDecoderMemoryBytes + static_cast<rlim_t>(kMaxFileBytes) + kReserve);
    limit(RLIMIT_FSIZE, 2 * static_cast<rlim_t>(kMaxFilmPixels) + 64 * kMebibyte); // of the answer
}

#ifdef HILUM_SECCOMP

// Memory, threads, time, and the conversation: nothing that reaches beyond the process.
constexpr int kAllowedCalls[] = {
    // memory
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    // threads
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(gettid), SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    // signals, time and chance
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(setitimer), SCMP_SYS(getrusage), SCMP_SYS(getrandom),
    // the conversation
    SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(memfd_create), SCMP_SYS(write), SCMP_SYS(close),
    SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(read), SCMP_SYS(lseek)};

// No memory that can be run; no new process, only threads; signals and limits of this process alone; no
// descriptor's owner. clone3() hides its flags from filters: without it, the C library takes clone().
bool addConditions(scmp_filter_ctx filter) {
    const auto allow = [filter](int call, const scmp_arg_cmp& where) {
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, where) == 0;
    };
    constexpr scmp_datum_t kNone = 0;
    const scmp_arg_cmp notRun = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, kNone);
    const auto self = static_cast<scmp_datum_t>(::getpid());
    return allow(SCMP_SYS(mmap), notRun) && allow(SCMP_SYS(mprotect), notRun) &&
           allow(SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) &&
           allow(SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, self, kNone)) &&
           allow(SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_EQ, kNone, kNone)) &&
           allow(SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_ADD_SEALS, kNone)) &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

// Other calls fail with EPERM, as for a library that asks for something optional.
void limitCalls() {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == nullptr)
        return;
    const bool added = std::ranges::all_of(kAllowedCalls,
                                           [filter](int call) {
                                               return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
                                           }) &&
                       addConditions(filter);
    if (added)
        seccomp_load(filter); // a system without seccomp refuses it
    seccomp_release(filter);
}

#endif

#endif

} // namespace

void giveUpRights() {
    ::close_range(kDecoderSocket + 1, ~0U, 0);
    ::prctl(PR_SET_DUMPABLE, 0);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, 16);
#ifndef HILUM_KEEPS_RIGHTS
    limitMemory();
#ifdef HILUM_SECCOMP
    limitCalls();
#endif
#endif
}

} // namespace hilum
