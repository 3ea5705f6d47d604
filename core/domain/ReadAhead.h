// Items that worker threads prepare ahead of their use, handed out in order. Used from one thread.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace hilum {

template <class T>
class ReadAhead {
public:
    // Calls prepare(i), for i from 0 to count − 1, on several threads at once; it must not throw. At most
    // `ahead` items (at least 1) are prepared, or in preparation, beyond those that next() has given.
    ReadAhead(std::size_t count, int threads, std::size_t ahead, std::function<T(std::size_t)> prepare)
        : m_count(count), m_ahead(std::max<std::size_t>(1, ahead)), m_prepare(std::move(prepare)) {
        const std::size_t workers = std::min(static_cast<std::size_t>(std::max(1, threads)), count);
        for (std::size_t i = 0; i < workers; ++i)
            m_workers.emplace_back([this] { work(); });
    }
    // Waits for the items in preparation; the others are dropped.
    ~ReadAhead() {
        {
            const std::lock_guard lock(m_mutex);
            m_toPrepare = m_count;
        }
        m_changed.notify_all();
    }
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;

    // Blocks until the next item is there; nothing after the last one.
    std::optional<T> next() {
        if (m_given == m_count)
            return std::nullopt;
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [this] { return m_ready.contains(m_given); });
        auto node = m_ready.extract(m_given);
        ++m_given;
        lock.unlock();
        m_changed.notify_all();
        return std::move(node.mapped());
    }

private:
    const std::size_t m_count;
    const std::size_t m_ahead;
    const std::function<T(std::size_t)> m_prepare;

    std::mutex m_mutex; // guards what follows; m_given is written by next() alone
    std::condition_variable m_changed;
    std::size_t m_toPrepare = 0;
    std::size_t m_given = 0;
    std::map<std::size_t, T> m_ready;

    std::vector<std::jthread> m_workers; // last: joined before the rest goes

    void work() {
        std::unique_lock lock(m_mutex);
        while (true) {
            m_changed.wait(lock,
                           [this] { return m_toPrepare == m_count || m_toPrepare < m_given + m_ahead; });
            if (m_toPrepare == m_count)
                return;
            const std::size_t item = m_toPrepare++;
            lock.unlock();
            T prepared = m_prepare(item);
            lock.lock();
            m_ready.emplace(item, std::move(prepared));
            m_changed.notify_all();
        }
    }
};

} // namespace hilum
