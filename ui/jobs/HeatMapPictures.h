// Small pictures of films with the heat map of the class that a model takes them for; made one after another
// on a thread of its own. GUI thread only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include <QImage>
#include <QObject>

#include "ui/jobs/AnalysisBackend.h"
#include "ui/jobs/JobThread.h"

namespace hilum {

class HeatMapPictures : public QObject {
    Q_OBJECT

public:
    static constexpr int kSidePx = 192;

    explicit HeatMapPictures(AnalysisBackend backend, QObject* parent = nullptr);
    ~HeatMapPictures() override;

    // Forgets what was asked for before. Without a model (an empty path) the films come bare.
    void ask(const std::filesystem::path& model, std::vector<std::filesystem::path> films);

Q_SIGNALS:
    // number as in films; films that cannot be read are left out.
    void made(int number, const QImage& picture);

private:
    AnalysisBackend m_backend;
    std::uint64_t m_newest = 0;
    struct Loaded;
    std::shared_ptr<Loaded> m_loaded; // of the thread: the model that was used last
    JobThread m_thread;               // last: ends before what its jobs use
};

} // namespace hilum
