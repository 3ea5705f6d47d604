// One thread that runs jobs, one at a time, most urgent lane first. Each lane holds at most one waiting job:
// a newer one replaces it, so that stepping quickly through films leaves no stale work behind. post() and
// drop() may be called from any thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include <QString>
#include <QThread>

namespace hilum {

class JobThread {
public:
    using Work = std::function<void(std::stop_token)>;

    // Lane 0 is the most urgent, the last one is background work, which gives way to every other lane.
    JobThread(const QString& name, int lanes);
    // Asks the running job to stop, forgets the waiting ones, and waits for the thread to end.
    ~JobThread();
    JobThread(const JobThread&) = delete;
    JobThread& operator=(const JobThread&) = delete;

    // Replaces the lane's waiting job. A running job of the same lane, or of the background lane, is asked to
    // stop. A replaced job is never run; a stopped one ends in its own time.
    void post(int lane, Work work);
    // Forgets the lane's waiting job and asks its running one to stop.
    void drop(int lane);

private:
    void run();
    // Waits for work. False: the thread is to end. Called with the lock held.
    bool takeNext(std::unique_lock<std::mutex>& lock, Work& work);

    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::vector<std::optional<Work>> m_waiting; // one slot per lane
    std::stop_source m_runningStop;
    int m_runningLane = -1; // -1: idle
    bool m_quit = false;
    std::unique_ptr<QThread> m_thread; // last: starts when everything above is ready
};

} // namespace hilum
