// A web server of one file on loopback, with the faults that a net has.
#pragma once

#include <QHostAddress>
#include <QTcpServer>
#include <QTcpSocket>

#include <atomic>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hilum::test {

struct ServerReply {
    int status = 0;     // 0: what the request asks for, 200 or 206
    long cutAfter = -1; // bytes of the body after which the connection breaks; −1: none
    bool knowsRanges = true;
    long stallAfter = -1; // bytes after which nothing comes any more, though the connection stays
};

// Answers the n-th request as replies[n] says, and those beyond as the last one. Thread-safe.
class FileServer {
public:
    FileServer(std::string content, std::vector<ServerReply> replies)
        : m_content(std::move(content)), m_replies(std::move(replies)) {
        std::promise<quint16> port;
        std::future<quint16> ready = port.get_future();
        m_thread = std::jthread([this, &port](const std::stop_token& stop) { serve(port, stop); });
        m_port = ready.get();
    }
    ~FileServer() {
        m_thread.request_stop();
        m_thread.join();
    }
    FileServer(const FileServer&) = delete;
    FileServer& operator=(const FileServer&) = delete;

    [[nodiscard]] std::string address() const { return "http://127.0.0.1:" + std::to_string(m_port) + "/"; }
    // The Range header of every request so far, "" where it had none.
    [[nodiscard]] std::vector<std::string> ranges() {
        const std::scoped_lock lock(m_mutex);
        return m_ranges;
    }

private:
    std::string m_content;
    std::vector<ServerReply> m_replies;
    std::mutex m_mutex;
    std::vector<std::string> m_ranges;
    quint16 m_port = 0;
    std::jthread m_thread; // last: it uses the others

    void serve(std::promise<quint16>& port, const std::stop_token& stop) {
        QTcpServer server;
        server.listen(QHostAddress::LocalHost);
        port.set_value(server.serverPort());
        while (!stop.stop_requested()) {
            if (!server.waitForNewConnection(20))
                continue;
            const std::unique_ptr<QTcpSocket> socket(server.nextPendingConnection());
            QByteArray request;
            while (!request.contains("\r\n\r\n") && socket->waitForReadyRead(5000))
                request += socket->readAll();
            answer(*socket, request, stop);
        }
    }

    void answer(QTcpSocket& socket, const QByteArray& request, const std::stop_token& stop) {
        std::string range;
        for (const QByteArray& line : request.split('\n')) {
            if (line.toLower().startsWith("range: "))
                range = line.mid(7).trimmed().toStdString();
        }
        ServerReply reply;
        {
            const std::scoped_lock lock(m_mutex);
            reply = m_replies.at(std::min(m_ranges.size(), m_replies.size() - 1));
            m_ranges.push_back(range);
        }
        std::size_t begin = 0;
        if (reply.knowsRanges && range.starts_with("bytes="))
            begin = std::stoul(range.substr(6));
        const int status = reply.status != 0          ? reply.status
                           : begin == 0               ? 200
                           : begin < m_content.size() ? 206
                                                      : 416;
        const std::string body = status < 300 ? m_content.substr(begin) : "an error page";
        std::string head = "HTTP/1.1 " + std::to_string(status) +
                           " x\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
                           "\r\n\r\n";
        long count = static_cast<long>(body.size());
        for (const long limit : {reply.cutAfter, reply.stallAfter}) {
            if (limit >= 0)
                count = std::min(count, limit);
        }
        socket.write(head.c_str(), static_cast<qint64>(head.size()));
        socket.write(body.c_str(), count);
        while (socket.bytesToWrite() > 0 && socket.waitForBytesWritten(5000))
            ;
        while (reply.stallAfter >= 0 && !stop.stop_requested() &&
               socket.state() == QAbstractSocket::ConnectedState)
            socket.waitForReadyRead(20);
        socket.disconnectFromHost();
        if (socket.state() != QAbstractSocket::UnconnectedState)
            socket.waitForDisconnected(1000);
    }
};

} // namespace hilum::test
