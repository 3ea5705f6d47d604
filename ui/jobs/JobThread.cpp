#include "ui/jobs/JobThread.h"

#include <algorithm>
#include <utility>

namespace hilum {
namespace {

// DCMTK's parsers recurse; macOS gives a secondary thread 512 KB only.
constexpr unsigned kStackBytes = 8U << 20U;

} // namespace

JobThread::JobThread(const QString& name, int lanes)
    : m_waiting(static_cast<std::size_t>(lanes)), m_thread(QThread::create([this] { run(); })) {
    m_thread->setObjectName(name);
    m_thread->setStackSize(kStackBytes);
    m_thread->start();
}

JobThread::~JobThread() {
    {
        const std::lock_guard lock(m_mutex);
        m_quit = true;
        m_runningStop.request_stop();
    }
    m_wake.notify_all();
    m_thread->wait();
}

void JobThread::post(int lane, Work work) {
    {
        const std::lock_guard lock(m_mutex);
        m_waiting[static_cast<std::size_t>(lane)] = std::move(work);
        const int background = static_cast<int>(m_waiting.size()) - 1;
        if (m_runningLane == lane || m_runningLane == background)
            m_runningStop.request_stop();
    }
    m_wake.notify_one();
}

void JobThread::drop(int lane) {
    const std::lock_guard lock(m_mutex);
    m_waiting[static_cast<std::size_t>(lane)].reset();
    if (m_runningLane == lane)
        m_runningStop.request_stop();
}

bool JobThread::takeNext(std::unique_lock<std::mutex>& lock, Work& work) {
    const auto isWaiting = [](const std::optional<Work>& slot) { return slot.has_value(); };
    m_wake.wait(lock, [&] { return m_quit || std::any_of(m_waiting.begin(), m_waiting.end(), isWaiting); });
    if (m_quit)
        return false;
    const auto slot = std::find_if(m_waiting.begin(), m_waiting.end(), isWaiting);
    work = std::move(**slot);
    slot->reset();
    m_runningLane = static_cast<int>(slot - m_waiting.begin());
    m_runningStop = std::stop_source();
    return true;
}

void JobThread::run() {
    std::unique_lock lock(m_mutex);
    Work work;
    while (takeNext(lock, work)) {
        const std::stop_token stop = m_runningStop.get_token();
        lock.unlock();
        work(stop);
        work = nullptr; // frees what it captured before the next wait
        lock.lock();
        m_runningLane = -1;
    }
}

} // namespace hilum
